package io.med3dinsight.kernels.ptx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;

/** Copies a warp has started by cp.async and not yet waited for. */
final class AsyncCopies {
  /** One cp.async of a warp. */
  private static final class Copy {
    private int lanes;
    private final int bytes;
    private final int[] targets = new int[Instruction.LANES];
    private final int[] groups = new int[Instruction.LANES];
    private final byte[] data;

    private Copy(int bytes) {
      this.bytes = bytes;
      this.data = new byte[Instruction.LANES * bytes];
    }
  }

  private final List<Copy> open = new ArrayList<>();

  /** Groups committed so far, by lane. */
  private final int[] committed = new int[Instruction.LANES];

  void clear() {
    open.clear();
    Arrays.fill(committed, 0);
  }

  void commit(int mask) {
    for (int m = mask; m != 0; m &= m - 1) {
      committed[Integer.numberOfTrailingZeros(m)]++;
    }
  }

  /**
   * Starts a copy: the source is read now, the destination is off limits until it has been waited
   * for.
   */
  void start(Warp w, int mask, long[] from, long[] to, int bytes, int[] sizes) {
    Copy c = new Copy(bytes);
    c.lanes = mask;
    Region shared = w.block.shared;
    for (int m = mask; m != 0; m &= m - 1) {
      int lane = Integer.numberOfTrailingZeros(m);
      int size = sizes == null ? bytes : sizes[lane];
      if (size < 0 || size > bytes) {
        throw w.fault(
            FaultKind.OUT_OF_BOUNDS,
            lane,
            from[lane],
            "source size " + size + " of a copy of " + bytes + " bytes");
      }
      if (size > 0) {
        read(w, c, lane, from[lane], size);
      }
      MemoryInstruction.locate(w, Space.SHARED, lane, to[lane], bytes);
      int at = (int) to[lane];
      MemoryInstruction.checkWrite(w, shared, at, bytes, lane, to[lane], false);
      Arrays.fill(shared.state, at, at + bytes, Region.PENDING);
      c.targets[lane] = at;
      c.groups[lane] = committed[lane];
    }
    open.add(c);
  }

  private static void read(Warp w, Copy c, int lane, long address, int size) {
    // The source must be aligned to the size of the whole copy, however little of it is used.
    MemoryInstruction.locate(w, Space.GLOBAL, lane, address, Integer.highestOneBit(size));
    if ((address & (c.bytes - 1)) != 0) {
      throw w.fault(
          FaultKind.MISALIGNED, lane, address, "the source is not a multiple of " + c.bytes);
    }
    for (int i = 0; i < size; ) {
      int step = Integer.lowestOneBit(i | Integer.highestOneBit(size - i));
      Region r = MemoryInstruction.locate(w, Space.GLOBAL, lane, address + i, step);
      int at = (int) (address + i - r.base);
      MemoryInstruction.checkRead(w, r, at, step, lane, address + i, false);
      System.arraycopy(r.data, at, c.data, lane * c.bytes + i, step);
      i += step;
    }
  }

  /**
   * Completes all but the newest {@code pending} groups of each lane; with -1 everything, committed
   * or not.
   */
  void await(Warp w, int mask, int pending) {
    Region shared = w.block.shared;
    for (Iterator<Copy> it = open.iterator(); it.hasNext(); ) {
      Copy c = it.next();
      for (int m = c.lanes & mask; m != 0; m &= m - 1) {
        int lane = Integer.numberOfTrailingZeros(m);
        if (pending < 0 || c.groups[lane] < committed[lane] - pending) {
          int at = c.targets[lane];
          System.arraycopy(c.data, lane * c.bytes, shared.data, at, c.bytes);
          Arrays.fill(shared.state, at, at + c.bytes, Region.WRITTEN);
          MemoryInstruction.checkWriteRace(w, shared, at, c.bytes, lane, at, false);
          c.lanes &= ~(1 << lane);
        }
      }
      if (c.lanes == 0) {
        it.remove();
      }
    }
  }
}
