package io.med3dinsight.engine.cases;

import io.med3dinsight.engine.function.Pooling;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.testing.Nd;
import io.med3dinsight.engine.testing.OpCase;
import io.med3dinsight.engine.testing.OpCaseSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Max, average and global average pooling. */
final class PoolCases implements OpCaseSource {
  @Override
  public List<OpCase> cases() {
    List<OpCase> c = new ArrayList<>();
    int[][][] settings = {
      {{2, 4, 4, 4, 3}, {2, 2, 2}, {2, 2, 2}, {0, 0, 0}},
      {{1, 5, 7, 6, 1}, {3, 3, 3}, {2, 2, 2}, {1, 1, 1}},
      {{2, 5, 4, 7, 17}, {3, 2, 1}, {1, 2, 3}, {1, 0, 0}},
      {{1, 3, 3, 9, 16}, {3, 3, 4}, {1, 1, 1}, {1, 1, 2}},
      {{1, 2, 2, 2, 33}, {1, 1, 1}, {2, 2, 2}, {0, 0, 0}},
      {{1, 9, 9, 9, 3}, {2, 2, 2}, {3, 3, 3}, {1, 1, 1}},
      {{0, 4, 4, 4, 3}, {2, 2, 2}, {2, 2, 2}, {0, 0, 0}},
    };
    for (int[][] s : settings) {
      String what = Shape.of(s[0]) + Arrays.deepToString(Arrays.copyOfRange(s, 1, 4));
      c.add(
          OpCase.of("max pool " + what)
              .input(distinct(s[0]))
              .engine(in -> Pooling.max(in[0], s[1], s[2], s[3]))
              .reference(in -> pool(in[0], s, true, true)));
      for (boolean pad : new boolean[] {true, false}) {
        c.add(
            OpCase.of("average pool " + what + (pad ? " with padding" : ""))
                .input(s[0])
                .engine(in -> Pooling.avg(in[0], s[1], s[2], s[3], pad))
                .reference(in -> pool(in[0], s, false, pad)));
      }
    }
    for (int[] s :
        new int[][] {{2, 3, 4, 5, 3}, {1, 40, 41, 39, 1}, {3, 7, 33}, {2, 5}, {0, 2, 4}}) {
      c.add(
          OpCase.of("global average pool " + Shape.of(s))
              .input(s)
              .engine(in -> Pooling.globalAvg(in[0]))
              .reference(in -> global(in[0])));
    }
    return c;
  }

  /**
   * Values that differ within any window of at most 7 voxels along each axis, are exact in BF16,
   * and are so far apart that a central difference never changes which one is largest.
   */
  private static Nd distinct(int[] shape) {
    Nd x = Nd.zeros(shape);
    int channels = shape[4];
    for (int i = 0; i < x.data.length; i++) {
      int w = i / channels % shape[3];
      int h = i / channels / shape[3] % shape[2];
      int d = i / channels / shape[3] / shape[2];
      // 509 is prime, so that multiplying by 211 keeps different numbers different.
      int place = (d * 49 + h * 7 + w) * 211 + i % channels * 37;
      x.data[i] = (place % 509 - 254) / 256.0;
    }
    return x;
  }

  private static Nd pool(Nd x, int[][] s, boolean max, boolean includePad) {
    int[] e = s[0].clone();
    for (int a = 0; a < 3; a++) {
      e[a + 1] = (e[a + 1] + 2 * s[3][a] - s[1][a]) / s[2][a] + 1;
    }
    Nd y = Nd.zeros(e);
    for (int i = 0; i < y.data.length; i++) {
      int c = i % e[4];
      int w = i / e[4] % e[3];
      int h = i / e[4] / e[3] % e[2];
      int d = i / e[4] / e[3] / e[2] % e[1];
      int n = i / e[4] / e[3] / e[2] / e[1];
      y.data[i] = window(x, s, new int[] {n, d, h, w, c}, max, includePad);
    }
    return y;
  }

  private static double window(Nd x, int[][] s, int[] at, boolean max, boolean includePad) {
    double best = Double.NEGATIVE_INFINITY;
    double sum = 0;
    int inside = 0;
    int[] k = s[1];
    for (int t = 0; t < k[0] * k[1] * k[2]; t++) {
      int d = at[1] * s[2][0] - s[3][0] + t / k[2] / k[1];
      int h = at[2] * s[2][1] - s[3][1] + t / k[2] % k[1];
      int w = at[3] * s[2][2] - s[3][2] + t % k[2];
      boolean in = d >= 0 && h >= 0 && w >= 0 && d < x.dim(1) && h < x.dim(2) && w < x.dim(3);
      if (in) {
        double v = x.get(at[0], d, h, w, at[4]);
        best = Math.max(best, v);
        sum += v;
        inside++;
      }
    }
    return max ? best : sum / (includePad ? k[0] * k[1] * k[2] : inside);
  }

  private static Nd global(Nd x) {
    int n = x.dim(0);
    int channels = x.dim(-1);
    int voxels = x.shape.product(1, x.shape.rank() - 1);
    Nd y = Nd.zeros(n, channels);
    for (int i = 0; i < x.data.length; i++) {
      y.data[i / (voxels * channels) * channels + i % channels] += x.data[i] / voxels;
    }
    return y;
  }
}
