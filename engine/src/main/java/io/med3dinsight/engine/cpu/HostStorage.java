package io.med3dinsight.engine.cpu;

import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Storage;
import java.util.Arrays;

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
  protected void read(int from, float[] into) {
    System.arraycopy(floats(), base + from, into, 0, into.length);
  }

  @Override
  protected void read(int from, int[] into) {
    System.arraycopy(ints(), base + from, into, 0, into.length);
  }

  @Override
  protected void write(int at, float[] values) {
    System.arraycopy(values, 0, floats(), base + at, values.length);
  }

  @Override
  protected void write(int at, int[] values) {
    System.arraycopy(values, 0, ints(), base + at, values.length);
  }

  @Override
  protected void fill(int at, int count, float value) {
    Arrays.fill(floats(), base + at, base + at + count, value);
  }

  @Override
  protected void free() {
    pool.give(block, base, size());
  }
}
