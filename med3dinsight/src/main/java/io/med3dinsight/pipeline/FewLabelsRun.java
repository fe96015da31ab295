package io.med3dinsight.pipeline;

import io.med3dinsight.DataException;
import io.med3dinsight.fewlabels.Cell;
import io.med3dinsight.fewlabels.CellResult;
import io.med3dinsight.fewlabels.CellTrainer;
import io.med3dinsight.fewlabels.FewLabels;
import io.med3dinsight.report.MetricsLog;
import io.med3dinsight.training.TrainingContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A comparison of few labels in a run folder. */
public final class FewLabelsRun {
  private final FewLabelsSettings settings;
  private final RunFolder folder;
  private final TrainingContext context;

  public FewLabelsRun(FewLabelsSettings settings, RunFolder folder, TrainingContext context) {
    this.settings = settings;
    this.folder = folder;
    this.context = context;
  }

  /** Trains the cells that are missing and writes table and curves; null when stopped. */
  public List<CellResult> run() {
    CellTrainer trainer =
        settings.task() == FewLabelsSettings.Task.SEGMENTATION
            ? new SegmentationCells(settings, folder, context.progress())
            : new ClassificationCells(settings, context.progress());
    FewLabels comparison =
        new FewLabels(trainer, (cell, subset) -> cell(trainer, cell, subset), folder.cells());
    List<CellResult> results =
        comparison.run(
            settings.percents(), settings.seeds(), settings.seed(), settings.pretrained() != null);
    if (results != null) {
      FewLabels.write(folder.root(), "Few labels: " + dataName(), results);
    }
    return results;
  }

  private String dataName() {
    Path data =
        settings.task() == FewLabelsSettings.Task.SEGMENTATION
            ? settings.segmentation().data()
            : settings.classification().data();
    return data == null ? "built-in sample" : data.getFileName().toString();
  }

  private Map<String, Double> cell(CellTrainer trainer, Cell cell, int[] subset) {
    context.progress().say("Cell " + cell.name() + ": " + subset.length + " training cases.");
    Path own = folder.cell(cell.name());
    try {
      Files.createDirectories(own);
    } catch (IOException e) {
      throw DataException.of(own, "made", e);
    }
    try (MetricsLog log = MetricsLog.open(own)) {
      return trainer.train(
          cell,
          subset,
          new TrainingContext(
              own,
              context.device(),
              true,
              context.checkpointEvery(),
              new LogSink(log),
              context.progress(),
              context.stop()));
    }
  }
}
