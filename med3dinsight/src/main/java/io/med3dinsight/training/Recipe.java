package io.med3dinsight.training;

import io.med3dinsight.nn.optim.Schedule;

/**
 * How a stage's weights are moved: AdamW on a cosine schedule.
 *
 * @param epochs passes of {@code stepsPerEpoch} steps
 * @param stepsPerEpoch at least 1
 * @param learningRate at its highest
 * @param warmup steps until it is reached, at most half of all
 * @param weightDecay of matrices and kernels
 * @param maxNorm bound on the gradients' global norm
 */
public record Recipe(
    int epochs,
    int stepsPerEpoch,
    double learningRate,
    int warmup,
    double weightDecay,
    double maxNorm) {
  /** Number of steps. */
  public long steps() {
    return (long) epochs * stepsPerEpoch;
  }

  /** From 0 up to the learning rate, then along a cosine down to 0 at the last step. */
  public Schedule schedule() {
    return Schedule.cosine(learningRate, Math.min(warmup, steps() / 2), steps(), 0);
  }
}
