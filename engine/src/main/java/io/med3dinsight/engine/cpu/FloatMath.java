package io.med3dinsight.engine.cpu;

/**
 * Functions of one float over the whole range, with errors in units in the last place of at most
 * 1.0 (exp, erf), 0.8 (log) and 1.1 (tanh), as the tests measure them. The polynomials are minimax
 * fits made for this project. The Vector API twin performs the same operations in the same order,
 * so both give the same bits.
 */
public final class FloatMath {
  public static final float LOG2_E = 1.44269504f;

  /** ln 2 with its last bits cut off, so that its product with an exponent is exact. */
  public static final float LN2_HIGH = 0.693359375f;

  public static final float LN2_LOW = -2.12194440e-4f;

  /** 1.5 * 2^23: adding it rounds to a whole number, which then stands in the low bits. */
  public static final float ROUND = 12582912f;

  /** Beyond these exp is 0 or infinite. */
  public static final float EXP_MIN = -104f;

  public static final float EXP_MAX = 89f;

  /** {@code exp(r) = 1 + r + r^2 (E0 + E1 r + ...)} for |r| up to ln(2)/2, within 3e-9. */
  public static final float E0 = 0.49999994f;

  public static final float E1 = 0.16666521f;
  public static final float E2 = 0.04166839f;
  public static final float E3 = 0.008368745f;
  public static final float E4 = 0.0013814538f;

  /** {@code tanh(x) = x + x^3 (T0 + T1 x^2 + ...)} for |x| up to T_SMALL, within 4e-9. */
  public static final float T0 = -0.33333284f;

  public static final float T1 = 0.1333149f;
  public static final float T2 = -0.053743497f;
  public static final float T3 = 0.020650579f;
  public static final float T4 = -0.005717037f;
  public static final float T_SMALL = 0.625f;

  /** {@code erf(x) = x + x (R0 + R1 x^2 + ...)} for |x| up to 1, within 1.2e-9. */
  public static final float R0 = 0.12837917f;

  public static final float R1 = -0.37612626f;
  public static final float R2 = 0.112835854f;
  public static final float R3 = -0.026853811f;
  public static final float R4 = 0.0051883277f;
  public static final float R5 = -0.00080101925f;
  public static final float R6 = 7.853858e-5f;

  /**
   * {@code erfc(a) = exp(-a^2) t (C0 + C1 t + ...)} with {@code t = 1 / (1 + C_SCALE a)}, a not
   * negative, within 4e-8.
   */
  public static final float C_SCALE = 0.4f;

  public static final float C0 = 0.22567324f;
  public static final float C1 = 0.22590137f;
  public static final float C2 = 0.2044847f;
  public static final float C3 = 0.18810585f;
  public static final float C4 = 0.08223366f;
  public static final float C5 = 0.0962742f;
  public static final float C6 = 0.0683142f;
  public static final float C7 = -0.12947306f;
  public static final float C8 = 0.038485862f;

  /**
   * {@code log(1 + f) = f - f^2 / 2 + f^3 (L0 + L1 f + ...)} for 1 + f between the roots of 1/2 and
   * 2, within 6e-9.
   */
  public static final float L0 = 0.3333333f;

  public static final float L1 = -0.25000826f;
  public static final float L2 = 0.20001236f;
  public static final float L3 = -0.16623144f;
  public static final float L4 = 0.14201373f;
  public static final float L5 = -0.13162017f;
  public static final float L6 = 0.12765402f;
  public static final float L7 = -0.07634321f;

  public static final float SQRT_HALF = 0.70710678f;
  public static final float SQRT_2_OVER_PI = 0.7978846f;
  public static final float INV_SQRT_2_PI = 0.3989423f;
  public static final float GELU_CUBE = 0.044715f;

  private FloatMath() {}

  public static float exp(float v) {
    float x = v > EXP_MAX ? EXP_MAX : v < EXP_MIN ? EXP_MIN : v;
    float shifted = Math.fma(x, LOG2_E, ROUND);
    float n = shifted - ROUND;
    float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, x));
    float q = Math.fma(Math.fma(Math.fma(Math.fma(E4, r, E3), r, E2), r, E1), r, E0);
    float p = Math.fma(q * r, r, r) + 1f;
    // Two factors, because 2^n alone leaves the range of floats before the result does.
    int k = Float.floatToRawIntBits(shifted) - Float.floatToRawIntBits(ROUND);
    int half = k >> 1;
    return p
        * Float.intBitsToFloat((half + 127) << 23)
        * Float.intBitsToFloat((k - half + 127) << 23);
  }

  public static float log(float v) {
    if (!(v > 0f) || v == Float.POSITIVE_INFINITY) {
      return v == 0f ? Float.NEGATIVE_INFINITY : v < 0f ? Float.NaN : v;
    }
    boolean tiny = v < Float.MIN_NORMAL;
    int bits = Float.floatToRawIntBits(tiny ? v * 8388608f : v) - 0x3f3504f3;
    float e = (float) ((bits >> 23) - (tiny ? 23 : 0));
    float f = Float.intBitsToFloat((bits & 0x7fffff) + 0x3f3504f3) - 1f;
    float q = Math.fma(Math.fma(Math.fma(Math.fma(L7, f, L6), f, L5), f, L4), f, L3);
    q = Math.fma(Math.fma(Math.fma(q, f, L2), f, L1), f, L0);
    float z = f * f;
    float y = Math.fma(e, LN2_LOW, q * f * z);
    return Math.fma(e, LN2_HIGH, f + Math.fma(-0.5f, z, y));
  }

  public static float tanh(float x) {
    float a = Math.abs(x);
    if (a < T_SMALL) {
      float z = x * x;
      float q = Math.fma(Math.fma(Math.fma(Math.fma(T4, z, T3), z, T2), z, T1), z, T0);
      return Math.fma(q * z, x, x);
    }
    float y = 1f - 2f / (exp(a + a) + 1f);
    return x < 0f ? -y : y;
  }

  public static float erf(float x) {
    float a = Math.abs(x);
    if (a < 1f) {
      float z = x * x;
      float q = Math.fma(Math.fma(Math.fma(R6, z, R5), z, R4), z, R3);
      q = Math.fma(Math.fma(Math.fma(q, z, R2), z, R1), z, R0);
      return Math.fma(q, x, x);
    }
    float y = 1f - exp(-a * a) * erfcx(a);
    return x < 0f ? -y : y;
  }

  /** {@code exp(a^2) erfc(a)} for a not negative. */
  static float erfcx(float a) {
    float t = 1f / Math.fma(C_SCALE, a, 1f);
    float q = Math.fma(Math.fma(Math.fma(Math.fma(C8, t, C7), t, C6), t, C5), t, C4);
    return t * Math.fma(Math.fma(Math.fma(Math.fma(q, t, C3), t, C2), t, C1), t, C0);
  }

  /** {@code 1 / (1 + exp(-x))}. */
  public static float sigmoid(float x) {
    return 1f / (1f + exp(-x));
  }

  /** {@code x Phi(x)}, Phi the normal distribution (Hendrycks and Gimpel, 2016). */
  public static float gelu(float x) {
    float a = Math.abs(x) * SQRT_HALF;
    float tail = 0.5f * x * (exp(-a * a) * erfcx(a));
    return x < 0f ? tail : x - tail;
  }

  /** {@code Phi(x) + x phi(x)}. */
  public static float geluDerivative(float x) {
    float a = Math.abs(x) * SQRT_HALF;
    float e = exp(-a * a);
    float tail = 0.5f * (e * erfcx(a));
    return Math.fma(INV_SQRT_2_PI * x, e, x < 0f ? tail : 1f - tail);
  }

  /** {@code x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))}, written with the logistic function. */
  public static float geluTanh(float x) {
    float u = SQRT_2_OVER_PI * Math.fma(GELU_CUBE * x * x, x, x);
    return x / (1f + exp(-2f * u));
  }

  public static float geluTanhDerivative(float x) {
    float z = x * x;
    float u = SQRT_2_OVER_PI * Math.fma(GELU_CUBE * z, x, x);
    float s = 1f / (1f + exp(-2f * u));
    float du = 2f * SQRT_2_OVER_PI * Math.fma(3f * GELU_CUBE, z, 1f);
    // Far out x^2 overflows where s (1 - s) is 0.
    float slope = s * (1f - s);
    return slope == 0f ? s : Math.fma(x * slope, du, s);
  }
}
