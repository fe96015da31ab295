package io.med3dinsight.engine.cases;

/** The error function in double precision. */
public final class ErrorFunction {
  private ErrorFunction() {}

  /**
   * {@code erf(x)} by its Taylor series near zero and by the continued fraction of erfc (Laplace)
   * further out.
   */
  public static double erf(double x) {
    double a = Math.abs(x);
    if (Double.isNaN(x)) {
      return x;
    }
    if (a > 6) {
      return Math.signum(x);
    }
    if (a < 2.5) {
      double term = x;
      double sum = x;
      for (int n = 1; n < 60; n++) {
        term *= -x * x / n;
        sum += term / (2 * n + 1);
      }
      return sum * 2 / Math.sqrt(Math.PI);
    }
    double f = 0;
    for (int n = 80; n > 0; n--) {
      f = n / 2.0 / (a + f);
    }
    return Math.signum(x) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * (a + f)));
  }
}
