package io.med3dinsight.engine.cuda.nvidia;

import static jcuda.driver.JCudaDriver.cuEventRecord;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoHAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoDAsync;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import jcuda.driver.CUresult;

/**
 * Copies between host and device by way of page-locked buffers, two for each thread that copies.
 * Waiting for a copy is done without the driver's lock.
 */
final class HostCopies {
  private static final int CHUNK = 4 << 20;

  private final JCudaDriver driver;
  private final Map<Thread, Pinned> pinned = new HashMap<>();

  HostCopies(JCudaDriver driver) {
    this.driver = driver;
  }

  /** A page-locked buffer of the calling thread for at least this many bytes. */
  ByteBuffer staging(int bytes) {
    return slot(bytes).buffer().clear();
  }

  /** A buffer of the calling thread that no copy takes part in. */
  Pinned.Slot slot() {
    return slot(CHUNK);
  }

  /** A buffer of this thread; waits, without the lock, for the copy that it took part in last. */
  private Pinned.Slot slot(int bytes) {
    Pinned own =
        driver.locked(
            () -> {
              Pinned p = pinned.get(Thread.currentThread());
              if (p == null) {
                freeAbandoned();
                p = new Pinned();
                pinned.put(Thread.currentThread(), p);
              }
              return p;
            });
    return own.next(Math.max(bytes, CHUNK));
  }

  private void freeAbandoned() {
    Iterator<Pinned> each = pinned.values().iterator();
    while (each.hasNext()) {
      Pinned p = each.next();
      if (p.abandoned()) {
        p.free();
        each.remove();
      }
    }
  }

  /** The slot of this thread that was given out as this buffer, or null. */
  private Pinned.Slot slotOf(ByteBuffer buffer) {
    return driver.locked(
        () -> {
          Pinned p = pinned.get(Thread.currentThread());
          return p == null ? null : p.holding(buffer);
        });
  }

  /**
   * Queues a copy of the buffer's remaining bytes to the device; the buffer may then be changed.
   */
  void write(long address, ByteBuffer source) {
    long to = address;
    Pinned.Slot own = slotOf(source);
    if (own != null) {
      copy(own, source.position(), to, source.remaining());
      source.position(source.limit());
      return;
    }
    while (source.hasRemaining()) {
      Pinned.Slot s = slot(CHUNK);
      int n = Math.min(source.remaining(), CHUNK);
      s.buffer().clear().put(source.slice(source.position(), n));
      source.position(source.position() + n);
      copy(s, 0, to, n);
      to += n;
    }
  }

  private void copy(Pinned.Slot from, int position, long to, int bytes) {
    driver.call(
        "copying to the device",
        () -> {
          int r = cuMemcpyHtoDAsync(Address.of(to), from.at(position), bytes, driver.stream());
          return r != CUresult.CUDA_SUCCESS ? r : cuEventRecord(from.copying(), driver.stream());
        });
  }

  /** Fills the buffer's remaining space from the device and waits for that. */
  void read(long address, ByteBuffer target) {
    long from = address;
    Pinned.Slot own = slotOf(target);
    if (own != null) {
      copyBack(from, own, target.position(), target.remaining());
      target.position(target.limit());
      return;
    }
    while (target.hasRemaining()) {
      Pinned.Slot s = slot(CHUNK);
      int n = Math.min(target.remaining(), CHUNK);
      copyBack(from, s, 0, n);
      target.put(s.buffer().clear().limit(n));
      from += n;
    }
  }

  private void copyBack(long from, Pinned.Slot to, int position, int bytes) {
    driver.call(
        "copying from the device",
        () -> {
          int r = cuMemcpyDtoHAsync(to.at(position), Address.of(from), bytes, driver.stream());
          return r != CUresult.CUDA_SUCCESS ? r : cuEventRecord(to.copying(), driver.stream());
        });
    to.await();
  }

  /** Frees all buffers; with the driver's lock held. */
  void free() {
    pinned.values().forEach(Pinned::free);
  }
}
