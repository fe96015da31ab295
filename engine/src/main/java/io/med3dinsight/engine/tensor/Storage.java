package io.med3dinsight.engine.tensor;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * A block of memory shared by the tensors that view it; it goes back to its pool with its last
 * reference.
 */
public abstract class Storage {
  private final AtomicInteger references = new AtomicInteger(1);
  private final DType dtype;
  private final int size;

  protected Storage(DType dtype, int size) {
    this.dtype = dtype;
    this.size = size;
  }

  public final DType dtype() {
    return dtype;
  }

  /** Number of elements. */
  public final int size() {
    return size;
  }

  final int references() {
    return references.get();
  }

  final void retain() {
    int before = references.getAndIncrement();
    if (before <= 0) {
      throw new IllegalStateException("storage was used after it had been freed");
    }
  }

  final void release() {
    int left = references.decrementAndGet();
    if (left == 0) {
      free();
    } else if (left < 0) {
      throw new IllegalStateException("storage was freed twice");
    }
  }

  /** Copies elements from {@code from} on into {@code into}, which BF16 widens. */
  protected abstract void read(int from, float[] into);

  /** Copies elements from {@code from} on into {@code into}. */
  protected abstract void read(int from, int[] into);

  /** Overwrites elements from {@code at} on; BF16 rounds to nearest, ties to even. */
  protected abstract void write(int at, float[] values);

  /** Overwrites elements from {@code at} on. */
  protected abstract void write(int at, int[] values);

  /** Sets {@code count} elements from {@code at} on to one value. */
  protected abstract void fill(int at, int count, float value);

  /** Returns the memory to its pool; called once. */
  protected abstract void free();
}
