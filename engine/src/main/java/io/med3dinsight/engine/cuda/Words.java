package io.med3dinsight.engine.cuda;

import java.util.Arrays;

/** Collects the ints of a structure that a kernel takes by value. */
final class Words {
  private int[] words = new int[64];
  private int count;

  Words add(int... values) {
    if (count + values.length > words.length) {
      words = Arrays.copyOf(words, Math.max(2 * words.length, count + values.length));
    }
    System.arraycopy(values, 0, words, count, values.length);
    count += values.length;
    return this;
  }

  /** The values and zeros behind them, {@code length} ints in all. */
  Words padded(int length, int... values) {
    return add(Arrays.copyOf(values, length));
  }

  /** What a kernel needs to divide numbers below 2^31 by {@code value}. */
  Words divisor(int value) {
    return add(divisorOf(value));
  }

  /** Divisors for all values, and unused ones behind them, {@code length} in all. */
  Words divisors(int length, int... values) {
    for (int v : values) {
      divisor(v);
    }
    return add(new int[3 * (length - values.length)]);
  }

  int[] toArray() {
    return Arrays.copyOf(words, count);
  }

  /**
   * The number, the multiplier and the shift that replace a division: {@code n / value = (n + high
   * word of n multiplier) >> shift} for n below 2^31 (Granlund and Montgomery 1994, "Division by
   * invariant integers using multiplication").
   */
  static int[] divisorOf(int value) {
    int shift = 32 - Integer.numberOfLeadingZeros(value - 1);
    long multiplier = (1L << 32) * ((1L << shift) - value) / value + 1;
    return new int[] {value, (int) multiplier, shift};
  }
}
