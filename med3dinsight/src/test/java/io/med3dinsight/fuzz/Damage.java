package io.med3dinsight.fuzz;

import java.util.Random;

/** A way to damage a file that knows how the file is built. */
interface Damage {
  /** Knows nothing about the file. */
  Damage NONE = (good, random) -> good;

  /** Whole numbers at which arithmetic turns over, and their neighbours. */
  long[] EXTREMES = {
    0,
    1,
    -1,
    2,
    3,
    7,
    8,
    127,
    128,
    255,
    256,
    0x7fff,
    0x8000,
    0xffff,
    0x10000,
    0x7fffffffL,
    0x80000000L,
    0xffffffffL,
    0x100000000L,
    3037000500L,
    1L << 40,
    1L << 62,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    0x7ff8000000000000L
  };

  /** A damaged copy. */
  byte[] apply(byte[] good, Random random);

  /** One of several. */
  @SafeVarargs
  static <T> T any(Random random, T... of) {
    return of[random.nextInt(of.length)];
  }

  static long extreme(Random random) {
    return EXTREMES[random.nextInt(EXTREMES.length)];
  }

  /** Puts a number into {@code width} bytes. */
  static void put(byte[] bytes, int at, int width, long value, boolean big) {
    for (int i = 0; i < width && at + i < bytes.length; i++) {
      bytes[at + i] = (byte) (value >>> 8 * (big ? width - 1 - i : i));
    }
  }

  /** Some bytes with a piece replaced by another. */
  static byte[] replaced(byte[] bytes, int from, int to, byte[] by) {
    byte[] out = new byte[from + by.length + bytes.length - to];
    System.arraycopy(bytes, 0, out, 0, from);
    System.arraycopy(by, 0, out, from, by.length);
    System.arraycopy(bytes, to, out, from + by.length, bytes.length - to);
    return out;
  }
}
