package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.memory.FreeBlocks;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.DeviceException;
import io.med3dinsight.engine.tensor.MemoryUse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

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
  static final class Block {
    private final long address;
    private final long bytes;
    private Arena arena;

    Block(long address, long bytes) {
      this.address = address;
      this.bytes = bytes;
    }

    long address() {
      return address;
    }

    long bytes() {
      return bytes;
    }
  }

  /**
   * The memory of a captured computation. What it gives back may be used by what follows in it, but
   * by nobody else until its graph is gone, since each run of the graph writes there again.
   */
  static final class Arena {
    private final FreeBlocks<Block> free = new FreeBlocks<>(Block::bytes);
    private final List<Block> all = new ArrayList<>();
    private final List<Block> held = new ArrayList<>();
    private boolean recording = true;

    /** Bytes of all its blocks. */
    long bytes() {
      return all.stream().mapToLong(Block::bytes).sum();
    }
  }

  private final CudaDriver driver;
  private final boolean exact;
  private final FreeBlocks<Block> free = new FreeBlocks<>(Block::bytes);

  /** Held by a capturing thread from beginning to end; taken before the driver's own lock. */
  private final ReentrantLock lock = new ReentrantLock();

  private Arena arena;
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
    return new DeviceStorage(
        this,
        takeBytes(
            (long) size * dtype.bytes(), () -> "a tensor of " + size + " " + dtype + " elements"),
        dtype,
        size);
  }

  /**
   * @param what it is for, for the message when there is too little
   */
  Block takeBytes(long asked, Supplier<String> what) {
    lock.lock();
    try {
      long bytes = exact ? Math.max(1, asked) : (Math.max(1, asked) + GRAIN - 1) / GRAIN * GRAIN;
      Block b = null;
      if (!exact) {
        b = arena == null ? null : arena.free.take(bytes);
        if (b != null) {
          return b;
        }
        b = free.take(bytes);
      }
      if (b == null) {
        b = new Block(allocate(bytes, what), bytes);
      }
      if (arena != null) {
        b.arena = arena;
        arena.all.add(b);
      }
      active += b.bytes;
      peak = Math.max(peak, active);
      return b;
    } finally {
      lock.unlock();
    }
  }

  private long allocate(long bytes, Supplier<String> what) {
    long address = driver.allocate(bytes);
    if (address == 0 && arena == null) {
      clear();
      address = driver.allocate(bytes);
    }
    if (address == 0) {
      throw new DeviceException(
          String.format(
              "Out of device memory: %.1f MiB asked for %s with %.1f MiB in use by tensors and"
                  + " %.1f MiB free on %s; use a smaller batch or patch, or --precision bf16.",
              bytes / 1048576.0,
              what.get(),
              active / 1048576.0,
              driver.freeBytes() / 1048576.0,
              driver.properties().name()));
    }
    return address;
  }

  void give(Block b) {
    lock.lock();
    try {
      if (b.arena == null && arena != null) {
        // Made before, given back while recording: the graph may read it, so it is kept as it is.
        b.arena = arena;
        arena.all.add(b);
        arena.held.add(b);
      } else if (b.arena == null) {
        giveBack(b);
      } else if (exact || !b.arena.recording) {
        b.arena.held.add(b);
      } else {
        b.arena.free.give(b);
      }
    } finally {
      lock.unlock();
    }
  }

  private void giveBack(Block b) {
    active -= b.bytes;
    if (exact) {
      driver.free(b.address);
    } else {
      free.give(b);
    }
  }

  /** Keeps what is taken from now on for a graph, and other threads out until {@link #ended}. */
  Arena begin() {
    lock.lock();
    if (arena != null) {
      lock.unlock();
      throw new IllegalStateException("a capture is under way already");
    }
    arena = new Arena();
    return arena;
  }

  /** Whether this thread is capturing. */
  boolean recording() {
    return lock.isHeldByCurrentThread() && arena != null;
  }

  /** The recording is over, with or without a graph. */
  void ended() {
    arena.recording = false;
    arena = null;
    lock.unlock();
  }

  /** Gives an arena's memory back, as it comes free. */
  void release(Arena a) {
    lock.lock();
    try {
      a.all.forEach(b -> b.arena = null);
      a.all.clear();
      a.free.clear(this::giveBack);
      a.held.forEach(this::giveBack);
      a.held.clear();
    } finally {
      lock.unlock();
    }
  }

  /** Gives all free blocks back to the device. */
  void clear() {
    lock.lock();
    try {
      driver.synchronize();
      free.clear(b -> driver.free(b.address));
    } finally {
      lock.unlock();
    }
  }

  MemoryUse memory() {
    lock.lock();
    try {
      return new MemoryUse(active, peak, free.bytes());
    } finally {
      lock.unlock();
    }
  }

  /** Starts the measurement of the peak anew. */
  void resetPeak() {
    lock.lock();
    try {
      peak = active;
    } finally {
      lock.unlock();
    }
  }
}
