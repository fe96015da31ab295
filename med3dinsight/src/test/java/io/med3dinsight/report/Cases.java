package io.med3dinsight.report;

import io.med3dinsight.metric.CaseScore;
import io.med3dinsight.metric.Evaluation;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Spacing;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Small synthetic cases. */
final class Cases {
  static final SortedMap<Integer, String> NAMES =
      new TreeMap<>(Map.of(0, "background", 1, "Anterior", 2, "Posterior"));

  private Cases() {}

  /** Labels that hold boxes: label, then first and last+1 of D, H and W. */
  static LabelVolume boxes(Grid grid, int[]... boxes) {
    int[] labels = new int[grid.size()];
    for (int[] b : boxes) {
      for (int d = b[1]; d < b[2]; d++) {
        for (int h = b[3]; h < b[4]; h++) {
          for (int w = b[5]; w < b[6]; w++) {
            labels[grid.index(d, h, w)] = b[0];
          }
        }
      }
    }
    return LabelVolume.of(grid, labels);
  }

  /** Three cases whose Dice falls from the first to the last, which misses the second structure. */
  static Evaluation evaluation(String... ids) {
    Grid grid = Grid.of(6, 6, 12, new Spacing(1, 1, 1));
    LabelVolume reference = boxes(grid, new int[] {1, 1, 5, 1, 5, 0, 4}, behind(7));
    List<CaseScore> scores = new ArrayList<>();
    for (int i = 0; i < ids.length; i++) {
      int[] first = {1, 1, 5, 1, 5, i, 4};
      LabelVolume prediction =
          i == ids.length - 1 ? boxes(grid, first) : boxes(grid, first, behind(7 + i));
      scores.add(CaseScore.of(ids[i], prediction, reference, NAMES));
    }
    return Evaluation.of(scores);
  }

  private static int[] behind(int from) {
    return new int[] {2, 1, 5, 1, 5, from, 11};
  }
}
