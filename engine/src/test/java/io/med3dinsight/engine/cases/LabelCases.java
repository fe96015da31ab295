package io.med3dinsight.engine.cases;

import io.med3dinsight.engine.op.NearestLabels;
import io.med3dinsight.engine.op.Size3;
import io.med3dinsight.engine.testing.Nd;
import io.med3dinsight.engine.testing.OpCase;
import io.med3dinsight.engine.testing.OpCaseSource;
import java.util.List;

/** Labels at other resolutions. */
final class LabelCases implements OpCaseSource {
  @Override
  public List<OpCase> cases() {
    return List.of(
        labels(new Size3(2, 4, 5), 2, 4, 8, 10),
        labels(new Size3(3, 1, 7), 1, 7, 5, 3),
        labels(new Size3(5, 5, 5), 1, 5, 5, 5),
        labels(new Size3(1, 1, 1), 3, 6, 2, 9),
        labels(new Size3(2, 0, 2), 1, 3, 3, 3));
  }

  private static OpCase labels(Size3 size, int... extents) {
    return OpCase.of("nearest labels to " + size.d() + "," + size.h() + "," + size.w())
        .indices(4, extents)
        .engine(in -> NearestLabels.resize(in[0], size))
        .reference(in -> nearest(in[0], size))
        .noGradient();
  }

  private static Nd nearest(Nd x, Size3 size) {
    Nd y = Nd.zeros(x.dim(0), size.d(), size.h(), size.w());
    for (int n = 0; n < x.dim(0); n++) {
      for (int d = 0; d < size.d(); d++) {
        for (int h = 0; h < size.h(); h++) {
          for (int w = 0; w < size.w(); w++) {
            double v =
                x.get(
                    n,
                    source(d, x.dim(1), size.d()),
                    source(h, x.dim(2), size.h()),
                    source(w, x.dim(3), size.w()));
            y.set(v, n, d, h, w);
          }
        }
      }
    }
    return y;
  }

  private static int source(int o, int from, int to) {
    return (int) Math.floor((o + 0.5) * from / to);
  }
}
