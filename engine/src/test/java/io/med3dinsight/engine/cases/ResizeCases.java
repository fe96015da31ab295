package io.med3dinsight.engine.cases;

import io.med3dinsight.engine.function.Resampling;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.testing.Nd;
import io.med3dinsight.engine.testing.OpCase;
import io.med3dinsight.engine.testing.OpCaseSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Trilinear and nearest-neighbour resizing, larger, smaller and both at once. */
final class ResizeCases implements OpCaseSource {
  @Override
  public List<OpCase> cases() {
    List<OpCase> c = new ArrayList<>();
    int[][][] settings = {
      {{1, 2, 3, 4, 1}, {4, 6, 8}},
      {{2, 4, 5, 6, 3}, {3, 2, 6}},
      {{1, 1, 3, 2, 17}, {2, 1, 7}},
      {{2, 3, 2, 2, 16}, {2, 3, 5}},
      {{1, 2, 2, 2, 33}, {4, 4, 4}},
      {{1, 7, 6, 5, 2}, {1, 1, 1}},
      {{0, 2, 2, 2, 3}, {4, 4, 4}},
    };
    for (int[][] s : settings) {
      int[] to = s[1];
      String what = Shape.of(s[0]) + " to " + Arrays.toString(to);
      for (boolean align : new boolean[] {false, true}) {
        c.add(
            OpCase.of("trilinear " + what + (align ? " aligned" : ""))
                .input(s[0])
                .engine(in -> Resampling.trilinear(in[0], to[0], to[1], to[2], align))
                .reference(in -> resize(in[0], to, align ? "aligned" : "linear")));
      }
      c.add(
          OpCase.of("nearest " + what)
              .input(s[0])
              .engine(in -> Resampling.nearest(in[0], to[0], to[1], to[2]))
              .reference(in -> resize(in[0], to, "nearest")));
    }
    return c;
  }

  private static Nd resize(Nd x, int[] to, String mode) {
    Nd y = x;
    for (int axis = 1; axis <= 3; axis++) {
      y = along(y, axis, to[axis - 1], mode);
    }
    return y;
  }

  private static Nd along(Nd x, int axis, int out, String mode) {
    int in = x.dim(axis);
    int inner = x.shape.product(axis + 1, 5);
    Nd y = Nd.zeros(x.shape.with(axis, out).toArray());
    for (int i = 0; i < y.data.length; i++) {
      int o = i / inner % out;
      int base = i / inner / out * in * inner + i % inner;
      double at =
          switch (mode) {
            case "nearest" -> Math.floor((double) o * in / out);
            case "aligned" -> out == 1 ? 0 : (double) o * (in - 1) / (out - 1);
            default -> Math.min(in - 1, Math.max(0, (o + 0.5) * in / out - 0.5));
          };
      int low = (int) at;
      int high = Math.min(low + 1, in - 1);
      double part = at - low;
      y.data[i] = (1 - part) * x.data[base + low * inner] + part * x.data[base + high * inner];
    }
    return y;
  }
}
