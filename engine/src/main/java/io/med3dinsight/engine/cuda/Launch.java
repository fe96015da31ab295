package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.kernels.catalogue.KernelSignature;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * One kernel launch: shape and arguments, which are checked against the kernel's signature.
 *
 * <pre>{@code
 * cuda.kernel("elementwise_affine_f32").grid(blocks).block(256).buffer(x).buffer(y).i32(n).f32(a).f32(b).run();
 * }</pre>
 */
public final class Launch {
  private final CudaBackend cuda;
  private final KernelSignature kernel;
  private final ByteBuffer packed;
  private final int[] grid = {1, 1, 1};
  private final int[] block = {1, 1, 1};
  private int sharedBytes;
  private int next;

  Launch(CudaBackend cuda, KernelSignature kernel) {
    this.cuda = cuda;
    this.kernel = kernel;
    this.packed = ByteBuffer.allocate(kernel.bytes()).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Number of blocks along x, y and z; any 0 makes {@link #run} do nothing. */
  public Launch grid(long... blocks) {
    for (int i = 0; i < blocks.length; i++) {
      long most = i == 0 ? Integer.MAX_VALUE : 65535;
      if (blocks[i] < 0 || blocks[i] > most) {
        throw new IllegalArgumentException(
            kernel.name() + ": " + Arrays.toString(blocks) + " blocks do not fit a grid");
      }
      grid[i] = (int) blocks[i];
    }
    return this;
  }

  /** Number of threads of a block along x, y and z. */
  public Launch block(int... threads) {
    System.arraycopy(threads, 0, block, 0, threads.length);
    return this;
  }

  /**
   * Threads for {@code n} elements in a grid-stride loop of 256 threads: enough blocks to fill the
   * device, no more.
   */
  public Launch over(long n) {
    long wanted = (n + 255) / 256;
    return grid(Math.min(wanted, 16L * cuda.properties().multiprocessors())).block(256);
  }

  /** Dynamic shared memory of a block. */
  public Launch shared(int bytes) {
    sharedBytes = bytes;
    return this;
  }

  /** The address of a tensor's first element; 0 for null. */
  public Launch buffer(Tensor t) {
    return pointer(t == null ? 0 : cuda.address(t));
  }

  public Launch buffer(DeviceScratch s) {
    return pointer(s.address());
  }

  public Launch pointer(long address) {
    packed.putLong(at(8), address);
    return this;
  }

  public Launch i32(int value) {
    packed.putInt(at(4), value);
    return this;
  }

  public Launch i64(long value) {
    packed.putLong(at(8), value);
    return this;
  }

  public Launch f32(float value) {
    packed.putFloat(at(4), value);
    return this;
  }

  public Launch f64(double value) {
    packed.putDouble(at(8), value);
    return this;
  }

  /** A structure of ints, by value. */
  public Launch i32s(int... values) {
    int offset = at(4 * values.length);
    for (int i = 0; i < values.length; i++) {
      packed.putInt(offset + 4 * i, values[i]);
    }
    return this;
  }

  /** A structure of 64-bit values (addresses, long counts), by value. */
  public Launch i64s(long... values) {
    int offset = at(8 * values.length);
    for (int i = 0; i < values.length; i++) {
      packed.putLong(offset + 8 * i, values[i]);
    }
    return this;
  }

  /** A structure by value, laid out by the caller, little-endian. */
  public Launch struct(byte[] bytes) {
    packed.put(at(bytes.length), bytes);
    return this;
  }

  private int at(int bytes) {
    if (next == kernel.parameters().size()) {
      throw new IllegalArgumentException(
          kernel.name() + " takes " + next + " arguments, but was given more");
    }
    KernelSignature.Parameter p = kernel.parameters().get(next);
    if (p.bytes() != bytes) {
      throw new IllegalArgumentException(
          kernel.name()
              + ": argument "
              + next
              + " has "
              + p.bytes()
              + " bytes, but was given "
              + bytes);
    }
    next++;
    return p.offset();
  }

  /** Queues the kernel. */
  public void run() {
    if (next != kernel.parameters().size()) {
      throw new IllegalArgumentException(
          kernel.name()
              + " takes "
              + kernel.parameters().size()
              + " arguments, but was given "
              + next);
    }
    if ((long) grid[0] * grid[1] * grid[2] > 0) {
      cuda.launch(kernel, grid, block, sharedBytes, packed.array());
    }
  }
}
