package io.med3dinsight.kernels.ptx;

/** Counts of one host thread during a launch. */
final class Counters {
  long budget;
  long budgetAtStart;
  long warpInstructions;
  long laneInstructions;
  long flops;
  long globalLoadBytes;
  long globalStoreBytes;
  long globalLoadSectors;
  long globalStoreSectors;
  long globalLoadAccesses;
  long globalStoreAccesses;
  long sharedAccesses;
  long sharedWavefronts;
  long bankConflicts;
  long barriers;
  long atomicBytes;
  long asyncBytes;
  long watchedLoadBytes;
  private final long[] sectors = new long[Instruction.LANES * 4];
  private final int[] perBank = new int[32];
  private final int[] words = new int[32 * 32];

  String budgetMessage() {
    return "more than "
        + budgetAtStart
        + " warp instructions; most likely a loop that does not end";
  }

  /** Distinct 32-byte sectors touched by the lanes of a mask. */
  int sectors(long[] addresses, int mask, int bytes) {
    int n = 0;
    long last = -1;
    for (int m = mask; m != 0; m &= m - 1) {
      long first = addresses[Integer.numberOfTrailingZeros(m)] >>> 5;
      long end = addresses[Integer.numberOfTrailingZeros(m)] + bytes - 1 >>> 5;
      for (long s = first; s <= end; s++) {
        if (s != last) {
          last = s;
          n = addDistinct(s, n);
        }
      }
    }
    return n;
  }

  private int addDistinct(long sector, int n) {
    for (int i = n - 1; i >= 0; i--) {
      if (sectors[i] == sector) {
        return n;
      }
    }
    sectors[n] = sector;
    return n + 1;
  }

  /**
   * Counts the wavefronts of a shared-memory access; what exceeds the size alone is a bank
   * conflict.
   */
  void shared(long[] addresses, int mask, int bytes) {
    sharedAccesses++;
    // 64-bit accesses are served half a warp at a time, 128-bit accesses a quarter.
    int parts = Math.max(1, bytes / 4);
    int lanes = 32 / parts;
    for (int part = 0; part < parts; part++) {
      int m = mask & (lanes == 32 ? -1 : ((1 << lanes) - 1) << part * lanes);
      if (m != 0) {
        int waves = wavefronts(addresses, m, bytes);
        sharedWavefronts += waves;
        bankConflicts += waves - 1;
      }
    }
  }

  private int wavefronts(long[] addresses, int mask, int bytes) {
    java.util.Arrays.fill(perBank, 0);
    int most = 1;
    for (int m = mask; m != 0; m &= m - 1) {
      long a = addresses[Integer.numberOfTrailingZeros(m)];
      for (int word = (int) a >>> 2, end = (int) a + bytes - 1 >>> 2; word <= end; word++) {
        most = Math.max(most, addWord(word));
      }
    }
    return most;
  }

  private int addWord(int word) {
    int bank = word & 31;
    int n = perBank[bank];
    for (int i = 0; i < n; i++) {
      if (words[bank * 32 + i] == word) {
        return n;
      }
    }
    words[bank * 32 + n] = word;
    perBank[bank] = n + 1;
    return n + 1;
  }
}
