package io.med3dinsight.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.cuda.AttentionProblem.Mask;
import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.kernels.ptx.SimulatorOptions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Attention's kernels on the simulator, at sizes around their tiles. */
class CudaAttentionTest {
  private static final String[] NAMES = {"y", "logSum", "dq", "dk", "dv", "dbias"};

  private final CudaBackend cuda =
      new CudaBackend(
          new SimulatedDriver(SimulatorOptions.defaults().withHostThreads(2)),
          CudaOptions.DEFAULT.ownKernels(),
          true);
  private final Device device = Device.of(cuda);

  static List<AttentionProblem> problems() {
    return List.of(
        new AttentionProblem(1, 70, 65, 16, 16, false, Mask.NONE),
        new AttentionProblem(2, 66, 70, 24, 20, true, Mask.KEYS),
        new AttentionProblem(3, 64, 64, 32, 32, true, Mask.NONE),
        new AttentionProblem(1, 130, 67, 64, 64, false, Mask.QUERIES),
        new AttentionProblem(1, 40, 70, 56, 64, true, Mask.NONE),
        new AttentionProblem(1, 37, 129, 80, 72, true, Mask.QUERIES),
        new AttentionProblem(1, 65, 40, 128, 128, true, Mask.KEYS),
        new AttentionProblem(1, 35, 33, 160, 136, true, Mask.QUERIES),
        new AttentionProblem(1, 20, 21, 12, 200, false, Mask.NONE));
  }

  private static double[][] all(NaiveAttention n) {
    return new double[][] {n.y, n.logSum, n.dq, n.dk, n.dv, n.dbias};
  }

  private static double error(float[] actual, double[] expected) {
    double worst = 0;
    for (int i = 0; i < expected.length; i++) {
      if (actual[i] != expected[i]) {
        worst = Math.max(worst, Math.abs(actual[i] - expected[i]));
      }
    }
    return worst;
  }

  @ParameterizedTest
  @MethodSource("problems")
  void singlePrecisionMatchesTheFormulas(AttentionProblem p) {
    float[][] actual = p.run(device, DType.F32);
    double[][] expected = all(new NaiveAttention(p, x -> x));
    for (int i = 0; i < actual.length; i++) {
      double e = error(actual[i], expected[i]);
      assertTrue(e <= (i < 2 ? 4e-6 : 2e-5), p + ": " + NAMES[i] + " is off by " + e);
    }
  }

  /**
   * What is asked of every reduced-precision kernel: an error of at most twice (gradients: three
   * times) that of the naive computation which stores scores and weights in bf16.
   */
  @ParameterizedTest
  @MethodSource("problems")
  void bfloat16IsAsExactAsTheNaiveComputation(AttentionProblem p) {
    float[][] actual = p.run(device, DType.BF16);
    double[][] exact = all(new NaiveAttention(p, x -> x));
    double[][] naive = all(new NaiveAttention(p, CudaAttentionTest::bfloat16));
    for (int i = 0; i < actual.length; i++) {
      double limit = 0;
      for (int j = 0; j < exact[i].length; j++) {
        double d = Math.abs(naive[i][j] - exact[i][j]);
        limit = Double.isNaN(d) ? limit : Math.max(limit, d);
      }
      double e = error(actual[i], exact[i]);
      assertTrue(
          e <= (i < 2 ? 2 : 3) * limit,
          p + ": " + NAMES[i] + " is off by " + e + ", naive " + limit);
    }
  }

  private static double bfloat16(double v) {
    int bits = Float.floatToRawIntBits((float) v);
    return Float.intBitsToFloat((bits + 0x7fff + (bits >>> 16 & 1)) & 0xffff0000);
  }

  @Test
  void aQueryThatSeesNothingGetsZerosAndNoGradient() {
    AttentionProblem p = new AttentionProblem(1, 11, 70, 16, 16, false, Mask.QUERIES);
    for (DType dtype : new DType[] {DType.F32, DType.BF16}) {
      float[][] r = p.run(device, dtype);
      for (int row = 0; row < p.heads() * p.t(); row++) {
        if (row % p.t() % 5 == 0) {
          assertEquals(Float.POSITIVE_INFINITY, r[1][row]);
          for (int c = 0; c < 16; c++) {
            assertEquals(0f, r[0][row * 16 + c]);
            assertEquals(0f, r[2][row * 16 + c]);
          }
        }
      }
    }
  }

  @Test
  void theSameBitsEachTime() {
    AttentionProblem p = new AttentionProblem(2, 70, 66, 32, 32, true, Mask.KEYS);
    for (DType dtype : new DType[] {DType.F32, DType.BF16}) {
      float[][] first = p.run(device, dtype);
      float[][] second = p.run(device, dtype);
      for (int i = 0; i < first.length; i++) {
        assertArrayEquals(first[i], second[i], NAMES[i]);
      }
    }
  }

  /** Beyond its outputs, forward takes nothing and backward one float for each query. */
  @Test
  void memoryGrowsWithTheQueriesNotTheirSquare() {
    for (DType dtype : new DType[] {DType.F32, DType.BF16}) {
      for (int t : new int[] {64, 256}) {
        AttentionProblem p = new AttentionProblem(1, t, t, 16, 16, false, Mask.NONE);
        try (Scope scope = Scope.open()) {
          List<Tensor> in = p.inputs(device, dtype);
          Tensor g = Tensor.of(device, p.g, 2, 1, t, 16).cast(dtype);
          long outputs = 2L * t * 16 * dtype.bytes();
          long before = start();
          Tensor[] out = Eager.run(p.op(), in.toArray(new Tensor[0]));
          assertEquals(outputs + 4L * 2 * t, cuda.memory().peak() - before, "forward, " + t);
          in.add(out[0]);
          in.add(out[1]);
          in.add(g);
          before = start();
          Eager.run(p.derivative(), in.toArray(new Tensor[0]));
          assertEquals(3 * outputs + 4L * 2 * t, cuda.memory().peak() - before, "backward, " + t);
        }
      }
    }
  }

  private long start() {
    cuda.resetPeak();
    return cuda.memory().active();
  }
}
