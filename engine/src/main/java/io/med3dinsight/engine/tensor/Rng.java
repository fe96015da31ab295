package io.med3dinsight.engine.tensor;

/**
 * A counter-based random stream: ops draw from (seed, position), so that the same draw can be
 * repeated by setting the position back, and a checkpoint needs two numbers only.
 */
public final class Rng {
  private final long seed;
  private long position;

  public Rng(long seed) {
    this.seed = seed;
  }

  public long seed() {
    return seed;
  }

  /** Number of draws so far. */
  public synchronized long position() {
    return position;
  }

  public synchronized void position(long p) {
    position = p;
  }

  /** Reserves {@code count} numbers and returns the position of the first. */
  public synchronized long take(long count) {
    long p = position;
    position += count;
    return p;
  }
}
