package io.med3dinsight.nn.data;

import java.util.SplittableRandom;

/**
 * Which sample of a run: everything random about a sample is drawn from this alone, so that neither
 * the number of threads nor a resumed run changes it.
 *
 * @param seed of the run
 * @param epoch counted from 0
 * @param index of the sample within the epoch, counted from 0
 */
public record SampleKey(long seed, int epoch, int index) {
  /** A fresh generator for this sample. */
  public SplittableRandom random() {
    return new SplittableRandom(mix(mix(mix(seed) + epoch) + index));
  }

  /** A random order of 0 ... n - 1 for this sample's epoch, the same for all its samples. */
  public int[] epochOrder(int n) {
    SplittableRandom r = new SplittableRandom(mix(mix(seed) + epoch) ^ 0x5DEECE66DL);
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      int j = r.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }

  /**
   * What an endless sequence over 0 ... n - 1 holds at {@code number}: each round of n is a new
   * random order.
   */
  public static int shuffled(long seed, long number, int n) {
    int round = Math.toIntExact(number / n);
    return new SampleKey(seed, round, 0).epochOrder(n)[(int) (number % n)];
  }

  /** Finaliser of SplitMix64 (Steele et al. 2014): neighbouring keys give unrelated generators. */
  private static long mix(long z) {
    long x = z + 0x9E3779B97F4A7C15L;
    x = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
    x = (x ^ (x >>> 27)) * 0x94D049BB133111EBL;
    return x ^ (x >>> 31);
  }
}
