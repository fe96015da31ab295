package io.med3dinsight.volume;

import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Damages bytes as transfers, disks and hostile hands do. */
final class Mutations {
  private static final long[] EXTREMES = {
    0,
    1,
    -1,
    2,
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
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    0x7ff8000000000000L
  };

  private final Random random;

  Mutations(Random random) {
    this.random = random;
  }

  /** A damaged copy; parts may come from other files. */
  byte[] damage(byte[] good, List<byte[]> others) {
    byte[] bytes = good.clone();
    int rounds = 1 + random.nextInt(3);
    for (int i = 0; i < rounds && bytes.length > 0; i++) {
      bytes =
          switch (random.nextInt(7)) {
            case 0 -> flipped(bytes, bytes.length);
            case 1 -> flipped(bytes, Math.min(bytes.length, 600));
            case 2 -> Arrays.copyOf(bytes, random.nextInt(bytes.length));
            case 3, 4 -> overwritten(bytes);
            case 5 -> spliced(bytes, others.get(random.nextInt(others.size())));
            default -> digits(bytes);
          };
    }
    return bytes;
  }

  private byte[] flipped(byte[] bytes, int within) {
    int flips = 1 + random.nextInt(8);
    for (int i = 0; i < flips; i++) {
      bytes[random.nextInt(within)] ^= (byte) (1 << random.nextInt(8));
    }
    return bytes;
  }

  /** A field of 1 to 8 bytes gets an extreme value, mostly near the start, where headers are. */
  private byte[] overwritten(byte[] bytes) {
    int width = 1 << random.nextInt(4);
    int within = random.nextInt(3) == 0 ? bytes.length : Math.min(bytes.length, 1000);
    int at = random.nextInt(within) / width * width;
    long value = EXTREMES[random.nextInt(EXTREMES.length)];
    boolean big = random.nextBoolean();
    for (int i = 0; i < width && at + i < bytes.length; i++) {
      bytes[at + i] = (byte) (value >>> 8 * (big ? width - 1 - i : i));
    }
    return bytes;
  }

  /** A piece of this or another file, put over a place or in between. */
  private byte[] spliced(byte[] bytes, byte[] other) {
    int from = random.nextInt(Math.max(1, other.length));
    int count = random.nextInt(Math.max(1, Math.min(other.length - from, 300)));
    int at = random.nextInt(bytes.length);
    boolean insert = random.nextBoolean();
    int tail = insert ? at : Math.min(bytes.length, at + count);
    byte[] out = new byte[at + count + bytes.length - tail];
    System.arraycopy(bytes, 0, out, 0, at);
    System.arraycopy(other, from, out, at, count);
    System.arraycopy(bytes, tail, out, at + count, bytes.length - tail);
    return out;
  }

  /** Digits of numbers in text become others. */
  private byte[] digits(byte[] bytes) {
    int within = Math.min(bytes.length, 2000);
    int start = random.nextInt(within);
    int changed = 0;
    for (int i = start; i < within && changed < 3; i++) {
      if (bytes[i] >= '0' && bytes[i] <= '9') {
        bytes[i] = (byte) ('0' + random.nextInt(10));
        changed++;
      }
    }
    return bytes;
  }
}
