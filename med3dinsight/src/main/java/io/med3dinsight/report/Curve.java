package io.med3dinsight.report;

import java.util.ArrayList;
import java.util.List;

/**
 * One series of a stage, thinned so that it can be read.
 *
 * @param name of the series
 * @param steps optimiser steps, ascending; the mean of each bin
 * @param values the mean of each bin
 * @param perPoint how many measurements a point stands for, at most
 * @param dropped measurements that are not finite and not shown
 */
record Curve(String name, double[] steps, double[] values, int perPoint, int dropped) {
  /** More points than this hide the trend in noise. */
  static final int POINTS = 150;

  /** The series of that name; empty when the lines do not have it. */
  static Curve of(String name, List<MetricsLine> lines) {
    List<MetricsLine> with = new ArrayList<>();
    int dropped = 0;
    for (MetricsLine line : lines) {
      Double value = line.series().get(name);
      if (value != null && Double.isFinite(value)) {
        with.add(line);
      } else if (value != null) {
        dropped++;
      }
    }
    int perPoint = Math.max(1, (with.size() + POINTS - 1) / POINTS);
    int points = (with.size() + perPoint - 1) / perPoint;
    double[] steps = new double[points];
    double[] values = new double[points];
    for (int p = 0; p < points; p++) {
      List<MetricsLine> bin = with.subList(p * perPoint, Math.min(with.size(), (p + 1) * perPoint));
      steps[p] = bin.stream().mapToLong(MetricsLine::step).average().orElseThrow();
      values[p] = bin.stream().mapToDouble(line -> line.series().get(name)).average().orElseThrow();
    }
    return new Curve(name, steps, values, perPoint, dropped);
  }
}
