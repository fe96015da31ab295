package io.med3dinsight.engine.cpu;

/**
 * Philox 4x32 with 10 rounds (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"):
 * random bits as a function of a seed and a position, so that any thread can draw any number of a
 * stream.
 */
public final class Philox {
  private static final long M0 = 0xD2511F53L;
  private static final long M1 = 0xCD9E8D57L;
  private static final int W0 = 0x9E3779B9;
  private static final int W1 = 0xBB67AE85;

  private Philox() {}

  /**
   * Numbers 4 {@code block} ... 4 {@code block} + 3 of the stream, 32 random bits each, into {@code
   * out}.
   */
  public static void block(long seed, long block, int[] out) {
    int k0 = (int) seed;
    int k1 = (int) (seed >>> 32);
    int c0 = (int) block;
    int c1 = (int) (block >>> 32);
    int c2 = 0;
    int c3 = 0;
    for (int round = 0; round < 10; round++) {
      long p0 = M0 * (c0 & 0xffffffffL);
      long p1 = M1 * (c2 & 0xffffffffL);
      c0 = (int) (p1 >>> 32) ^ c1 ^ k0;
      c2 = (int) (p0 >>> 32) ^ c3 ^ k1;
      c1 = (int) p1;
      c3 = (int) p0;
      k0 += W0;
      k1 += W1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
  }

  /** The upper 24 of 32 random bits as a number in [0, 1). */
  public static float uniform(int bits) {
    return (bits >>> 8) * 0x1p-24f;
  }
}
