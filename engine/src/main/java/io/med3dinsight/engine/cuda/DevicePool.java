package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.memory.FreeBlocks;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.DeviceException;
import io.med3dinsight.engine.tensor.MemoryUse;

/**
 * Reuses device memory, because asking the driver for it stops the device. Everything runs on one
 * stream, so a block may be handed out again as soon as its last user was queued. A request takes
 * the smallest free block that fits and is at most twice as large; when the device has no memory
 * left, all free blocks go back to it and the request is tried once more.
 */
final class DevicePool {
  /** Sizes are multiples of this many bytes. */
  private static final long GRAIN = 512;

  /** A piece of device memory. */
  record Block(long address, long bytes) {}

  private final CudaDriver driver;
  private final boolean exact;
  private final FreeBlocks<Block> free = new FreeBlocks<>(Block::bytes);
  private long active;
  private long peak;

  /**
   * @param exact whether each request gets memory of its own of just its size, so that the
   *     simulator finds what leaves it; for tests
   */
  DevicePool(CudaDriver driver, boolean exact) {
    this.driver = driver;
    this.exact = exact;
  }

  CudaDriver driver() {
    return driver;
  }

  DeviceStorage take(DType dtype, int size) {
    return new DeviceStorage(this, takeBytes((long) size * dtype.bytes()), dtype, size);
  }

  synchronized Block takeBytes(long asked) {
    long bytes = exact ? Math.max(1, asked) : (Math.max(1, asked) + GRAIN - 1) / GRAIN * GRAIN;
    Block b = exact ? null : free.take(bytes);
    if (b == null) {
      b = new Block(allocate(bytes), bytes);
    }
    active += b.bytes;
    peak = Math.max(peak, active);
    return b;
  }

  private long allocate(long bytes) {
    long address = driver.allocate(bytes);
    if (address == 0) {
      clear();
      address = driver.allocate(bytes);
    }
    if (address == 0) {
      throw new DeviceException(
          String.format(
              "Out of device memory: %.1f MiB asked for with %.1f MiB in use by tensors and %.1f MiB"
                  + " free on %s; use a smaller batch or patch, or --precision bf16.",
              bytes / 1048576.0,
              active / 1048576.0,
              driver.freeBytes() / 1048576.0,
              driver.properties().name()));
    }
    return address;
  }

  synchronized void give(Block b) {
    active -= b.bytes;
    if (exact) {
      driver.free(b.address);
    } else {
      free.give(b);
    }
  }

  /** Gives all free blocks back to the device. */
  synchronized void clear() {
    driver.synchronize();
    free.clear(b -> driver.free(b.address));
  }

  synchronized MemoryUse memory() {
    return new MemoryUse(active, peak, free.bytes());
  }

  /** Starts the measurement of the peak anew. */
  synchronized void resetPeak() {
    peak = active;
  }
}
