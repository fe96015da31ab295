package io.med3dinsight.fuzz;

import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Damages bytes as transfers, disks and hostile hands do, whatever they are. */
final class Mutations {
  /** A piece is repeated up to so many bytes. */
  private static final int MOST = 1 << 21;

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
          switch (random.nextInt(9)) {
            case 0 -> flipped(bytes, bytes.length);
            case 1 -> flipped(bytes, Math.min(bytes.length, 600));
            case 2 -> Arrays.copyOf(bytes, random.nextInt(bytes.length));
            case 3, 4 -> overwritten(bytes);
            case 5 -> spliced(bytes, others.get(random.nextInt(others.size())));
            case 6 -> removed(bytes);
            case 7 -> random.nextInt(4) == 0 ? repeated(bytes) : flipped(bytes, bytes.length);
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
    Damage.put(bytes, at, width, Damage.extreme(random), random.nextBoolean());
    return bytes;
  }

  /** A piece of this or another file, put over a place or in between. */
  private byte[] spliced(byte[] bytes, byte[] other) {
    int from = random.nextInt(Math.max(1, other.length));
    int count = random.nextInt(Math.max(1, Math.min(other.length - from, 300)));
    int at = random.nextInt(bytes.length);
    int tail = random.nextBoolean() ? at : Math.min(bytes.length, at + count);
    return Damage.replaced(bytes, at, tail, Arrays.copyOfRange(other, from, from + count));
  }

  private byte[] removed(byte[] bytes) {
    int at = random.nextInt(bytes.length);
    int count = random.nextInt(Math.min(bytes.length - at, 300));
    return Damage.replaced(bytes, at, at + count, new byte[0]);
  }

  /** A short piece again and again, up to a length between 256 bytes and two megabytes. */
  private byte[] repeated(byte[] bytes) {
    int from = random.nextInt(bytes.length);
    int length = 1 + random.nextInt(Math.min(bytes.length - from, 40));
    int total = MOST >> random.nextInt(14);
    byte[] piece = new byte[total];
    for (int i = 0; i < total; i++) {
      piece[i] = bytes[from + i % length];
    }
    return Damage.replaced(bytes, from, from, piece);
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
