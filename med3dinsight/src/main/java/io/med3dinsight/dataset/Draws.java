package io.med3dinsight.dataset;

/**
 * A stream of random numbers that is a function of its keys alone, on every machine and Java
 * version, so that (seed, epoch, index) decide a patch and training can resume in the middle.
 *
 * <p>SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014).
 */
public final class Draws {
  private static final long GAMMA = 0x9e3779b97f4a7c15L;

  private long state;

  /** The stream of these keys; another key or another order of keys gives an unrelated stream. */
  public Draws(long... keys) {
    for (long key : keys) {
      state = mix(state + GAMMA ^ mix(key));
    }
  }

  /** 64 random bits. */
  public long nextLong() {
    state += GAMMA;
    return mix(state);
  }

  static long mix(long z) {
    z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }

  /** Uniform in 0 .. bound - 1. */
  public int nextInt(int bound) {
    if (bound < 1) {
      throw new IllegalArgumentException("bound " + bound + ", expected at least 1");
    }
    return (int) Math.multiplyHigh(nextLong() >>> 1, (long) bound << 1);
  }

  /** Uniform in [0, 1). */
  public double nextDouble() {
    return (nextLong() >>> 11) * 0x1p-53;
  }

  /** Uniform in [low, high). */
  public double uniform(double low, double high) {
    return low + (high - low) * nextDouble();
  }

  /** True with the given probability. */
  public boolean chance(double probability) {
    return nextDouble() < probability;
  }
}
