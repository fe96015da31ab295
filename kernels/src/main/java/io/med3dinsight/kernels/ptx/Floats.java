package io.med3dinsight.kernels.ptx;

/** Rounding, flushing and conversion of floating-point numbers as PTX defines them. */
final class Floats {
  /** Rounding to nearest even, towards zero, down, up, and to nearest with ties away from zero. */
  enum Rounding {
    RN,
    RZ,
    RM,
    RP,
    RNA
  }

  private static final int CANONICAL_NAN = 0x7fffffff;

  private Floats() {}

  /** Bits of a result; every NaN becomes the one NaN that single-precision instructions give. */
  static int bits(float r) {
    return Float.isNaN(r) ? CANONICAL_NAN : Float.floatToRawIntBits(r);
  }

  static long bits(double r) {
    return Double.doubleToRawLongBits(r);
  }

  /** Subnormal numbers become zero of the same sign (.ftz). */
  static float flush(float x) {
    return Math.abs(x) < Float.MIN_NORMAL ? Math.copySign(0f, x) : x;
  }

  /** .sat: clamped to [0, 1], NaN becomes 0. */
  static float saturate(float x) {
    return x > 0f ? Math.min(x, 1f) : 0f;
  }

  static double saturate(double x) {
    return x > 0 ? Math.min(x, 1) : 0;
  }

  /**
   * Rounds s + e to float, where s is a double and e a far smaller remainder of which only the sign
   * counts.
   */
  static float round(double s, double e, Rounding mode) {
    float f = (float) s;
    if (mode == Rounding.RN || Float.isNaN(f) || Double.isInfinite(s)) {
      return f;
    }
    int above = f > s ? 1 : f < s ? -1 : e < 0 ? 1 : e > 0 ? -1 : 0;
    if (above == 0) {
      return f;
    }
    boolean down = mode == Rounding.RM || mode == Rounding.RZ && (s > 0 || s == 0 && e > 0);
    if (down) {
      return above > 0 ? Math.nextDown(f) : f;
    }
    return above < 0 ? Math.nextUp(f) : f;
  }

  static float add(float a, float b, Rounding mode) {
    double s = (double) a + b;
    if (s == 0
        && mode == Rounding.RM
        && (a != 0 || Float.floatToRawIntBits(a) != Float.floatToRawIntBits(b))) {
      return -0f;
    }
    return round(s, twoSumError(a, b, s), mode);
  }

  static float mul(float a, float b, Rounding mode) {
    return round((double) a * b, 0, mode);
  }

  static float fma(float a, float b, float c, Rounding mode) {
    if (mode == Rounding.RN) {
      return Math.fma(a, b, c);
    }
    double p = (double) a * b;
    double s = p + c;
    if (s == 0 && mode == Rounding.RM && (p != 0 || 1 / p != 1 / (double) c)) {
      return -0f;
    }
    return round(s, twoSumError(p, c, s), mode);
  }

  static float div(float a, float b, Rounding mode) {
    if (mode == Rounding.RN) {
      return a / b;
    }
    double q = (double) a / b;
    if (Double.isNaN(q) || Double.isInfinite(q) || q == 0) {
      return (float) q;
    }
    double r = Math.fma(-q, b, a);
    return round(q, b > 0 ? r : -r, mode);
  }

  static float sqrt(float a, Rounding mode) {
    double q = Math.sqrt(a);
    if (mode == Rounding.RN || Double.isNaN(q) || Double.isInfinite(q) || q == 0) {
      return (float) q;
    }
    return round(q, Math.fma(-q, q, a), mode);
  }

  /** The exact error of s = a + b (Knuth). */
  static double twoSumError(double a, double b, double s) {
    if (Double.isInfinite(s) || Double.isNaN(s)) {
      return 0;
    }
    double bb = s - a;
    return (a - (s - bb)) + (b - bb);
  }

  /**
   * Rounds to odd: truncates, and sets the last bit when anything was lost, so that a further
   * rounding is exact.
   */
  static float toOdd(double s, double e) {
    float z = round(s, e, Rounding.RZ);
    boolean exact = z == s && e == 0 || Float.isNaN(z) || Float.isInfinite(z);
    return exact ? z : Float.intBitsToFloat(Float.floatToRawIntBits(z) | 1);
  }

  /** min with PTX's rules: a NaN loses against a number, -0 is less than +0. */
  static float min(float a, float b) {
    return Float.isNaN(a) ? b : Float.isNaN(b) ? a : Math.min(a, b);
  }

  static float max(float a, float b) {
    return Float.isNaN(a) ? b : Float.isNaN(b) ? a : Math.max(a, b);
  }

  static double min(double a, double b) {
    return Double.isNaN(a) ? b : Double.isNaN(b) ? a : Math.min(a, b);
  }

  static double max(double a, double b) {
    return Double.isNaN(a) ? b : Double.isNaN(b) ? a : Math.max(a, b);
  }

  /** Rounds to an integral value. */
  static double integral(double x, Rounding mode) {
    return switch (mode) {
      case RN -> Math.rint(x);
      case RZ -> x < 0 ? Math.ceil(x) : Math.floor(x);
      case RM -> Math.floor(x);
      case RP -> Math.ceil(x);
      case RNA -> Math.copySign(Math.floor(Math.abs(x) + 0.5), x);
    };
  }

  static float fromBf16(int bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  static int toBf16(float x, Rounding mode) {
    int b = Float.floatToRawIntBits(x);
    if (Float.isNaN(x)) {
      return 0x7fff;
    }
    if (mode == Rounding.RZ) {
      return b >>> 16;
    }
    return (b + 0x7fff + ((b >>> 16) & 1)) >>> 16;
  }

  /**
   * float to TF32 as cvt.rna.tf32.f32: 10 bits of mantissa, ties away from zero, the low 13 bits
   * zero.
   */
  static int toTf32(int b) {
    boolean finite = (b & 0x7f800000) != 0x7f800000;
    if (finite) {
      return (b + 0x1000) & 0xffffe000;
    }
    return (b & 0x7fffff) != 0 ? CANONICAL_NAN & 0xffffe000 : b;
  }

  static float fromF16(int h) {
    int sign = (h & 0x8000) << 16;
    int exponent = h >>> 10 & 31;
    int fraction = h & 0x3ff;
    if (exponent == 31) {
      return Float.intBitsToFloat(sign | 0x7f800000 | fraction << 13);
    }
    if (exponent == 0) {
      float v = fraction * 0x1p-24f;
      return sign != 0 ? -v : v;
    }
    return Float.intBitsToFloat(sign | exponent + 112 << 23 | fraction << 13);
  }

  static int toF16(float x, Rounding mode) {
    int b = Float.floatToRawIntBits(x);
    int sign = b >>> 16 & 0x8000;
    if (Float.isNaN(x)) {
      return 0x7fff;
    }
    float a = Math.abs(x);
    if (a == Float.POSITIVE_INFINITY) {
      return sign | 0x7c00;
    }
    if (mode == Rounding.RZ) {
      return sign | (a >= 65504f ? 0x7bff : magnitude(a, true));
    }
    return sign | (a >= 65520f ? 0x7c00 : magnitude(a, false));
  }

  private static int magnitude(float a, boolean truncate) {
    // In units of the last place of the result, which is a subnormal's below 2^-14.
    int exponent = Math.max(Math.getExponent(a), -14);
    double units = a * Math.scalb(1.0, 10 - exponent);
    int n = (int) (truncate ? Math.floor(units) : Math.rint(units));
    return n + (exponent + 14 << 10);
  }
}
