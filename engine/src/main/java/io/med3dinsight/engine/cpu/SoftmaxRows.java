package io.med3dinsight.engine.cpu;

import io.med3dinsight.engine.tensor.Tensor;

/** Softmax along the last axis and its relatives. */
public final class SoftmaxRows {
  private static final int GRAIN = 1 << 15;

  /** Shorter rows are exponentiated many at a time. */
  private static final int NARROW = 32;

  private static final int BLOCK = 1 << 11;

  private SoftmaxRows() {}

  /** Softmax of {@code x}, or its logarithm. */
  public static void softmax(CpuBackend cpu, Tensor x, Tensor y, boolean log) {
    VectorMath math = cpu.kernels().math();
    float[] fx = x.hostFloats();
    float[] fy = y.hostFloats();
    int n = x.dim(-1);
    int xo = x.hostOffset();
    int yo = y.hostOffset();
    if (x.size() == 0) {
      return;
    }
    int rows = x.size() / n;
    if (n >= NARROW) {
      cpu.parallel()
          .range(
              rows,
              GRAIN / n,
              (s, e) -> {
                for (int r = s; r < e; r++) {
                  row(math, fx, xo + r * n, fy, yo + r * n, n, log);
                }
              });
    } else {
      int block = BLOCK / n;
      cpu.parallel()
          .range(
              rows,
              block * 16,
              (s, e) -> {
                for (int r = s; r < e; r += block) {
                  narrow(math, fx, xo + r * n, fy, yo + r * n, Math.min(block, e - r), n, log);
                }
              });
    }
  }

  private static void row(
      VectorMath math, float[] x, int xo, float[] y, int yo, int n, boolean log) {
    float max = math.max(x, xo, n);
    float sum = math.expSum(x, xo, max, y, yo, n);
    if (log) {
      math.affine(x, xo, 1f, -(max + FloatMath.log(sum)), y, yo, n);
    } else {
      math.affine(y, yo, 1f / sum, 0f, y, yo, n);
    }
  }

  private static void narrow(
      VectorMath math, float[] x, int xo, float[] y, int yo, int rows, int n, boolean log) {
    for (int r = 0; r < rows; r++) {
      int o = xo + r * n;
      float max = x[o];
      for (int i = 1; i < n; i++) {
        max = Math.max(max, x[o + i]);
      }
      for (int i = 0; i < n; i++) {
        y[yo + r * n + i] = x[o + i] - max;
      }
    }
    math.exp(y, yo, y, yo, rows * n);
    for (int r = 0; r < rows; r++) {
      int o = yo + r * n;
      float sum = 0;
      for (int i = 0; i < n; i++) {
        sum += y[o + i];
      }
      if (log) {
        logRow(x, xo + r * n, y, o, n, sum);
      } else {
        float scale = 1f / sum;
        for (int i = 0; i < n; i++) {
          y[o + i] *= scale;
        }
      }
    }
  }

  private static void logRow(float[] x, int xo, float[] y, int yo, int n, float sum) {
    float max = x[xo];
    for (int i = 1; i < n; i++) {
      max = Math.max(max, x[xo + i]);
    }
    float shift = max + FloatMath.log(sum);
    for (int i = 0; i < n; i++) {
      y[yo + i] = x[xo + i] - shift;
    }
  }

  /** {@code dx = y (g - sum(g y))}. */
  public static void softmaxGradient(CpuBackend cpu, Tensor y, Tensor g, Tensor dx) {
    VectorMath math = cpu.kernels().math();
    float[] fy = y.hostFloats();
    float[] fg = g.hostFloats();
    float[] fd = dx.hostFloats();
    int n = y.dim(-1);
    cpu.parallel()
        .range(
            y.size() / Math.max(1, n),
            GRAIN / Math.max(1, n),
            (s, e) -> {
              for (int r = s; r < e; r++) {
                int yo = y.hostOffset() + r * n;
                int go = g.hostOffset() + r * n;
                float sum = math.dot(fy, yo, fg, go, n);
                math.softmaxGradient(fy, yo, fg, go, sum, fd, dx.hostOffset() + r * n, n);
              }
            });
  }

  /** {@code dx = g - exp(y) sum(g)}. */
  public static void logSoftmaxGradient(CpuBackend cpu, Tensor y, Tensor g, Tensor dx) {
    VectorMath math = cpu.kernels().math();
    float[] fy = y.hostFloats();
    float[] fg = g.hostFloats();
    float[] fd = dx.hostFloats();
    int n = y.dim(-1);
    cpu.parallel()
        .range(
            y.size() / Math.max(1, n),
            GRAIN / Math.max(1, n),
            (s, e) -> {
              math.exp(fy, y.hostOffset() + s * n, fd, dx.hostOffset() + s * n, (e - s) * n);
              for (int r = s; r < e; r++) {
                int go = g.hostOffset() + r * n;
                int to = dx.hostOffset() + r * n;
                float sum = math.sum(fg, go, n);
                for (int i = 0; i < n; i++) {
                  fd[to + i] = Math.fma(-sum, fd[to + i], fg[go + i]);
                }
              }
            });
  }
}
