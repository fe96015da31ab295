package io.med3dinsight.engine.cpu;

import io.med3dinsight.engine.tensor.Tensor;
import java.util.Arrays;

/**
 * Attention, a block of queries at a time: scores, softmax and weighted sum while the scores are in
 * cache.
 */
public final class AttentionForward {
  private final AttentionPlan p;
  private final VectorMath math;
  private final GemmKernel kernel;
  private final Tensor y;
  private final Tensor logSum;

  private AttentionForward(CpuBackend cpu, AttentionPlan plan, Tensor y, Tensor logSum) {
    this.p = plan;
    this.math = cpu.kernels().math();
    this.kernel = cpu.kernels().gemm();
    this.y = y;
    this.logSum = logSum;
  }

  /** {@code y = softmax(scale q k^T + bias) v} and the logarithm of each query's sum. */
  public static void run(
      CpuBackend cpu,
      Tensor[] in,
      boolean bias,
      boolean mask,
      float scale,
      Tensor y,
      Tensor logSum) {
    AttentionPlan plan = new AttentionPlan(in, bias, mask, scale);
    AttentionForward f = new AttentionForward(cpu, plan, y, logSum);
    plan.forEach(cpu, (h0, h1, r0, r1) -> f.task(cpu, h0, h1, r0, r1));
  }

  private void task(CpuBackend cpu, int h0, int h1, int r0, int r1) {
    int rows = Math.min(p.rows, r1 - r0);
    int sizeK = PackedB.size(kernel, p.s, p.d);
    int sizeV = PackedB.size(kernel, p.dv, p.s);
    try (Scratch work = cpu.scratch(sizeK + sizeV + rows * (p.s + 1) + GemmWork.size(rows, 0))) {
      float[] w = work.floats();
      int keysAt = work.base();
      int valuesAt = keysAt + sizeK;
      int scores = valuesAt + sizeV;
      int sums = scores + rows * p.s;
      GemmWork gemm = new GemmWork(kernel, rows, w, sums + rows);
      for (int h = h0; h < h1; h++) {
        PackedB keys = PackedB.of(kernel, r1 - r0, p.s, p.d, p.keys(h).transpose(), w, keysAt);
        keys.pack(0, p.s);
        PackedB values = PackedB.of(kernel, r1 - r0, p.dv, p.s, p.values(h), w, valuesAt);
        values.pack(0, p.dv);
        for (int r = r0; r < r1; r += rows) {
          int n = Math.min(rows, r1 - r);
          p.scores(math, gemm, h, r, n, keys, w, scores);
          softmax(h, r, n, w, scores, sums);
          Gemm.Matrix out =
              Gemm.Matrix.of(y.hostFloats(), y.hostOffset() + (h * p.t + r) * p.dv, p.dv);
          gemm.multiply(n, p.s, Gemm.Matrix.of(w, scores, p.s), values, out, false);
          for (int i = 0; i < n; i++) {
            int o = out.at(i, 0);
            math.affine(out.data(), o, w[sums + i], 0f, out.data(), o, p.dv);
          }
        }
      }
    }
  }

  /**
   * Exponentials of the scores, the inverse of their sum, and its logarithm; infinity stands for a
   * query that sees nothing.
   */
  private void softmax(int head, int r, int n, float[] x, int xo, int sums) {
    float[] log = logSum.hostFloats();
    int lo = logSum.hostOffset() + head * p.t + r;
    for (int i = 0; i < n; i++) {
      int row = xo + i * p.s;
      float max = math.max(x, row, p.s);
      if (max == Float.NEGATIVE_INFINITY) {
        Arrays.fill(x, row, row + p.s, 0f);
        x[sums + i] = 0f;
        log[lo + i] = Float.POSITIVE_INFINITY;
      } else {
        float sum = math.expSum(x, row, max, x, row, p.s);
        x[sums + i] = 1f / sum;
        log[lo + i] = max + FloatMath.log(sum);
      }
    }
  }
}
