package io.med3dinsight.fewlabels;

import io.med3dinsight.report.IntervalChart;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Trains every cell of shares, seeds and starts. A finished cell is a line in the file of cells and
 * is not computed again; a cell that was interrupted goes on from its checkpoint.
 */
public final class FewLabels {
  /** Runs one cell in its own folder; null when the user stopped. */
  public interface Runner {
    Map<String, Double> run(Cell cell, int[] subset);
  }

  private final CellTrainer trainer;
  private final Runner runner;
  private final Path cells;

  /**
   * @param cells file of the finished cells
   */
  public FewLabels(CellTrainer trainer, Runner runner, Path cells) {
    this.trainer = trainer;
    this.runner = runner;
    this.cells = cells;
  }

  /**
   * Trains what is missing.
   *
   * @param pretrained whether there are weights to compare with
   * @return all results; null when the user stopped
   */
  public List<CellResult> run(double[] percents, int seeds, long firstSeed, boolean pretrained) {
    CellFile file = CellFile.open(cells);
    int[] classes = trainer.classes();
    for (int s = 0; s < seeds; s++) {
      int[] order = Subsets.order(classes, firstSeed + s);
      for (double percent : percents) {
        int size = Subsets.size(percent, classes.length, trainer.least());
        for (Cell.Start start : Cell.Start.values()) {
          Cell cell = new Cell(percent, firstSeed + s, start);
          if (file.has(cell) || (start == Cell.Start.PRETRAINED && !pretrained)) {
            continue;
          }
          Map<String, Double> scores = runner.run(cell, Arrays.copyOf(order, size));
          if (scores == null) {
            return null;
          }
          file.add(new CellResult(cell, size, scores));
        }
      }
    }
    return file.results();
  }

  /** Writes table (Markdown and CSV) and a chart per score into a folder. */
  public static void write(Path folder, String title, List<CellResult> results) {
    List<Summary.Row> rows = Summary.of(results);
    Summary.writeCsv(folder.resolve("few-labels.csv"), rows);
    Summary.write(folder.resolve("few-labels.md"), Summary.table(rows));
    for (String score : rows.stream().map(Summary.Row::score).distinct().toList()) {
      List<IntervalChart.Line> lines = new ArrayList<>();
      for (Cell.Start start : Cell.Start.values()) {
        List<Summary.Row> of =
            rows.stream().filter(r -> r.score().equals(score) && r.start() == start).toList();
        if (!of.isEmpty()) {
          lines.add(
              new IntervalChart.Line(
                  start.label(),
                  of.stream().mapToDouble(Summary.Row::percent).toArray(),
                  of.stream().mapToDouble(Summary.Row::mean).toArray(),
                  of.stream().mapToDouble(Summary.Row::half).toArray()));
        }
      }
      IntervalChart.write(
          folder.resolve("few-labels-" + score + ".png"),
          title,
          "% of the training labels",
          score + ", mean and 95 % interval",
          lines);
    }
  }
}
