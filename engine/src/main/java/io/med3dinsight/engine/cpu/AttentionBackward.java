package io.med3dinsight.engine.cpu;

import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;
import java.util.Arrays;

/**
 * Gradient of attention. Scores are computed anew, a block of queries at a time, as in
 * FlashAttention (Dao et al., 2022, algorithm 4). With P the weights, G the incoming gradient and
 * D_i = y_i . g_i: dv = P^T G, dS = P (G v^T - D), dq = scale dS k, dk = scale dS^T q, and the
 * bias' gradient is dS, summed over the heads and queries that share it.
 */
public final class AttentionBackward {
  /** Heads are cut into this many parts to sum a bias' gradient. */
  private static final int BIAS_PARTS = 16;

  private final CpuBackend cpu;
  private final AttentionPlan p;
  private final VectorMath math;
  private final GemmKernel kernel;
  private final Tensor y;
  private final Tensor logSum;
  private final Tensor g;
  private final Tensor dq;

  private AttentionBackward(CpuBackend cpu, AttentionPlan plan, Tensor[] in, Tensor dq) {
    this.cpu = cpu;
    this.p = plan;
    this.math = cpu.kernels().math();
    this.kernel = cpu.kernels().gemm();
    this.y = in[in.length - 3];
    this.logSum = in[in.length - 2];
    this.g = in[in.length - 1];
    this.dq = dq;
  }

  /**
   * Gradients of q, k, v and, with a fourth output, of the bias.
   *
   * @param in q, k, v, then bias and mask if there are any, then both outputs of the forward pass
   *     and the incoming gradient
   */
  public static void run(
      CpuBackend cpu, Tensor[] in, boolean bias, boolean mask, float scale, Tensor[] out) {
    AttentionPlan plan = new AttentionPlan(in, bias, mask, scale);
    AttentionBackward b = new AttentionBackward(cpu, plan, in, out[0]);
    if (out.length < 4) {
      b.all(out[1], out[2], null);
    } else {
      b.withBias(out[1], out[2], out[3]);
    }
  }

  /**
   * Where the scores' gradient goes, from {@code at} on.
   *
   * @param shared whether it is added up in the layout of the bias, rather than stored for each
   *     head and query
   */
  private record Scores(float[] to, int at, boolean shared) {}

  private void all(Tensor dk, Tensor dv, Tensor scores) {
    int chunks = p.queryChunks();
    Scores target =
        scores == null ? null : new Scores(scores.hostFloats(), scores.hostOffset(), false);
    if (chunks <= 1) {
      zero(dk);
      zero(dv);
      float[] fk = dk.hostFloats();
      float[] fv = dv.hostFloats();
      p.forEach(
          cpu,
          (h0, h1, r0, r1) ->
              task(h0, h1, r0, r1, fk, dk.hostOffset(), fv, dv.hostOffset(), target));
      return;
    }
    int sizeK = dk.size();
    int sizeV = dv.size();
    try (Scratch parts = cpu.scratch(chunks * (sizeK + sizeV))) {
      float[] f = parts.floats();
      int base = parts.base();
      p.forEach(
          cpu,
          (h0, h1, r0, r1) -> {
            int at = base + r0 / p.chunk * (sizeK + sizeV);
            Arrays.fill(f, at + h0 * p.s * p.d, at + h1 * p.s * p.d, 0f);
            Arrays.fill(f, at + sizeK + h0 * p.s * p.dv, at + sizeK + h1 * p.s * p.dv, 0f);
            task(h0, h1, r0, r1, f, at, f, at + sizeK, target);
          });
      sum(f, base, chunks, sizeK + sizeV, dk);
      sum(f, base + sizeK, chunks, sizeK + sizeV, dv);
    }
  }

  private void withBias(Tensor dk, Tensor dv, Tensor dbias) {
    long full = (long) p.heads * p.t * p.s;
    int size = dbias.size();
    if (full < (long) BIAS_PARTS * size) {
      // Few share the bias: keep all gradients of scores and sum them afterwards.
      Tensor ds = Tensor.empty(dbias.device(), TensorType.f32(p.scoresShape()));
      all(dk, dv, ds);
      Reduce.sum(cpu, ds, dbias.shape(), dbias);
      ds.free();
      return;
    }
    int part = (p.heads + BIAS_PARTS - 1) / BIAS_PARTS;
    int parts = (p.heads + part - 1) / part;
    zero(dk);
    zero(dv);
    try (Scratch sums = cpu.scratch(parts * size)) {
      float[] f = sums.floats();
      cpu.parallel()
          .range(
              p.heads,
              part,
              (h0, h1) -> {
                int at = sums.base() + h0 / part * size;
                Arrays.fill(f, at, at + size, 0f);
                task(
                    h0,
                    h1,
                    0,
                    p.t,
                    dk.hostFloats(),
                    dk.hostOffset(),
                    dv.hostFloats(),
                    dv.hostOffset(),
                    new Scores(f, at - p.bias.hostOffset(), true));
              });
      sum(f, sums.base(), parts, size, dbias);
    }
  }

  private static void zero(Tensor x) {
    Arrays.fill(x.hostFloats(), x.hostOffset(), x.hostOffset() + x.size(), 0f);
  }

  private void sum(float[] parts, int at, int count, int stride, Tensor to) {
    float[] f = to.hostFloats();
    cpu.parallel()
        .range(
            to.size(),
            1 << 14,
            (s, e) -> {
              System.arraycopy(parts, at + s, f, to.hostOffset() + s, e - s);
              for (int i = 1; i < count; i++) {
                math.axpy(1f, parts, at + i * stride + s, f, to.hostOffset() + s, e - s);
              }
            });
  }

  private void task(
      int h0, int h1, int r0, int r1, float[] dk, int dko, float[] dv, int dvo, Scores target) {
    int rows = Math.min(p.rows, r1 - r0);
    int sizeK = PackedB.size(kernel, p.s, p.d);
    int sizeV = PackedB.size(kernel, p.s, p.dv);
    int right =
        Math.max(
            PackedB.size(kernel, p.d, p.s),
            Math.max(PackedB.size(kernel, p.d, rows), PackedB.size(kernel, p.dv, rows)));
    int left = Math.max(rows, p.s);
    try (Scratch work = cpu.scratch(sizeK + sizeV + 2 * rows * p.s + GemmWork.size(left, right))) {
      float[] w = work.floats();
      int keysAt = work.base();
      int valuesAt = keysAt + sizeK;
      int weights = valuesAt + sizeV;
      int ds = weights + rows * p.s;
      GemmWork gemm = new GemmWork(kernel, left, w, ds + rows * p.s);
      for (int h = h0; h < h1; h++) {
        PackedB keys = PackedB.of(kernel, r1 - r0, p.s, p.d, p.keys(h).transpose(), w, keysAt);
        keys.pack(0, p.s);
        PackedB values =
            PackedB.of(kernel, r1 - r0, p.s, p.dv, p.values(h).transpose(), w, valuesAt);
        values.pack(0, p.s);
        Gemm.Matrix outK = Gemm.Matrix.of(dk, dko + h * p.s * p.d, p.d);
        Gemm.Matrix outV = Gemm.Matrix.of(dv, dvo + h * p.s * p.dv, p.dv);
        for (int r = r0; r < r1; r += rows) {
          int n = Math.min(rows, r1 - r);
          p.scores(math, gemm, h, r, n, keys, w, weights);
          gemm.multiply(n, p.dv, gradient(h).rows(r), values, Gemm.Matrix.of(w, ds, p.s), false);
          rows(h, r, n, w, weights, ds, target);
          products(
              gemm,
              h,
              r,
              n,
              Gemm.Matrix.of(w, weights, p.s),
              Gemm.Matrix.of(w, ds, p.s),
              outK,
              outV);
        }
      }
    }
  }

  private Gemm.Matrix gradient(int head) {
    return Gemm.Matrix.of(g.hostFloats(), g.hostOffset() + head * p.t * p.dv, p.dv);
  }

  /**
   * From scores to weights, and from the weights' gradient to that of the scores, times the scale.
   */
  private void rows(int h, int r, int n, float[] w, int weights, int ds, Scores target) {
    float[] log = logSum.hostFloats();
    for (int i = 0; i < n; i++) {
      int row = h * p.t + r + i;
      int a = weights + i * p.s;
      int b = ds + i * p.s;
      math.expSum(w, a, log[logSum.hostOffset() + row], w, a, p.s);
      float dot =
          math.dot(
              y.hostFloats(),
              y.hostOffset() + row * p.dv,
              g.hostFloats(),
              g.hostOffset() + row * p.dv,
              p.dv);
      math.softmaxGradient(w, a, w, b, dot, w, b, p.s);
      if (target != null && target.shared) {
        math.axpy(1f, w, b, target.to, target.at + p.biasAt(h, r + i), p.s);
      } else if (target != null) {
        System.arraycopy(w, b, target.to, target.at + row * p.s, p.s);
      }
      math.affine(w, b, p.scale, 0f, w, b, p.s);
    }
  }

  private void products(
      GemmWork gemm,
      int h,
      int r,
      int n,
      Gemm.Matrix weights,
      Gemm.Matrix ds,
      Gemm.Matrix outK,
      Gemm.Matrix outV) {
    Gemm.Matrix outQ = Gemm.Matrix.of(dq.hostFloats(), dq.hostOffset() + (h * p.t + r) * p.d, p.d);
    gemm.multiply(n, p.d, p.s, ds, p.keys(h), outQ, false);
    gemm.multiply(p.s, p.d, n, ds.transpose(), p.queries(h).rows(r), outK, true);
    gemm.multiply(p.s, p.dv, n, weights.transpose(), gradient(h).rows(r), outV, true);
  }
}
