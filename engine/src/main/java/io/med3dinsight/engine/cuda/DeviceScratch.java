package io.med3dinsight.engine.cuda;

/** Temporary device memory, free for the next op once closed: the stream keeps the order. */
public final class DeviceScratch implements AutoCloseable {
  private final DevicePool pool;
  private final DevicePool.Block block;
  private final long address;
  private boolean closed;

  DeviceScratch(DevicePool pool, long bytes) {
    this.pool = pool;
    this.block = pool.takeBytes(bytes, () -> "workspace");
    this.address = block.address();
  }

  /** Memory that somebody else owns; closing frees nothing. */
  private DeviceScratch(long address) {
    this.pool = null;
    this.block = null;
    this.address = address;
  }

  static DeviceScratch borrowed(long address) {
    return new DeviceScratch(address);
  }

  public long address() {
    if (closed) {
      throw new IllegalStateException("scratch memory was used after it had been closed");
    }
    return address;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      if (pool != null) {
        pool.give(block);
      }
    }
  }
}
