package io.med3dinsight.engine.cpu;

import io.med3dinsight.engine.tensor.Tensor;
import java.util.Arrays;

/** Layer normalisation of rows. */
public final class LayerNormRows {
  private static final int GRAIN = 1 << 15;
  private static final int MAX_PARTS = 64;

  private LayerNormRows() {}

  /** {@code y = gamma (x - mean) / sqrt(var + epsilon) + beta} along the last axis. */
  public static void forward(
      CpuBackend cpu, Tensor x, Tensor gamma, Tensor beta, float epsilon, Tensor y) {
    VectorMath math = cpu.kernels().math();
    float[] fx = x.hostFloats();
    float[] fy = y.hostFloats();
    float[] fg = gamma.hostFloats();
    float[] fb = beta.hostFloats();
    int n = x.dim(-1);
    int go = gamma.hostOffset();
    int bo = beta.hostOffset();
    cpu.parallel()
        .range(
            x.size() / Math.max(1, n),
            GRAIN / Math.max(1, n),
            (s, e) -> {
              for (int r = s; r < e; r++) {
                int xo = x.hostOffset() + r * n;
                float mean = math.sum(fx, xo, n) / n;
                float scale = inverseStd(math, fx, xo, mean, n, epsilon);
                math.normalize(fx, xo, mean, scale, fg, go, fb, bo, fy, y.hostOffset() + r * n, n);
              }
            });
  }

  private static float inverseStd(
      VectorMath math, float[] x, int xo, float mean, int n, float epsilon) {
    return (float) (1 / Math.sqrt(math.squares(x, xo, mean, n) / n + epsilon));
  }

  /**
   * Gradients of {@link #forward}; those of gamma and beta are summed over chunks of rows, then
   * over chunks in their order.
   */
  public static void backward(
      CpuBackend cpu,
      Tensor x,
      Tensor gamma,
      Tensor g,
      float epsilon,
      Tensor dx,
      Tensor dgamma,
      Tensor dbeta) {
    int n = x.dim(-1);
    int rows = x.size() / Math.max(1, n);
    int chunk = Math.max(Math.max(1, GRAIN / Math.max(1, n)), (rows + MAX_PARTS - 1) / MAX_PARTS);
    int parts = (rows + chunk - 1) / chunk;
    try (Scratch s = cpu.scratch(parts * 2 * n)) {
      float[] p = s.floats();
      cpu.parallel()
          .range(
              rows,
              chunk,
              (from, to) -> {
                int at = s.base() + from / chunk * 2 * n;
                Arrays.fill(p, at, at + 2 * n, 0f);
                chunk(cpu.kernels().math(), x, gamma, g, epsilon, dx, p, at, from, to);
              });
      sum(p, s.base(), parts, 2 * n, dgamma, n);
      sum(p, s.base() + n, parts, 2 * n, dbeta, n);
    }
  }

  private static void chunk(
      VectorMath math,
      Tensor x,
      Tensor gamma,
      Tensor g,
      float epsilon,
      Tensor dx,
      float[] p,
      int at,
      int from,
      int to) {
    int n = x.dim(-1);
    float[] fx = x.hostFloats();
    float[] fgamma = gamma.hostFloats();
    float[] fg = g.hostFloats();
    float[] fd = dx.hostFloats();
    for (int r = from; r < to; r++) {
      int xo = x.hostOffset() + r * n;
      float mean = math.sum(fx, xo, n) / n;
      float scale = inverseStd(math, fx, xo, mean, n, epsilon);
      math.normalizeGradient(
          fx,
          xo,
          mean,
          scale,
          fgamma,
          gamma.hostOffset(),
          fg,
          g.hostOffset() + r * n,
          fd,
          dx.hostOffset() + r * n,
          p,
          at,
          p,
          at + n,
          n);
    }
  }

  private static void sum(float[] parts, int from, int count, int stride, Tensor y, int n) {
    float[] f = y.hostFloats();
    int yo = y.hostOffset();
    Arrays.fill(f, yo, yo + n, 0f);
    for (int q = 0; q < count; q++) {
      for (int i = 0; i < n; i++) {
        f[yo + i] += parts[from + q * stride + i];
      }
    }
  }
}
