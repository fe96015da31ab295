package io.med3dinsight.pipeline;

import io.med3dinsight.report.MetricsLine;
import io.med3dinsight.report.MetricsLog;
import io.med3dinsight.training.MetricsSink;
import java.util.Map;

/** Writes each epoch's numbers into a run's log. */
public record LogSink(MetricsLog log) implements MetricsSink {
  @Override
  public void write(
      String stage, int epoch, long step, double seconds, Map<String, Double> values) {
    log.append(new MetricsLine(stage, epoch, step, seconds, values));
  }

  @Override
  public void rewind(String stage, long step) {
    log.truncateAfter(stage, step);
  }
}
