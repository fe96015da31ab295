package io.med3dinsight.engine.cuda.nvidia;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.JCudaDriver;

/**
 * Two page-locked buffers of one thread that take turns: while the device copies from one, the
 * thread fills the other.
 */
final class Pinned {
  /** A page-locked buffer, and an event behind its last copy. */
  static final class Slot {
    private final Pointer pointer = new Pointer();
    private final CUevent copied = new CUevent();
    private final ByteBuffer buffer;
    private boolean pending;

    private Slot(int bytes) {
      Status.check(
          JCudaDriver.cuMemAllocHost(pointer, bytes),
          "asking for " + (bytes >> 10) + " KiB of page-locked host memory");
      Status.check(
          JCudaDriver.cuEventCreate(copied, CUevent_flags.CU_EVENT_DISABLE_TIMING),
          "making an event");
      buffer = pointer.getByteBuffer(0, bytes).order(ByteOrder.nativeOrder());
    }

    ByteBuffer buffer() {
      return buffer;
    }

    /** Address of the buffer's byte at this position. */
    Pointer at(int position) {
      return pointer.withByteOffset(position);
    }

    /** The event to be recorded behind a copy. */
    CUevent copying() {
      pending = true;
      return copied;
    }

    /** Waits until the last copy is done. */
    void await() {
      if (pending) {
        Status.check(JCudaDriver.cuEventSynchronize(copied), "waiting for a copy");
        pending = false;
      }
    }

    private void free() {
      Status.check(JCudaDriver.cuMemFreeHost(pointer), "freeing page-locked memory");
      Status.check(JCudaDriver.cuEventDestroy(copied), "freeing an event");
    }
  }

  private final Thread owner = Thread.currentThread();
  private final Slot[] slots = new Slot[2];
  private int turn;

  /** Whether the thread that filled the buffers is gone. */
  boolean abandoned() {
    return !owner.isAlive();
  }

  /** The next buffer, of at least this size, which no copy is reading. */
  Slot next(int bytes) {
    turn ^= 1;
    if (slots[turn] != null) {
      slots[turn].await();
      if (slots[turn].buffer.capacity() >= bytes) {
        return slots[turn];
      }
      slots[turn].free();
      slots[turn] = null;
    }
    slots[turn] = new Slot(bytes);
    return slots[turn];
  }

  /** The buffer given out last when it is this one, or null. */
  @SuppressWarnings("ReferenceEquality") // Another buffer with equal bytes is not page-locked.
  Slot holding(ByteBuffer buffer) {
    Slot s = slots[turn];
    return s != null && s.buffer == buffer ? s : null;
  }

  void free() {
    for (int i = 0; i < slots.length; i++) {
      if (slots[i] != null) {
        slots[i].await();
        slots[i].free();
        slots[i] = null;
      }
    }
  }
}
