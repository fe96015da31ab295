package io.med3dinsight.kernels.ptx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Packs arguments for a kernel, each checked against the size of its parameter. */
public final class KernelArguments {
  private KernelArguments() {}

  /**
   * Packs arguments in order.
   *
   * @param kernel whose parameters they are
   * @param arguments Long (pointer or 64-bit integer), Integer, Float, int[] or long[] (struct of
   *     such) or byte[] (any struct)
   * @return the packed parameters for {@link SimulatedGpu#launch}
   * @throws SimulationFault PARAMETER_MISMATCH when number or size do not fit
   */
  public static byte[] pack(PtxKernel kernel, Object... arguments) {
    if (arguments.length != kernel.parameters().size()) {
      throw mismatch(
          kernel,
          arguments.length
              + " arguments; the kernel has "
              + kernel.parameters().size()
              + " parameters");
    }
    ByteBuffer out = ByteBuffer.allocate(kernel.parameterBytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < arguments.length; i++) {
      KernelParameter p = kernel.parameters().get(i);
      byte[] bytes = bytes(kernel, p, arguments[i]);
      // A struct's padding at its end may be left out.
      if (bytes.length > p.bytes() || p.bytes() - bytes.length >= p.alignment()) {
        throw mismatch(
            kernel,
            "argument "
                + i
                + " has "
                + bytes.length
                + " bytes; parameter "
                + p.name()
                + " takes "
                + p.bytes());
      }
      out.position(p.offset());
      out.put(bytes);
    }
    return out.array();
  }

  private static byte[] bytes(PtxKernel kernel, KernelParameter p, Object argument) {
    ByteBuffer b = ByteBuffer.allocate(Math.max(p.bytes(), 8) * 2).order(ByteOrder.LITTLE_ENDIAN);
    if (argument instanceof Long v) {
      b.putLong(v);
    } else if (argument instanceof Integer v) {
      b.putInt(v);
    } else if (argument instanceof Float v) {
      b.putFloat(v);
    } else if (argument instanceof byte[] v) {
      return v;
    } else if (argument instanceof int[] v) {
      b = ByteBuffer.allocate(4 * v.length).order(ByteOrder.LITTLE_ENDIAN);
      b.asIntBuffer().put(v);
      b.position(4 * v.length);
    } else if (argument instanceof long[] v) {
      b = ByteBuffer.allocate(8 * v.length).order(ByteOrder.LITTLE_ENDIAN);
      b.asLongBuffer().put(v);
      b.position(8 * v.length);
    } else {
      throw mismatch(kernel, "parameter " + p.name() + " cannot be packed from " + argument);
    }
    byte[] out = new byte[b.position()];
    b.flip();
    b.get(out);
    return out;
  }

  private static SimulationFault mismatch(PtxKernel kernel, String message) {
    return new SimulationFault(
        FaultKind.PARAMETER_MISMATCH, kernel.name(), 0, "", null, 0, message);
  }
}
