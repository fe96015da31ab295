package io.med3dinsight.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.cases.ErrorFunction;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Accuracy of the elementary functions over the whole range of floats, and that the scalar and
 * vector paths agree to the bit.
 */
class VectorMathTest {
  private interface Function {
    void apply(VectorMath math, float[] x, float[] y);
  }

  private static final float[] SPECIAL = {
    0f,
    -0f,
    1f,
    -1f,
    Float.NaN,
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY,
    Float.MAX_VALUE,
    -Float.MAX_VALUE,
    Float.MIN_VALUE,
    -Float.MIN_VALUE,
    Float.MIN_NORMAL,
    88.72283f,
    88.72284f,
    -87.33655f,
    -103.97f,
    -103.98f,
    0.625f,
    0.62499994f,
    1.0000001f,
    0.99999994f
  };

  @TestFactory
  Stream<DynamicTest> accuracy() {
    return Stream.of(
        test("exp", 1.1, Math::exp, (m, x, y) -> m.exp(x, 0, y, 0, x.length)),
        test("log", 1.1, Math::log, (m, x, y) -> m.log(x, 0, y, 0, x.length)),
        test("tanh", 1.5, Math::tanh, (m, x, y) -> m.tanh(x, 0, y, 0, x.length)),
        test("erf", 1.5, ErrorFunction::erf, (m, x, y) -> m.erf(x, 0, y, 0, x.length)));
  }

  private static DynamicTest test(String name, double ulps, DoubleUnaryOperator exact, Function f) {
    return DynamicTest.dynamicTest(name, () -> check(name, ulps, exact, f));
  }

  private static void check(String name, double ulps, DoubleUnaryOperator exact, Function f) {
    float[] x = arguments();
    float[] scalar = new float[x.length];
    float[] simd = new float[x.length];
    f.apply(new ScalarMath(), x, scalar);
    f.apply(Kernels.simd().math(), x, simd);
    double worst = 0;
    float at = 0;
    for (int i = 0; i < x.length; i++) {
      int k = i;
      assertEquals(scalar[i], simd[i], () -> name + "(" + x[k] + "), scalar and vector");
      double error = ulpError(exact.applyAsDouble(x[i]), scalar[i]);
      if (error > worst) {
        worst = error;
        at = x[i];
      }
    }
    String found = name + ": " + worst + " ulp at " + at;
    assertTrue(worst <= ulps, found);
    assertTrue(worst > 0.4, "no rounding error at all is not believable: " + found);
  }

  private static double ulpError(double exact, float got) {
    if (Double.isNaN(exact) || Double.isNaN(got)) {
      return Double.isNaN(exact) && Double.isNaN(got) ? 0 : Double.POSITIVE_INFINITY;
    }
    if ((float) exact == got) {
      return Double.isInfinite(exact) || got == 0
          ? 0
          : Math.abs(got - exact) / Math.ulp((float) exact);
    }
    return Math.abs(got - exact)
        / Math.ulp(Double.isInfinite((float) exact) ? Float.MAX_VALUE : (float) exact);
  }

  /** Special values, and floats spread evenly over all bit patterns and over [-110, 110]. */
  private static float[] arguments() {
    int dense = 200_000;
    float[] x = new float[SPECIAL.length + 2 * dense];
    System.arraycopy(SPECIAL, 0, x, 0, SPECIAL.length);
    for (int i = 0; i < dense; i++) {
      x[SPECIAL.length + i] = Float.intBitsToFloat((int) (i * 21473L * 2 + i % 7));
      x[SPECIAL.length + dense + i] = -110f + 220f * i / dense;
    }
    return x;
  }
}
