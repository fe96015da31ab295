package io.med3dinsight.engine.testing;

import io.med3dinsight.engine.tensor.Arithmetic;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Device;
import java.util.Locale;

/**
 * Runs every op case on a device without a test framework, for machines that have a JRE and the
 * jars only: {@code OpCaseRunner DEVICE fp32|tf32|bf16}. {@code -Dcase=text} picks the cases whose
 * name contains the text. What fails is printed; the exit code says whether anything did.
 */
public final class OpCaseRunner {
  /** TensorFloat-32 keeps 10 bits of mantissa of the operands. */
  private static final double TF32_TOLERANCE = 0x1p-8;

  private OpCaseRunner() {}

  public static void main(String[] args) throws Exception {
    if (args.length != 2) {
      System.err.println("usage: OpCaseRunner DEVICE fp32|tf32|bf16");
      System.exit(2);
    }
    Arithmetic arithmetic = Arithmetic.valueOf(args[1].toUpperCase(Locale.ROOT));
    Device device = Device.parse(args[0], 0, arithmetic);
    DType storage = arithmetic == Arithmetic.BF16 ? DType.BF16 : DType.F32;
    int passed = 0;
    int failed = 0;
    String pick = System.getProperty("case", "");
    for (OpCase c : OpCases.all()) {
      if (!c.name.contains(pick) || storage == DType.BF16 && !c.bf16) {
        continue;
      }
      if (arithmetic == Arithmetic.TF32) {
        tf32(c);
      }
      try {
        OpCaseCheck.run(c, device, storage);
        passed++;
      } catch (AssertionError | RuntimeException e) {
        failed++;
        System.out.println("FAILED " + c.name + ": " + e);
      }
    }
    System.out.println(
        device.backend().description() + ": " + passed + " passed, " + failed + " failed");
    // A run of nothing shows nothing.
    System.exit(failed == 0 && passed > 0 ? 0 : 1);
  }

  /** Allows what TensorFloat-32 loses. */
  static void tf32(OpCase c) {
    c.tolerance = Math.max(c.tolerance, TF32_TOLERANCE);
    c.gradientTolerance = Math.max(c.gradientTolerance, 2 * TF32_TOLERANCE);
  }
}
