package io.med3dinsight.dicom.codec;

/**
 * One level of the inverse wavelet transforms, 5/3 in whole numbers and 9/7.
 *
 * <p>Source: ITU-T T.800, annex F.
 */
final class Wavelet {
  private static final double ALPHA = -1.586134342059924;
  private static final double BETA = -0.052980118572961;
  private static final double GAMMA = 0.882911075530934;
  private static final double DELTA = 0.443506852043971;
  private static final double K = 1.230174104914001;

  /** Samples by which a line is continued on each side, as its mirror image. */
  private static final int BORDER = 4;

  private Wavelet() {}

  /** Transforms lines of a region whose coordinates begin at (x0, y0), in place. */
  static void inverse(
      double[] data, int stride, int x0, int y0, int width, int height, boolean reversible) {
    double[] line = new double[Math.max(width, height) + 2 * BORDER + 1];
    for (int y = 0; y < height; y++) {
      line(data, y * stride, 1, width, x0 & 1, line, reversible);
    }
    for (int x = 0; x < width; x++) {
      line(data, x, stride, height, y0 & 1, line, reversible);
    }
  }

  /** Samples are interleaved already; odd says that the first is a high-pass one. */
  private static void line(
      double[] data, int from, int step, int n, int odd, double[] line, boolean reversible) {
    if (n == 1) {
      if (odd == 1) {
        data[from] = reversible ? Math.floor(data[from] / 2) : data[from] / 2;
      }
      return;
    }
    // Even positions of the line are low-pass.
    int first = BORDER + odd;
    for (int i = 0; i < n; i++) {
      line[first + i] = data[from + i * step];
    }
    extend(line, first, n);
    if (reversible) {
      reversible(line, first, n);
    } else {
      irreversible(line, first, n);
    }
    for (int i = 0; i < n; i++) {
      data[from + i * step] = line[first + i];
    }
  }

  private static void extend(double[] line, int first, int n) {
    int last = first + n - 1;
    int period = 2 * (n - 1);
    for (int i = 1; first - i >= 0; i++) {
      int back = i % period;
      line[first - i] = line[first + (back < n ? back : period - back)];
    }
    for (int i = 1; i <= BORDER && last + i < line.length; i++) {
      int back = i % period;
      line[last + i] = line[last - (back < n ? back : period - back)];
    }
  }

  private static void reversible(double[] s, int first, int n) {
    int end = first + n;
    for (int i = first & ~1; i <= end; i += 2) {
      s[i] -= Math.floor((s[i - 1] + s[i + 1] + 2) / 4);
    }
    for (int i = first | 1; i < end; i += 2) {
      s[i] += Math.floor((s[i - 1] + s[i + 1]) / 2);
    }
  }

  private static void irreversible(double[] s, int first, int n) {
    int end = first + n;
    int even = first & ~1;
    for (int i = even - 2; i <= end + 2; i += 2) {
      s[i] *= K;
    }
    for (int i = even - 3; i <= end + 3; i += 2) {
      s[i] /= K;
    }
    lift(s, even - 2, end + 2, DELTA);
    lift(s, even - 1, end + 1, GAMMA);
    lift(s, even, end, BETA);
    lift(s, even + 1, end - 1, ALPHA);
  }

  private static void lift(double[] s, int from, int to, double factor) {
    for (int i = from; i <= to; i += 2) {
      s[i] -= factor * (s[i - 1] + s[i + 1]);
    }
  }
}
