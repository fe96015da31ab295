package io.med3dinsight.kernels.ptx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Java arrays in and out of a simulated device: uploads allocate, downloads copy back. For trying a
 * kernel without a backend.
 *
 * <pre>{@code
 * SimulatedArrays s = new SimulatedArrays(SimulatorOptions.defaults(), "scale", ptxText);
 * long in = s.upload(new float[] {1, 2, 3});
 * long out = s.allocate(12);
 * s.launch("scale_f32", 1, 128, in, out, 3, 2.5f);   // grid x, block x, arguments
 * float[] result = s.floats(out, 3);
 * }</pre>
 */
public final class SimulatedArrays {
  private final SimulatedGpu gpu;
  private final PtxModule module;

  /** A device with one module loaded. */
  public SimulatedArrays(SimulatorOptions options, String name, String ptx) {
    this.gpu = new SimulatedGpu(options);
    this.module = gpu.load(name, ptx);
  }

  /** The device. */
  public SimulatedGpu gpu() {
    return gpu;
  }

  /** The module. */
  public PtxModule module() {
    return module;
  }

  /** Allocates bytes that nobody has written. */
  public long allocate(long bytes) {
    return gpu.allocate(bytes);
  }

  private long upload(ByteBuffer b) {
    long a = gpu.allocate(b.capacity());
    gpu.write(a, b);
    return a;
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Uploads float32 values; answers their address. */
  public long upload(float[] v) {
    ByteBuffer b = buffer(4 * v.length);
    b.asFloatBuffer().put(v);
    return upload(b);
  }

  /** Uploads 32-bit integers; answers their address. */
  public long upload(int[] v) {
    ByteBuffer b = buffer(4 * v.length);
    b.asIntBuffer().put(v);
    return upload(b);
  }

  /** Uploads 64-bit integers; answers their address. */
  public long upload(long[] v) {
    ByteBuffer b = buffer(8 * v.length);
    b.asLongBuffer().put(v);
    return upload(b);
  }

  /** Uploads float32 values rounded to bfloat16; answers their address. */
  public long uploadBf16(float[] v) {
    ByteBuffer b = buffer(2 * v.length);
    for (int i = 0; i < v.length; i++) {
      b.putShort(2 * i, (short) Floats.toBf16(v[i], Floats.Rounding.RN));
    }
    return upload(b);
  }

  /** Downloads float32 values. */
  public float[] floats(long address, int count) {
    ByteBuffer b = buffer(4 * count);
    gpu.read(address, b);
    float[] out = new float[count];
    b.flip();
    b.asFloatBuffer().get(out);
    return out;
  }

  /** Downloads 32-bit integers. */
  public int[] ints(long address, int count) {
    ByteBuffer b = buffer(4 * count);
    gpu.read(address, b);
    int[] out = new int[count];
    b.flip();
    b.asIntBuffer().get(out);
    return out;
  }

  /** Downloads 64-bit integers. */
  public long[] longs(long address, int count) {
    ByteBuffer b = buffer(8 * count);
    gpu.read(address, b);
    long[] out = new long[count];
    b.flip();
    b.asLongBuffer().get(out);
    return out;
  }

  /** Downloads bfloat16 values as float32. */
  public float[] bf16(long address, int count) {
    ByteBuffer b = buffer(2 * count);
    gpu.read(address, b);
    float[] out = new float[count];
    for (int i = 0; i < count; i++) {
      out[i] = Floats.fromBf16(b.getShort(2 * i) & 0xffff);
    }
    return out;
  }

  /** Launches on a one-dimensional grid of one-dimensional blocks without dynamic shared memory. */
  public LaunchStatistics launch(String kernel, int grid, int block, Object... arguments) {
    return launch(kernel, new int[] {grid, 1, 1}, new int[] {block, 1, 1}, 0, arguments);
  }

  /**
   * Launches with grid and block x, y, z and dynamic shared memory in bytes; arguments as {@link
   * KernelArguments} takes them.
   */
  public LaunchStatistics launch(
      String kernel, int[] grid, int[] block, int dynamicSharedBytes, Object... arguments) {
    PtxKernel k = module.kernel(kernel);
    byte[] packed = KernelArguments.pack(k, arguments);
    return gpu.launch(
        k, grid[0], grid[1], grid[2], block[0], block[1], block[2], dynamicSharedBytes, packed);
  }
}
