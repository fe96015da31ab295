package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.tensor.DeviceException;
import java.nio.ByteBuffer;

/**
 * The calls that the backend makes of a CUDA driver, for one device and one stream, on which
 * everything runs in the order of the calls. Implementations are JCuda and the simulator. May be
 * called from any thread; calls exclude one another.
 */
public interface CudaDriver extends AutoCloseable {
  /** A kernel that was loaded. */
  interface Function {}

  /** A captured sequence of launches and copies. */
  interface Graph extends AutoCloseable {
    /** Queues everything that was captured. */
    void launch();

    @Override
    void close();
  }

  CudaProperties properties();

  /**
   * Device memory, aligned to 256 bytes, its contents undefined.
   *
   * @return its address, or 0 when the device has not that much left
   */
  long allocate(long bytes);

  /** Gives memory back, after everything queued so far. */
  void free(long address);

  /** Free device memory in bytes. */
  long freeBytes();

  /**
   * A direct buffer of at least this size from which copies are fast (page-locked memory), in the
   * machine's byte order; the same one for every call with the same thread.
   */
  ByteBuffer staging(int bytes);

  /** Copies what remains in {@code source} to the device; it may be changed once this returns. */
  void write(long address, ByteBuffer source);

  /** Waits for everything queued and copies from the device until {@code target} is full. */
  void read(long address, ByteBuffer target);

  /** Copies within device memory. */
  void copy(long target, long source, long bytes);

  /** Sets 32-bit words. */
  void fill(long address, int pattern, long words);

  /**
   * Loads a kernel, compiling its module when it is the first of it.
   *
   * @throws DeviceException with the compiler's message, when the driver does not take the PTX
   */
  Function load(String family, String kernel);

  /**
   * Queues a kernel.
   *
   * @param grid blocks along x, y, z
   * @param block threads along x, y, z
   * @param sharedBytes dynamic shared memory of a block
   * @param parameters packed as the kernel's signature lays them out
   */
  void launch(Function kernel, int[] grid, int[] block, int sharedBytes, byte[] parameters);

  /** Waits for everything queued; a fault of an earlier kernel is thrown here. */
  void synchronize();

  /** Records what follows instead of running it, until {@link #endCapture}. */
  void beginCapture();

  Graph endCapture();

  @Override
  void close();
}
