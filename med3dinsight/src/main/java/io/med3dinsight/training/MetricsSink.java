package io.med3dinsight.training;

import java.util.Map;

/** Where the numbers of each epoch go. */
public interface MetricsSink {
  /** Throws the numbers away. */
  MetricsSink NONE =
      new MetricsSink() {
        @Override
        public void write(
            String stage, int epoch, long step, double seconds, Map<String, Double> values) {
          // Nobody asked.
        }

        @Override
        public void rewind(String stage, long step) {
          // Nothing is kept.
        }
      };

  /**
   * Takes the numbers of an epoch.
   *
   * @param step optimiser steps done
   * @param seconds that the stage has taken in this process
   */
  void write(String stage, int epoch, long step, double seconds, Map<String, Double> values);

  /** Forgets what {@code stage} wrote after {@code step}: it goes on from there. */
  void rewind(String stage, long step);
}
