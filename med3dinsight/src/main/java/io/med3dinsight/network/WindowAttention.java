package io.med3dinsight.network;

import io.med3dinsight.engine.function.Indexing;
import io.med3dinsight.engine.op.Attention;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.layer.Linear;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Multi-head attention within windows with a learned bias for each relative position of query and
 * key (Liu et al. 2021, arXiv 2103.14030, equation 4): {@code softmax(q k^T / sqrt(d) + bias) v}.
 * Grids are [N,D,H,W,C] as {@link Windows#enter} makes them.
 */
final class WindowAttention extends Module {
  /** How relative positions are numbered. */
  enum Positions {
    /** Row-major, as Liu et al. do. */
    ROW_MAJOR,
    /**
     * As nnFormer's code does: depth counts 3 h - 1 and height 2 h - 1 for windows of height h, so
     * that different positions share a bias. Its weights were trained so.
     */
    NNFORMER
  }

  /**
   * Shape of the attention.
   *
   * @param width C
   * @param heads A
   * @param window the largest window, for whose relative positions there are biases
   * @param skip whether queries come from elsewhere, without a projection (nnFormer's skip
   *     attention)
   */
  record Spec(int width, int heads, int[] window, Positions positions, boolean skip) {}

  private final Spec spec;
  private final Tensor table;
  private final int[] index;
  private final Tensor indexTensor;

  /** The index for windows of fewer tokens, kept on the device for steps that are recorded. */
  private final Map<Integer, Tensor> parts = new ConcurrentHashMap<>();

  private final Scope kept = Scope.detached();
  private final PackedLinear projections;
  private final Linear output;

  WindowAttention(Setup setup, Spec spec) {
    super(setup);
    if (spec.heads < 1 || spec.width % spec.heads != 0) {
      throw new IllegalArgumentException(
          "Attention: width " + spec.width + " cannot be divided into " + spec.heads + " heads.");
    }
    this.spec = spec;
    int[] w = spec.window;
    int rows = (2 * w[0] - 1) * (2 * w[1] - 1) * (2 * w[2] - 1);
    table = parameter("relative_position_bias_table", Published.POSITIONS, rows, spec.heads);
    index = index(w, spec.positions);
    int t = w[0] * w[1] * w[2];
    indexTensor = constant("relative_position_index", index, t, t);
    int parts = spec.skip ? 2 : 3;
    projections =
        register(
            spec.skip ? "kv" : "qkv", new PackedLinear(setup, spec.width, parts, spec.width, true));
    output = register("proj", Published.linear(setup, spec.width, spec.width, true));
  }

  /** For each query and key the row of the table, row-major. */
  static int[] index(int[] w, Positions positions) {
    int t = w[0] * w[1] * w[2];
    int depth = positions == Positions.NNFORMER ? 3 * w[1] - 1 : (2 * w[1] - 1) * (2 * w[2] - 1);
    int height = positions == Positions.NNFORMER ? 2 * w[1] - 1 : 2 * w[2] - 1;
    int[] rows = new int[t * t];
    for (int q = 0; q < t; q++) {
      for (int k = 0; k < t; k++) {
        int z = q / (w[1] * w[2]) - k / (w[1] * w[2]) + w[0] - 1;
        int y = q / w[2] % w[1] - k / w[2] % w[1] + w[1] - 1;
        int x = q % w[2] - k % w[2] + w[2] - 1;
        rows[q * t + k] = z * depth + y * height + x;
      }
    }
    return rows;
  }

  /** Self-attention within the windows. */
  Tensor call(Tensor x, Windows windows, Tensor mask) {
    return Scope.tidy(
        () -> {
          Tensor[] p = projections.parts(x);
          return attend(p[0], p[1], p[2], windows, mask);
        });
  }

  /** Skip attention: queries look at keys and values of another grid of the same extents. */
  Tensor call(Tensor queries, Tensor x, Windows windows, Tensor mask) {
    return Scope.tidy(
        () -> {
          Tensor[] p = projections.parts(x);
          return attend(queries, p[0], p[1], windows, mask);
        });
  }

  private Tensor attend(Tensor q, Tensor k, Tensor v, Windows windows, Tensor mask) {
    int a = spec.heads;
    Tensor y =
        Attention.of(
            windows.split(q, a),
            windows.split(k, a),
            windows.split(v, a),
            bias(windows.tokens()),
            mask);
    return output.call(windows.merge(y));
  }

  /**
   * The bias [A,T,T]. A window smaller than the largest takes the first T rows and columns of the
   * index, as MONAI does.
   */
  private Tensor bias(int t) {
    Tensor ids = indexTensor;
    if (t < ids.dim(0)) {
      ids = parts.computeIfAbsent(t, this::part);
    }
    return Indexing.embedding(table, ids).permute(2, 0, 1);
  }

  private Tensor part(int t) {
    int full = indexTensor.dim(0);
    int[] rows = new int[t * t];
    for (int q = 0; q < t; q++) {
      System.arraycopy(index, q * full, rows, q * t, t);
    }
    try (Scope s = Scope.open()) {
      return kept.adopt(Tensor.of(device(), rows, t, t));
    }
  }

  @Override
  public void close() {
    kept.close();
    super.close();
  }
}
