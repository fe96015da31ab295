package io.med3dinsight.kernels.ladder;

import io.med3dinsight.kernels.ptx.LaunchStatistics;
import io.med3dinsight.kernels.ptx.PtxKernel;
import io.med3dinsight.kernels.ptx.PtxModule;
import io.med3dinsight.kernels.ptx.SimulatedGpu;
import io.med3dinsight.kernels.ptx.SimulatorOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/** A module on a simulated device, with what ladder tests need to launch its kernels. */
final class LadderRun {
  final SimulatedGpu gpu = new SimulatedGpu(SimulatorOptions.defaults());
  private final PtxModule module;

  LadderRun(String name, String ptx) {
    module = gpu.load(name, ptx);
  }

  /** The ladder file of this name. */
  static LadderRun of(String name) throws IOException {
    try (InputStream in = LadderRun.class.getResourceAsStream("/ladder/" + name + ".ptx")) {
      return new LadderRun(name, new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  static float[] uniform(long seed, int n) {
    SplittableRandom r = new SplittableRandom(seed);
    float[] v = new float[n];
    for (int i = 0; i < n; i++) {
      v[i] = (float) r.nextDouble(-1, 1);
    }
    return v;
  }

  /** Rounded to 8 bits of mantissa, ties to even. */
  static float bfloat16(float v) {
    int bits = Float.floatToRawIntBits(v);
    return Float.intBitsToFloat((bits + 0x7fff + (bits >>> 16 & 1)) & 0xffff0000);
  }

  long floats(float[] v) {
    ByteBuffer b = ByteBuffer.allocate(4 * v.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float x : v) {
      b.putFloat(x);
    }
    return put(b.flip());
  }

  long halves(float[] v) {
    ByteBuffer b = ByteBuffer.allocate(2 * v.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float x : v) {
      b.putShort((short) (Float.floatToRawIntBits(bfloat16(x)) >>> 16));
    }
    return put(b.flip());
  }

  private long put(ByteBuffer b) {
    long address = gpu.allocate(b.remaining());
    gpu.write(address, b);
    return address;
  }

  float[] read(long address, int n) {
    ByteBuffer b = ByteBuffer.allocate(4 * n).order(ByteOrder.LITTLE_ENDIAN);
    gpu.read(address, b);
    b.flip();
    float[] v = new float[n];
    b.asFloatBuffer().get(v);
    return v;
  }

  /** Launches a kernel whose arguments are pointers and then ints. */
  LaunchStatistics launch(
      String kernel, int[] grid, int[] block, int shared, long[] pointers, int... ints) {
    PtxKernel k = module.kernel(kernel);
    ByteBuffer p =
        ByteBuffer.allocate(8 * pointers.length + 4 * ints.length).order(ByteOrder.LITTLE_ENDIAN);
    for (long a : pointers) {
      p.putLong(a);
    }
    for (int i : ints) {
      p.putInt(i);
    }
    return gpu.launch(
        k, grid[0], grid[1], grid[2], block[0], block[1], block[2], shared, p.array());
  }
}
