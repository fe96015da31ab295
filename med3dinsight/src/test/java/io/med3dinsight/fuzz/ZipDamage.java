package io.med3dinsight.fuzz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Gives fields of a zip's headers and directory other values. */
final class ZipDamage implements Damage {
  private static final int LOCAL = 0x04034b50;
  private static final int CENTRAL = 0x02014b50;
  private static final int END = 0x06054b50;

  /** Offset and width of fields, by signature. */
  private static final int[][] IN_LOCAL = {
    {4, 2}, {6, 2}, {8, 2}, {14, 4}, {18, 4}, {22, 4}, {26, 2}, {28, 2}
  };

  private static final int[][] IN_CENTRAL = {
    {8, 2}, {10, 2}, {16, 4}, {20, 4}, {24, 4}, {28, 2}, {30, 2}, {32, 2}, {42, 4}
  };
  private static final int[][] IN_END = {{8, 2}, {10, 2}, {12, 4}, {16, 4}, {20, 2}};

  private static final String[] NAMES = {"../../x", "/etc/passwd", "..\\x\n", "\u0001\u0002", ""};

  @Override
  public byte[] apply(byte[] good, Random random) {
    byte[] bytes = good.clone();
    ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    List<Integer> places = new ArrayList<>();
    for (int i = 0; i + 4 <= bytes.length; i++) {
      int v = b.getInt(i);
      if (v == LOCAL || v == CENTRAL || v == END) {
        places.add(i);
      }
    }
    if (places.isEmpty()) {
      return bytes;
    }
    int at = places.get(random.nextInt(places.size()));
    int signature = b.getInt(at);
    if (random.nextInt(6) == 0 && signature != END) {
      byte[] name = NAMES[random.nextInt(NAMES.length)].getBytes(StandardCharsets.US_ASCII);
      int from = at + (signature == LOCAL ? 30 : 46);
      System.arraycopy(
          name, 0, bytes, from, Math.max(0, Math.min(name.length, bytes.length - from)));
      return bytes;
    }
    int[] field =
        Damage.any(random, signature == LOCAL ? IN_LOCAL : signature == END ? IN_END : IN_CENTRAL);
    long value = random.nextInt(3) == 0 ? random.nextInt(bytes.length + 1) : Damage.extreme(random);
    Damage.put(bytes, at + field[0], field[1], value, false);
    return bytes;
  }
}
