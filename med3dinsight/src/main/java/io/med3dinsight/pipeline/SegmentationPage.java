package io.med3dinsight.pipeline;

import io.med3dinsight.DataException;
import io.med3dinsight.dataset.Case;
import io.med3dinsight.dataset.LabelledScan;
import io.med3dinsight.dataset.MsdDataset;
import io.med3dinsight.metric.CaseScore;
import io.med3dinsight.metric.Evaluation;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.report.Overlay;
import io.med3dinsight.report.Picture;
import io.med3dinsight.report.RunReport;
import io.med3dinsight.report.ViewedCase;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.VolumeReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The page of a segmentation run, with the data set's images where the page shows some. */
public final class SegmentationPage {
  private final RunFolder folder;
  private final MsdDataset dataset;

  /**
   * @param settings of the run
   * @throws DataException when the data set is not there
   */
  public SegmentationPage(RunFolder folder, RunSettings settings) {
    this.folder = folder;
    this.dataset = PreparedData.dataset(settings, folder);
  }

  /**
   * Writes report.html.
   *
   * @param scores of the test cases; null when there are none
   */
  public void write(Evaluation scores) {
    List<Picture> pictures = new ArrayList<>();
    List<ViewedCase> viewed = new ArrayList<>();
    if (scores != null) {
      scores.cases().forEach(c -> pictures.add(new Picture(c.id(), folder.overlay(c.id()))));
      for (Case c : dataset.cases(RunReport.shown(scores))) {
        LabelledScan scan = dataset.load(c);
        LabelVolume predicted = LabelVolume.read(folder.prediction(c.id()));
        viewed.add(ViewedCase.of(c.id(), scan.image(), predicted, scan.labels(), dataset.labels()));
      }
    }
    RunReport.write(
        folder.root(),
        "Segmentation run " + folder.root().toAbsolutePath().normalize().getFileName(),
        scores,
        pictures,
        viewed);
  }

  /**
   * Scores the label maps in the run's folder again, and draws those that have no picture.
   *
   * @return null when the run has not come as far as label maps
   */
  public Evaluation score(Progress progress) {
    List<String> ids = predicted();
    List<CaseScore> scores = new ArrayList<>();
    try (Progress.Task task = progress.start("score", ids.size(), "cases")) {
      for (Case c : dataset.cases(ids)) {
        task.message(c.id());
        LabelledScan scan = dataset.load(c);
        LabelVolume predicted = LabelVolume.read(folder.prediction(c.id()));
        scores.add(CaseScore.of(c.id(), predicted, scan.labels(), dataset.labels()));
        if (!Files.exists(folder.overlay(c.id()))) {
          new Overlay(c.id(), scan.image(), scan.labels(), predicted, dataset.labels())
              .write(folder.overlay(c.id()));
        }
        task.step();
      }
    }
    return scores.isEmpty() ? null : Evaluation.of(scores);
  }

  private List<String> predicted() {
    Path predictions = folder.prediction("any").getParent();
    if (!Files.isDirectory(predictions)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(predictions)) {
      return files.filter(VolumeReader::isImageName).map(VolumeReader::stem).sorted().toList();
    } catch (IOException e) {
      throw DataException.of(predictions, "read", e);
    }
  }
}
