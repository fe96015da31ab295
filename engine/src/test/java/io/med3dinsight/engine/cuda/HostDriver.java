package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.tensor.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A device in host memory that runs and records whatever it is given to run; for tests of what is
 * around the kernels. Access outside of an allocation, or to memory given back, is an error.
 */
final class HostDriver implements CudaDriver {
  private final long limit;
  private final TreeMap<Long, ByteBuffer> blocks = new TreeMap<>();
  private final ThreadLocal<ByteBuffer> staging = new ThreadLocal<>();
  private final ReentrantLock lock = new ReentrantLock();
  private List<Runnable> recording;
  private long next = 1 << 20;
  private long used;

  HostDriver(long limit) {
    this.limit = limit;
  }

  /** Runs something on the stream. */
  void queue(Runnable work) {
    lock.lock();
    try {
      if (recording != null) {
        recording.add(work);
      } else {
        work.run();
      }
    } finally {
      lock.unlock();
    }
  }

  private void refuseCapture(String what) {
    if (lock.isHeldByCurrentThread() && recording != null) {
      throw new NotCapturableException(what);
    }
  }

  /** The bytes from an address to the end of its allocation. */
  ByteBuffer at(long address, long bytes) {
    var block = blocks.floorEntry(address);
    if (block == null || address - block.getKey() + bytes > block.getValue().capacity()) {
      throw new IllegalStateException(
          bytes + " bytes at " + address + " are in no allocation of the device");
    }
    int from = (int) (address - block.getKey());
    return block.getValue().slice(from, (int) bytes).order(ByteOrder.nativeOrder());
  }

  float[] floats(long address, DType dtype, int count) {
    ByteBuffer b = at(address, (long) count * dtype.bytes());
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] =
          dtype == DType.BF16 ? Float.intBitsToFloat(b.getShort(2 * i) << 16) : b.getFloat(4 * i);
    }
    return values;
  }

  void put(long address, DType dtype, float[] values) {
    ByteBuffer b = at(address, (long) values.length * dtype.bytes());
    for (int i = 0; i < values.length; i++) {
      if (dtype == DType.BF16) {
        b.putShort(2 * i, HostTransfer.bfloat16(values[i]));
      } else {
        b.putFloat(4 * i, values[i]);
      }
    }
  }

  @Override
  public CudaProperties properties() {
    return new CudaProperties("host", 9, 0, 4, 99 << 10, 228 << 10, limit, 12040);
  }

  @Override
  public long allocate(long bytes) {
    lock.lock();
    try {
      if (used + bytes > limit) {
        return 0;
      }
      long address = next;
      next += (bytes + 1023) / 256 * 256;
      blocks.put(address, ByteBuffer.allocate((int) bytes).order(ByteOrder.nativeOrder()));
      used += bytes;
      return address;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void free(long address) {
    lock.lock();
    try {
      used -= blocks.remove(address).capacity();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long freeBytes() {
    return limit - used;
  }

  @Override
  public ByteBuffer staging(int bytes) {
    ByteBuffer b = staging.get();
    if (b == null || b.capacity() < bytes) {
      b = ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
      staging.set(b);
    }
    return b;
  }

  @Override
  public void write(long address, ByteBuffer source) {
    refuseCapture("copies to the device");
    queue(() -> at(address, source.remaining()).put(source));
  }

  @Override
  public void read(long address, ByteBuffer target) {
    refuseCapture("reads back from the device");
    queue(() -> target.put(at(address, target.remaining())));
  }

  @Override
  public void copy(long target, long source, long bytes) {
    queue(() -> at(target, bytes).put(at(source, bytes)));
  }

  @Override
  public void fill(long address, int pattern, long words) {
    queue(
        () -> {
          ByteBuffer b = at(address, 4 * words);
          while (b.hasRemaining()) {
            b.putInt(pattern);
          }
        });
  }

  @Override
  public Function load(String family, String kernel) {
    throw new UnsupportedOperationException(kernel);
  }

  @Override
  public void launch(Function kernel, int[] grid, int[] block, int shared, byte[] parameters) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void synchronize() {
    refuseCapture("waits for the device");
  }

  @Override
  public void beginCapture() {
    lock.lock();
    recording = new ArrayList<>();
  }

  @Override
  public Graph endCapture() {
    List<Runnable> recorded = List.copyOf(recording);
    recording = null;
    lock.unlock();
    return new Graph() {
      @Override
      public void launch() {
        queue(() -> recorded.forEach(Runnable::run));
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public void close() {
    if (!blocks.isEmpty()) {
      throw new IllegalStateException(blocks.size() + " allocations were not given back");
    }
  }
}
