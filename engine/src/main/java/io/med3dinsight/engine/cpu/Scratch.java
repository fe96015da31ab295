package io.med3dinsight.engine.cpu;

/** A temporary array, from {@link #base} on; given back to the pool by {@link #close}. */
public final class Scratch implements AutoCloseable {
  private final HostStorage storage;

  Scratch(HostStorage storage) {
    this.storage = storage;
  }

  public float[] floats() {
    return storage.floats();
  }

  /** First element that may be used. */
  public int base() {
    return storage.base();
  }

  @Override
  public void close() {
    storage.free();
  }
}
