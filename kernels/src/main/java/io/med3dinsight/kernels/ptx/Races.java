package io.med3dinsight.kernels.ptx;

/**
 * Who wrote and who read each cell of a region last. A cell holds the last write and up to two
 * reads by different threads; an access is a race when it conflicts with one of them that does not
 * happen before it. Two reads suffice where barriers order all threads; with three unordered
 * readers of which two are ordered later by warp-level operations alone a race can be missed. Order
 * that comes only through a third lane, by partial masks, is not seen, so there a race is reported
 * wrongly.
 *
 * <p>A stamp is serial (32 bits: launch and block) | thread in block (10) | atomic (1) | time of
 * its warp (21). Cells have the size of the smallest access seen so far, at most four bytes.
 */
final class Races {
  static final int TIME_BITS = 21;
  static final long ATOMIC = 1L << TIME_BITS;
  static final int THREAD_SHIFT = TIME_BITS + 1;
  static final int SERIAL_SHIFT = 32;
  static final int MAX_TIME = (1 << TIME_BITS) - 1;

  /** All of a stamp but the lane. */
  private static final long ALL_BUT_LANE = ~(31L << THREAD_SHIFT);

  private static final int PAGE_BITS = 8;
  private static final int PAGE = 1 << PAGE_BITS;
  private static final int WRITE = 0;
  private static final int READ_A = 1;
  private static final int READ_B = 2;

  private final int size;

  /** Blocks run on several host threads, so cells are changed under a lock. */
  private final boolean concurrent;

  /** The region is the shared memory of one block after another. */
  private final boolean blockLocal;

  private int shift = 2;
  private long[][] pages;

  Races(int size, boolean concurrent, boolean blockLocal) {
    this.blockLocal = blockLocal;
    this.size = size;
    this.concurrent = concurrent;
    this.pages = new long[pageCount(size, 2)][];
  }

  private static int pageCount(int size, int shift) {
    return (Math.max(size - 1, 0) >>> shift >>> PAGE_BITS) + 1;
  }

  private long[] page(int cell) {
    long[] p = pages[cell >>> PAGE_BITS];
    return p != null ? p : (pages[cell >>> PAGE_BITS] = new long[3 * PAGE]);
  }

  private static int slot(int cell) {
    return (cell & (PAGE - 1)) * 3;
  }

  /** Records a read; answers the stamp of a conflicting write, or 0. */
  long read(Warp w, long stamp, int at, int bytes) {
    if (!concurrent) {
      return recordRead(w, stamp, at, bytes);
    }
    synchronized (this) {
      return recordRead(w, stamp, at, bytes);
    }
  }

  private long recordRead(Warp w, long stamp, int at, int bytes) {
    if (bytes < 1 << shift) {
      refine(bytes);
    }
    long conflict = 0;
    int end = (at + bytes - 1) >>> shift;
    for (int c = at >>> shift; c <= end; c++) {
      long[] p = page(c);
      int k = slot(c);
      long write = p[k + WRITE];
      if (write != 0 && !ordered(w, write, stamp)) {
        conflict = write;
      }
      if (p[k + READ_A] != stamp) {
        addReader(w, p, k, stamp);
      }
    }
    return conflict;
  }

  private void addReader(Warp w, long[] p, int k, long stamp) {
    long a = p[k + READ_A];
    long b = p[k + READ_B];
    // Two lanes of this warp read since its last synchronisation: any writer conflicts with one of
    // them as with this.
    if (b == stamp || ((a ^ stamp) & ALL_BUT_LANE) == 0 && ((b ^ stamp) & ALL_BUT_LANE) == 0) {
      return;
    }
    if (a == 0 || ordered(w, a, stamp)) {
      p[k + READ_A] = stamp;
    } else if (b == 0
        || ordered(w, b, stamp)
        || !spread(a, b)
        || sameBlock(a, b) && !sameBlock(a, stamp)) {
      p[k + READ_B] = stamp;
    }
  }

  private static boolean sameBlock(long a, long b) {
    return (a ^ b) >>> SERIAL_SHIFT == 0;
  }

  /** Whether two readers are of different warps or blocks. */
  private static boolean spread(long a, long b) {
    return (a ^ b) >>> (THREAD_SHIFT + 5) != 0;
  }

  /** Records a write; answers the stamp of a conflicting access, or 0. */
  long write(Warp w, long stamp, int at, int bytes) {
    if (!concurrent) {
      return recordWrite(w, stamp, at, bytes);
    }
    synchronized (this) {
      return recordWrite(w, stamp, at, bytes);
    }
  }

  private long recordWrite(Warp w, long stamp, int at, int bytes) {
    if (bytes < 1 << shift) {
      refine(bytes);
    }
    long conflict = 0;
    for (int c = at >>> shift, end = (at + bytes - 1) >>> shift; c <= end; c++) {
      long[] p = page(c);
      int k = slot(c);
      conflict = conflict(w, p[k + WRITE], stamp, conflict);
      conflict = conflict(w, p[k + READ_A], stamp, conflict);
      conflict = conflict(w, p[k + READ_B], stamp, conflict);
      p[k + WRITE] = stamp;
    }
    return conflict;
  }

  private long conflict(Warp w, long earlier, long stamp, long found) {
    return earlier == 0 || ordered(w, earlier, stamp) ? found : earlier;
  }

  /**
   * Whether an earlier access happens before the present one, by the same thread or through
   * synchronisation.
   */
  private boolean ordered(Warp w, long earlier, long now) {
    if ((earlier ^ now) >>> THREAD_SHIFT == 0 || (earlier & now & ATOMIC) != 0) {
      return true;
    }
    if ((earlier ^ now) >>> SERIAL_SHIFT != 0) {
      // Another block: its shared memory is not ours, its accesses to global memory are ordered by
      // launches alone.
      return blockLocal || earlier >>> SERIAL_SHIFT < w.firstSerial;
    }
    int thread = (int) (earlier >>> THREAD_SHIFT) & 1023;
    int time = (int) earlier & MAX_TIME;
    if (thread >>> 5 != w.index) {
      return time < w.clock[thread >>> 5];
    }
    return time < w.synchronised((int) (now >>> THREAD_SHIFT) & 31, thread & 31);
  }

  /** Divides the cells down to the size of an access. */
  private void refine(int bytes) {
    while (bytes < 1 << shift) {
      int finer = shift - 1;
      long[][] split = new long[pageCount(size, finer)][];
      for (int i = 0; i < split.length; i++) {
        long[] old = pages[i / 2];
        if (old != null) {
          split[i] = half(old, i & 1);
        }
      }
      pages = split;
      shift = finer;
    }
  }

  private static long[] half(long[] page, int which) {
    long[] out = new long[3 * PAGE];
    for (int i = 0; i < PAGE; i++) {
      System.arraycopy(page, (which * PAGE / 2 + i / 2) * 3, out, i * 3, 3);
    }
    return out;
  }

  static int thread(long stamp) {
    return (int) (stamp >>> THREAD_SHIFT) & 1023;
  }
}
