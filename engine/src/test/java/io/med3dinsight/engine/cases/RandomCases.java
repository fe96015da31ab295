package io.med3dinsight.engine.cases;

import io.med3dinsight.engine.cpu.Philox;
import io.med3dinsight.engine.op.Dropout;
import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.testing.Nd;
import io.med3dinsight.engine.testing.OpCase;
import io.med3dinsight.engine.testing.OpCaseSource;
import java.util.List;

/** Dropout. */
final class RandomCases implements OpCaseSource {
  @Override
  public List<OpCase> cases() {
    return List.of(
        dropout(0.5f, 0, 3, 5),
        dropout(0.1f, 7, 17, 3),
        dropout(0.9f, (1L << 40) + 2, 40_001),
        dropout(0f, 1, 6),
        dropout(0.3f, 1, 0, 4));
  }

  private static OpCase dropout(float p, long position, int... extents) {
    return OpCase.of("dropout " + p + " at " + position)
        .input(extents)
        .engine(in -> Eager.run1(new Dropout(p, 99, position), in))
        .reference(in -> reference(in[0], p, position));
  }

  private static Nd reference(Nd x, float p, long position) {
    Nd y = x.copy();
    int[] bits = new int[4];
    for (int i = 0; i < y.data.length; i++) {
      Philox.block(99, (position + i) / 4, bits);
      double u = (bits[(int) ((position + i) % 4)] & 0xffffffffL) / (double) (1L << 32);
      y.data[i] = u < p ? 0 : y.data[i] / (1 - (double) p);
    }
    return y;
  }
}
