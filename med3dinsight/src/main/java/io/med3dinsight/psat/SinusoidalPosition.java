package io.med3dinsight.psat;

/**
 * Sinusoidal embeddings of positions between 0 and 1 (Vaswani et al. 2017, arXiv 1706.03762,
 * section 3.5, with the position scaled): {@code sin(p s w_k), cos(p s w_k)} with {@code w_k =
 * 10000^(-k/K)} for k = 0 ... K-1. Positions are relative, so that volumes of any size share one
 * encoding.
 */
final class SinusoidalPosition {
  /** Positions 0 to 1 are spread as if there were this many steps. */
  private static final double STEPS = 100;

  private SinusoidalPosition() {}

  /** Writes {@code 2 * pairs} numbers from {@code at}: the sines, then the cosines. */
  static void write(double position, int pairs, float[] out, int at) {
    for (int k = 0; k < pairs; k++) {
      double angle = position * STEPS * StrictMath.pow(10000, -(double) k / pairs);
      out[at + k] = (float) StrictMath.sin(angle);
      out[at + pairs + k] = (float) StrictMath.cos(angle);
    }
  }

  /**
   * Embeddings of the tokens of a grid, [D*H*W, width]: a third of the width for each axis, the
   * rest 0.
   */
  static float[] grid(int d, int h, int w, int width) {
    int pairs = width / 6;
    float[] out = new float[d * h * w * width];
    for (int z = 0; z < d; z++) {
      for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
          int at = ((z * h + y) * w + x) * width;
          write(relative(z, d), pairs, out, at);
          write(relative(y, h), pairs, out, at + 2 * pairs);
          write(relative(x, w), pairs, out, at + 4 * pairs);
        }
      }
    }
    return out;
  }

  private static double relative(int i, int n) {
    return n > 1 ? i / (n - 1.0) : 0.5;
  }
}
