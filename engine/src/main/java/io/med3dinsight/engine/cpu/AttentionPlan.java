package io.med3dinsight.engine.cpu;

import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;

/**
 * Sizes of an attention and where the parts of its operands are: one head of one batch entry is
 * called a head here.
 */
final class AttentionPlan {
  /** Scores of a block of queries stay in the second-level cache. */
  private static final int BLOCK = 1 << 16;

  private static final int MAX_ROWS = 128;
  private static final int MIN_ROWS = 16;
  private static final int ENOUGH_TASKS = 16;

  /** Multiplications that are worth a task. */
  private static final long TASK = 1 << 20;

  final float scale;
  final int heads;
  final int t;
  final int s;
  final int d;
  final int dv;

  /** Queries per block. */
  final int rows;

  /** Queries per task, a multiple of {@link #rows}. */
  final int chunk;

  /** Heads per task; more than one only where a task takes all queries. */
  final int group;

  final Tensor q;
  final Tensor k;
  final Tensor v;
  final Tensor bias;
  final Tensor mask;
  private final int[] biasAt;
  private final int[] maskAt;

  AttentionPlan(Tensor[] in, boolean bias, boolean mask, float scale) {
    this.scale = scale;
    q = in[0];
    k = in[1];
    v = in[2];
    this.bias = bias ? in[3] : null;
    this.mask = mask ? in[bias ? 4 : 3] : null;
    heads = q.shape().product(0, q.rank() - 2);
    t = q.dim(-2);
    d = q.dim(-1);
    s = k.dim(-2);
    dv = v.dim(-1);
    rows = Math.max(MIN_ROWS, Math.min(MAX_ROWS, BLOCK / Math.max(1, s) / MIN_ROWS * MIN_ROWS));
    int blocks = Math.max(1, (t + rows - 1) / rows);
    int parts = heads >= ENOUGH_TASKS ? 1 : Math.min(blocks, ENOUGH_TASKS / Math.max(1, heads));
    chunk = (blocks + parts - 1) / parts * rows;
    long each = Math.max(1, (long) t * s * (d + dv));
    group = chunk < t ? 1 : (int) Math.max(1, Math.min(TASK / each, heads));
    biasAt = this.bias == null ? null : offsets(this.bias);
    maskAt = this.mask == null ? null : offsets(this.mask);
  }

  /** Where the matrix of {@code x} that a head uses starts, for each head. */
  private int[] offsets(Tensor x) {
    int[] at = new int[heads];
    Shape leading = q.shape();
    for (int h = 0; h < heads; h++) {
      int rest = h;
      int stride = x.dim(-2) * x.dim(-1);
      at[h] = x.hostOffset();
      for (int axis = -3; axis >= -leading.rank(); axis--) {
        int index = rest % leading.dim(axis);
        rest /= leading.dim(axis);
        if (axis >= -x.rank() && x.dim(axis) != 1) {
          at[h] += index * stride;
          stride *= x.dim(axis);
        }
      }
    }
    return at;
  }

  int biasAt(int head, int row) {
    return biasAt[head] + (bias.dim(-2) == 1 ? 0 : row * s);
  }

  /** Shape of all scores. */
  Shape scoresShape() {
    return q.shape().with(-1, s);
  }

  int queryChunks() {
    return (t + chunk - 1) / chunk;
  }

  /** Runs {@code body} for all heads and chunks of queries. */
  void forEach(CpuBackend cpu, Body body) {
    int chunks = queryChunks();
    int groups = (heads + group - 1) / group;
    cpu.parallel()
        .run(
            groups * chunks,
            i -> {
              int from = i / chunks * group;
              body.run(
                  from,
                  Math.min(heads, from + group),
                  i % chunks * chunk,
                  Math.min(t, (i % chunks + 1) * chunk));
            });
  }

  /** Heads h0 to h1, queries r0 to r1. */
  @FunctionalInterface
  interface Body {
    void run(int h0, int h1, int r0, int r1);
  }

  Gemm.Matrix queries(int head) {
    return Gemm.Matrix.of(q.hostFloats(), q.hostOffset() + head * t * d, d);
  }

  Gemm.Matrix keys(int head) {
    return Gemm.Matrix.of(k.hostFloats(), k.hostOffset() + head * s * d, d);
  }

  Gemm.Matrix values(int head) {
    return Gemm.Matrix.of(v.hostFloats(), v.hostOffset() + head * s * dv, dv);
  }

  /**
   * {@code x[n,S] = scale q k^T + bias}, minus infinity where masked, for n queries from row r on.
   */
  void scores(
      VectorMath math, GemmWork gemm, int head, int r, int n, PackedB keys, float[] x, int xo) {
    gemm.multiply(n, d, queries(head).rows(r), keys, Gemm.Matrix.of(x, xo, s), false);
    for (int i = 0; i < n; i++) {
      int row = xo + i * s;
      math.affine(x, row, scale, 0f, x, row, s);
      if (bias != null) {
        math.axpy(1f, bias.hostFloats(), biasAt(head, r + i), x, row, s);
      }
      if (mask != null) {
        hide(head, r + i, x, row);
      }
    }
  }

  private void hide(int head, int row, float[] x, int xo) {
    int[] m = mask.hostInts();
    int mo = maskAt[head] + (mask.dim(-2) == 1 ? 0 : row * s);
    for (int j = 0; j < s; j++) {
      if (m[mo + j] == 0) {
        x[xo + j] = Float.NEGATIVE_INFINITY;
      }
    }
  }
}
