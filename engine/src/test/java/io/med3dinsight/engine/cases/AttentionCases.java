package io.med3dinsight.engine.cases;

import io.med3dinsight.engine.op.Attention;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.testing.Nd;
import io.med3dinsight.engine.testing.OpCase;
import io.med3dinsight.engine.testing.OpCaseSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Attention with every kind of bias and mask, odd sizes, several blocks of queries, many small
 * windows.
 */
final class AttentionCases implements OpCaseSource {
  private static final int[][] NONE = {null, null};

  @Override
  public List<OpCase> cases() {
    List<OpCase> c = new ArrayList<>();
    int[][] sizes = {
      {1, 1, 1, 1},
      {5, 7, 3, 4},
      {16, 16, 8, 8},
      {33, 17, 20, 16},
      {150, 40, 5, 6},
      {0, 3, 4, 4},
      {3, 0, 4, 4},
      {4, 4, 4, 0}
    };
    for (int[] s : sizes) {
      c.add(attention(new int[] {2}, s, NONE));
    }
    c.add(attention(new int[] {}, new int[] {9, 8, 16, 5}, NONE));
    c.add(attention(new int[] {20, 3}, new int[] {8, 8, 8, 8}, NONE));
    int[] s = {6, 5, 4, 3};
    int[][] biases = {{6, 5}, {1, 5}, {3, 6, 5}, {2, 1, 6, 5}, {1, 3, 1, 5}, {2, 3, 6, 5}};
    for (int[] b : biases) {
      c.add(attention(new int[] {2, 3}, s, new int[][] {b, null}));
      c.add(attention(new int[] {2, 3}, s, new int[][] {null, b}));
      c.add(attention(new int[] {2, 3}, s, new int[][] {b, {2, 1, 1, 5}}));
    }
    // Enough heads that share a bias for its gradient to be summed in parts.
    c.add(attention(new int[] {37, 2}, new int[] {8, 8, 4, 4}, new int[][] {{2, 8, 8}, null}));
    c.add(attention(new int[] {1}, new int[] {300, 20, 4, 4}, new int[][] {{300, 20}, null}));
    c.add(attention(new int[] {1}, new int[] {300, 20, 4, 4}, new int[][] {{1, 20}, null}));
    return c;
  }

  /**
   * {@code size} = queries, keys, width of queries, width of values; {@code extra} = shapes of bias
   * and mask.
   */
  private static OpCase attention(int[] heads, int[] size, int[][] extra) {
    int[] q = append(heads, size[0], size[2]);
    int[] k = append(heads, size[1], size[2]);
    int[] v = append(heads, size[1], size[3]);
    boolean bias = extra[0] != null;
    boolean mask = extra[1] != null;
    String name =
        "attention "
            + Shape.of(q)
            + " "
            + Shape.of(v)
            + (bias ? " bias " + Shape.of(extra[0]) : "")
            + (mask ? " mask " + Shape.of(extra[1]) : "");
    OpCase c = OpCase.of(name).inputIn(-2, 2, q).inputIn(-2, 2, k).input(v);
    if (bias) {
      c.input(extra[0]);
    }
    if (mask) {
      c.indices(visible(extra[1]));
    }
    return c.engine(in -> engine(in, bias, mask)).reference(in -> reference(in, bias, mask));
  }

  /** Two thirds of the keys, none for the first query. */
  private static Nd visible(int[] shape) {
    Nd m = Nd.integers(new SplittableRandom(5), 3, shape).map(x -> Math.min(x, 1));
    if (shape[shape.length - 2] > 1) {
      Arrays.fill(m.data, 0, shape[shape.length - 1], 0);
    }
    return m;
  }

  private static Tensor engine(Tensor[] in, boolean bias, boolean mask) {
    return Attention.of(in[0], in[1], in[2], bias ? in[3] : null, mask ? in[in.length - 1] : null);
  }

  private static Nd reference(Nd[] in, boolean bias, boolean mask) {
    Nd scores = MatMulCases.product(in[0], false, in[1], true);
    double scale = 1 / Math.sqrt(in[0].dim(-1));
    scores = scores.map(x -> x * scale);
    if (bias) {
      scores = Nd.zip(scores, in[3], Double::sum);
    }
    if (mask) {
      scores = Nd.zip(scores, in[in.length - 1], (x, m) -> m == 0 ? Double.NEGATIVE_INFINITY : x);
    }
    Nd p = RowCases.softmax(scores, false).map(x -> Double.isNaN(x) ? 0 : x);
    return MatMulCases.product(p, false, in[2], false);
  }

  private static int[] append(int[] heads, int rows, int columns) {
    int[] e = Arrays.copyOf(heads, heads.length + 2);
    e[heads.length] = rows;
    e[heads.length + 1] = columns;
    return e;
  }
}
