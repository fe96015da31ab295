package io.med3dinsight.engine.cases;

import io.med3dinsight.engine.op.MatMul;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.testing.Nd;
import io.med3dinsight.engine.testing.OpCase;
import io.med3dinsight.engine.testing.OpCaseSource;
import java.util.ArrayList;
import java.util.List;

/**
 * Matrix products: each transposition, batches, odd and zero sizes, sums long enough to be split.
 */
public final class MatMulCases implements OpCaseSource {
  @Override
  public List<OpCase> cases() {
    List<OpCase> c = new ArrayList<>();
    int[][] sizes = {
      {1, 1, 1},
      {3, 5, 2},
      {8, 32, 16},
      {17, 33, 19},
      {13, 16, 300},
      {4, 48, 7},
      {100, 50, 20},
      {1, 70, 40},
      {70, 1, 40},
      {0, 3, 4},
      {3, 0, 4},
      {3, 4, 0},
      {5, 7, 4500},
      {200, 17, 33}
    };
    for (int[] s : sizes) {
      for (int t = 0; t < 4; t++) {
        c.add(product(new int[0], s[0], s[1], s[2], (t & 1) != 0, new int[0], (t & 2) != 0));
      }
    }
    int[][][] batches = {
      {{2}, {2}},
      {{4}, {}},
      {{}, {3}},
      {{2, 1}, {3}},
      {{2, 3}, {1, 1}},
      {{1, 2}, {5, 1}},
      {{20}, {20}},
      {{0}, {1}}
    };
    for (int[][] b : batches) {
      for (int t = 0; t < 4; t++) {
        c.add(product(b[0], 5, 6, 3, (t & 1) != 0, b[1], (t & 2) != 0));
      }
    }
    c.add(product(new int[] {3}, 128, 120, 80, false, new int[] {3}, true));
    return c;
  }

  private static OpCase product(
      int[] batchA, int m, int n, int k, boolean ta, int[] batchB, boolean tb) {
    int[] a = append(batchA, ta ? k : m, ta ? m : k);
    int[] b = append(batchB, tb ? n : k, tb ? k : n);
    String name = "matmul " + Shape.of(a) + (ta ? "^T " : " ") + Shape.of(b) + (tb ? "^T" : "");
    return OpCase.of(name)
        .input(a)
        .input(b)
        .engine(in -> MatMul.of(in[0], ta, in[1], tb))
        .reference(in -> product(in[0], ta, in[1], tb));
  }

  /** The naive product in double precision. */
  public static Nd product(Nd a, boolean ta, Nd b, boolean tb) {
    int m = a.dim(ta ? -1 : -2);
    int k = a.dim(ta ? -2 : -1);
    int n = b.dim(tb ? -2 : -1);
    Shape batch = Shape.broadcast(a.shape.with(-1, 1).with(-2, 1), b.shape.with(-1, 1).with(-2, 1));
    Nd x = a.broadcast(batch.with(-2, a.dim(-2)).with(-1, a.dim(-1)));
    Nd y = b.broadcast(batch.with(-2, b.dim(-2)).with(-1, b.dim(-1)));
    Nd out = Nd.zeros(batch.with(-2, m).with(-1, n).toArray());
    for (int g = 0; g < batch.size(); g++) {
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
          double s = 0;
          for (int p = 0; p < k; p++) {
            s +=
                x.data[g * m * k + (ta ? p * m + i : i * k + p)]
                    * y.data[g * k * n + (tb ? j * k + p : p * n + j)];
          }
          out.data[(g * m + i) * n + j] = s;
        }
      }
    }
    return out;
  }

  private static int[] append(int[] batch, int rows, int columns) {
    int[] e = java.util.Arrays.copyOf(batch, batch.length + 2);
    e[batch.length] = rows;
    e[batch.length + 1] = columns;
    return e;
  }
}
