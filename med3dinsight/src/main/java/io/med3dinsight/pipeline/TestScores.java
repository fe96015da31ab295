package io.med3dinsight.pipeline;

import io.med3dinsight.dataset.Case;
import io.med3dinsight.dataset.LabelledScan;
import io.med3dinsight.inference.Segmenter;
import io.med3dinsight.metric.CaseScore;
import io.med3dinsight.metric.Evaluation;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.report.Overlay;
import io.med3dinsight.volume.LabelVolume;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.function.BooleanSupplier;

/** Segments the held-out cases, scores them on their files' own grids and draws them. */
final class TestScores {
  private TestScores() {}

  /** The scores; null when the user stopped the work. */
  static Evaluation of(
      PreparedData data,
      Segmenter segmenter,
      RunFolder folder,
      Progress progress,
      BooleanSupplier stop) {
    List<CaseScore> scores = new ArrayList<>();
    try (Progress.Task task = progress.start("evaluate", data.test().size(), "cases")) {
      for (Case c : data.test()) {
        if (stop.getAsBoolean()) {
          return null;
        }
        task.message(c.id());
        LabelledScan scan = data.dataset().load(c);
        LabelVolume predicted = segmenter.segment(scan.channels());
        predicted.write(folder.prediction(c.id()));
        SortedMap<Integer, String> names = data.dataset().labels();
        scores.add(CaseScore.of(c.id(), predicted, scan.labels(), names));
        new Overlay(c.id(), scan.image(), scan.labels(), predicted, names)
            .write(folder.overlay(c.id()));
        task.step();
      }
    }
    return Evaluation.of(scores);
  }
}
