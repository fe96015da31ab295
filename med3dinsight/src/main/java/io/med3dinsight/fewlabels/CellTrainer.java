package io.med3dinsight.fewlabels;

import io.med3dinsight.training.TrainingContext;
import java.util.Map;

/** Trains one cell and scores it on the test cases. */
public interface CellTrainer {
  /** Class of each training case, by which subsets are mixed; all 0 where cases have none. */
  int[] classes();

  /** The smallest subset that can be trained on. */
  int least();

  /**
   * Trains, or goes on from what the context's folder holds.
   *
   * @param subset places of the training cases
   * @return scores by name; null when the context said stop
   */
  Map<String, Double> train(Cell cell, int[] subset, TrainingContext context);
}
