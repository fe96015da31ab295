package io.med3dinsight.fuzz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

/** Gives fields of a NIfTI or ANALYZE header values at the edges of their types. */
final class NiftiDamage implements Damage {
  private static final int TWO = 540;

  /** Offset, width (negative for floating point) and count of fields, by version. */
  private static final int[][] FIELDS_1 = {
    {0, 4, 1},
    {40, 2, 8},
    {56, -4, 3},
    {68, 2, 3},
    {76, -4, 8},
    {108, -4, 3},
    {123, 1, 1},
    {124, -4, 2},
    {252, 2, 2},
    {256, -4, 6},
    {280, -4, 12},
    {344, 1, 4},
    {348, 4, 3}
  };

  private static final int[][] FIELDS_2 = {
    {0, 4, 1},
    {4, 1, 8},
    {12, 2, 2},
    {16, 8, 8},
    {104, -8, 8},
    {168, 8, 1},
    {176, -8, 2},
    {344, 4, 2},
    {352, -8, 6},
    {400, -8, 12},
    {500, 4, 2},
    {540, 4, 3}
  };

  private static final double[] REALS = {
    0,
    -0.0,
    1,
    -1,
    0.5,
    1e-45,
    1e-30,
    1e30,
    3.4e38,
    -3.4e38,
    1e300,
    Double.NaN,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    352,
    4096,
    1e15
  };

  private static final long[] EXTENTS = {
    0,
    -1,
    1,
    2,
    3,
    100,
    255,
    256,
    4096,
    32767,
    65536,
    1 << 20,
    1L << 31,
    1L << 32,
    (1L << 33) + 1,
    1L << 62,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  @Override
  public byte[] apply(byte[] good, Random random) {
    byte[] bytes = good.clone();
    if (bytes.length < 348) {
      return bytes;
    }
    ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    boolean big = b.getInt(0) != 348 && b.getInt(0) != TWO;
    b.order(big ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    boolean two = b.getInt(0) == TWO && bytes.length >= TWO;
    switch (random.nextInt(6)) {
      case 0 -> extents(bytes, two, big, random);
      case 1 -> type(bytes, two, big, random);
      default -> field(bytes, Damage.any(random, two ? FIELDS_2 : FIELDS_1), big, random);
    }
    return bytes;
  }

  private static void field(byte[] bytes, int[] field, boolean big, Random random) {
    int width = Math.abs(field[1]);
    int at = field[0] + random.nextInt(field[2]) * width;
    long value = Damage.extreme(random);
    if (field[1] < 0) {
      double real = REALS[random.nextInt(REALS.length)];
      value = width == 8 ? Double.doubleToRawLongBits(real) : Float.floatToRawIntBits((float) real);
    }
    Damage.put(bytes, at, width, value, big);
  }

  /** Extents whose product overflows 32 or 64 bits, or that the file nearly fulfils. */
  private static void extents(byte[] bytes, boolean two, boolean big, Random random) {
    int at = two ? 16 : 40;
    int width = two ? 8 : 2;
    int dimensions = 1 + random.nextInt(7);
    Damage.put(bytes, at, width, dimensions, big);
    int changed = 1 + random.nextInt(dimensions);
    for (int i = 0; i < changed; i++) {
      int axis = 1 + random.nextInt(7);
      Damage.put(bytes, at + width * axis, width, EXTENTS[random.nextInt(EXTENTS.length)], big);
    }
  }

  private static void type(byte[] bytes, boolean two, boolean big, Random random) {
    int code =
        Damage.any(random, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 768, 1024, 1280, 1536, 2304);
    Damage.put(bytes, two ? 12 : 70, 2, code, big);
  }
}
