package io.med3dinsight.engine.cpu;

import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Storage;

/** A Java array, or a part of one, from a {@link HostPool}. */
public final class HostStorage extends Storage {
  private final HostPool pool;
  private final HostPool.Block block;
  private final int base;

  HostStorage(HostPool pool, HostPool.Block block, DType dtype, int base, int size) {
    super(dtype, size);
    this.pool = pool;
    this.block = block;
    this.base = base;
  }

  /** The array that holds the elements from {@link #base} on. */
  public float[] floats() {
    if (block.array instanceof float[] f) {
      return f;
    }
    throw new IllegalStateException("storage holds " + dtype() + ", not F32");
  }

  /** The array that holds the elements from {@link #base} on. */
  public int[] ints() {
    if (block.array instanceof int[] a) {
      return a;
    }
    throw new IllegalStateException("storage holds " + dtype() + ", not I32");
  }

  public int base() {
    return base;
  }

  @Override
  protected void free() {
    pool.give(block, base, size());
  }
}
