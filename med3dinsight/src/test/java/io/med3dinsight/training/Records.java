package io.med3dinsight.training;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Keeps what a stage writes, and forgets it as the log of a run does. */
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
