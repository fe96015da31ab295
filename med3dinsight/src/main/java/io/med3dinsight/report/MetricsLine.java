package io.med3dinsight.report;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What was measured at one step of training.
 *
 * @param stage part of the pipeline: "encoder2d", "pretrain" or "finetune"
 * @param epoch epoch within the stage
 * @param step optimiser step within the stage; never smaller than that of the stage's line before
 * @param seconds time since the stage began, without interruptions
 * @param series the measured numbers by name, in the order they are to be written: "loss", "loss.*"
 *     for its parts, "dice.*", "learning_rate" and whatever else a stage has
 */
public record MetricsLine(
    String stage, int epoch, long step, double seconds, Map<String, Double> series) {
  public MetricsLine {
    series = Collections.unmodifiableMap(new LinkedHashMap<>(series));
  }
}
