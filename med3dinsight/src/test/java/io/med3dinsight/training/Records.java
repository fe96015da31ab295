package io.med3dinsight.training;

import io.med3dinsight.progress.Progress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Trains a stage, keeps what it writes, and forgets it as the log of a run does. */
public final class Records implements MetricsSink {
  /** The numbers of one epoch. */
  public record Line(String stage, int epoch, long step, Map<String, Double> values) {}

  private final List<Line> lines = new ArrayList<>();

  @Override
  public void write(String stage, int epoch, long step, double s, Map<String, Double> values) {
    lines.add(new Line(stage, epoch, step, new LinkedHashMap<>(values)));
  }

  @Override
  public void rewind(String stage, long step) {
    lines.removeIf(l -> l.stage().equals(stage) && l.step() > step);
  }

  /**
   * Trains a stage on the CPU.
   *
   * @param folder of the checkpoints
   * @param questions after how many questions whether to stop the answer is yes
   * @return whether it was trained to its end
   */
  public boolean train(Stage<?> stage, Path folder, boolean resume, int questions) {
    int[] asked = {0};
    return Trainer.run(
        stage,
        new TrainingContext(
            folder,
            stage.module().device(),
            resume,
            Duration.ofHours(1),
            this,
            Progress.NONE,
            () -> asked[0]++ >= questions));
  }

  public List<Line> lines() {
    return lines;
  }

  /** A series, epoch by epoch. */
  public double[] of(String name) {
    return lines.stream()
        .filter(l -> l.values().containsKey(name))
        .mapToDouble(l -> l.values().get(name))
        .toArray();
  }
}
