package io.med3dinsight.kernels.ptx;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A piece of memory with one state byte beside each byte. Global allocations, the shared memory of
 * a block and the local memory of a warp are regions.
 */
final class Region {
  static final byte UNWRITTEN = 0;
  static final byte WRITTEN = 1;

  /** Destination of a cp.async that has not been waited for. */
  static final byte PENDING = 2;

  /** Belongs to no variable. */
  static final byte GAP = -1;

  private static final VarHandle SHORTS =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  final String name;
  final long base;
  final int size;
  final byte[] data;
  final byte[] state;
  final boolean readOnly;
  final Races races;

  Region(String name, long base, int size, boolean readOnly, Races races) {
    this.name = name;
    this.base = base;
    this.size = size;
    this.data = new byte[size];
    this.state = new byte[size];
    this.readOnly = readOnly;
    this.races = races;
  }

  int getByte(int at) {
    return data[at];
  }

  int getShort(int at) {
    return (short) SHORTS.get(data, at);
  }

  int getInt(int at) {
    return (int) INTS.get(data, at);
  }

  long getLong(int at) {
    return (long) LONGS.get(data, at);
  }

  void putByte(int at, int v) {
    data[at] = (byte) v;
  }

  void putShort(int at, int v) {
    SHORTS.set(data, at, (short) v);
  }

  void putInt(int at, int v) {
    INTS.set(data, at, v);
  }

  void putLong(int at, long v) {
    LONGS.set(data, at, v);
  }

  /**
   * Whether all bytes of an access of 1, 2, 4, 8 or 16 bytes have been written and none is pending.
   */
  boolean written(int at, int bytes) {
    return switch (bytes) {
      case 1 -> state[at] == WRITTEN;
      case 2 -> (short) SHORTS.get(state, at) == 0x0101;
      case 4 -> (int) INTS.get(state, at) == 0x01010101;
      case 8 -> (long) LONGS.get(state, at) == 0x0101010101010101L;
      default -> written(at, bytes / 2) && written(at + bytes / 2, bytes - bytes / 2);
    };
  }

  /**
   * Marks bytes as written; answers false when one of them is pending or a gap, which leaves the
   * rest unmarked.
   */
  boolean markWritten(int at, int bytes) {
    switch (bytes) {
      case 4 -> {
        int s = (int) INTS.get(state, at);
        if (s == 0x01010101) {
          return true;
        }
        if ((s & 0xfefefefe) != 0) {
          return false;
        }
        INTS.set(state, at, 0x01010101);
        return true;
      }
      case 8 -> {
        long s = (long) LONGS.get(state, at);
        if ((s & 0xfefefefefefefefeL) != 0) {
          return false;
        }
        LONGS.set(state, at, 0x0101010101010101L);
        return true;
      }
      case 16 -> {
        return markWritten(at, 8) && markWritten(at + 8, 8);
      }
      default -> {
        for (int i = at; i < at + bytes; i++) {
          if ((state[i] & 0xfe) != 0) {
            return false;
          }
          state[i] = WRITTEN;
        }
        return true;
      }
    }
  }

  /** The first state in a range that differs from written. */
  byte badState(int at, int bytes) {
    for (int i = at; i < at + bytes; i++) {
      if (state[i] != WRITTEN) {
        return state[i];
      }
    }
    return WRITTEN;
  }
}
