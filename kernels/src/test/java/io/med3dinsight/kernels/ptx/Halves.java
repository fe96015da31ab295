package io.med3dinsight.kernels.ptx;

import java.math.BigDecimal;
import java.util.Random;

/**
 * f16 and bf16 by their definition: sign, exponent, fraction; rounding by search over all values.
 */
final class Halves {
  private Halves() {}

  static float value(int bits, boolean brain) {
    int fractionBits = brain ? 7 : 10;
    int exponentBits = 15 - fractionBits;
    int bias = (1 << exponentBits - 1) - 1;
    int exponent = bits >>> fractionBits & (1 << exponentBits) - 1;
    int fraction = bits & (1 << fractionBits) - 1;
    double v;
    if (exponent == (1 << exponentBits) - 1) {
      v = fraction != 0 ? Double.NaN : Double.POSITIVE_INFINITY;
    } else if (exponent == 0) {
      v = fraction * Math.scalb(1.0, 1 - bias - fractionBits);
    } else {
      v = (1 + fraction * Math.scalb(1.0, -fractionBits)) * Math.scalb(1.0, exponent - bias);
    }
    return (float) ((bits & 0x8000) != 0 ? -v : v);
  }

  static BigDecimal exact(long bits, boolean brain) {
    return new BigDecimal(value((int) bits & 0xffff, brain));
  }

  private static int infinity(boolean brain) {
    return brain ? 0x7f80 : 0x7c00;
  }

  static long nearest(double v, boolean brain) {
    if (Double.isNaN(v)) {
      return 0x7fff;
    }
    long sign = Double.doubleToRawLongBits(v) < 0 ? 0x8000 : 0;
    if (Double.isInfinite(v)) {
      return sign | infinity(brain);
    }
    return v == 0 ? sign : nearest(new BigDecimal(v), brain);
  }

  /**
   * Nearest value, ties to the even bit pattern; what lies half a step beyond the largest becomes
   * infinite.
   */
  static long nearest(BigDecimal v, boolean brain) {
    BigDecimal x = v.abs();
    int low = 0;
    int high = infinity(brain) - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (exact(middle, brain).compareTo(x) <= 0) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    BigDecimal step =
        low == infinity(brain) - 1
            ? exact(low, brain).subtract(exact(low - 1, brain))
            : exact(low + 1, brain).subtract(exact(low, brain));
    int half = x.subtract(exact(low, brain)).multiply(BigDecimal.valueOf(2)).compareTo(step);
    int r = half > 0 || half == 0 && (low & 1) != 0 ? low + 1 : low;
    return r | (v.signum() < 0 ? 0x8000 : 0);
  }

  /** Pairs of positive finite values in the lower and upper half, of moderate and of any size. */
  static long[] random(long seed, int count, boolean brain) {
    Random random = new Random(seed);
    long[] out = new long[count];
    for (int i = 0; i < count; i++) {
      out[i] = one(random, brain) | (long) one(random, brain) << 16;
    }
    return out;
  }

  private static int one(Random random, boolean brain) {
    boolean any = random.nextInt(4) == 0;
    int bits =
        any
            ? random.nextInt(infinity(brain))
            : (int) nearest(Math.abs(random.nextGaussian()), brain);
    return Math.max(1, bits);
  }
}
