package io.med3dinsight.finetune;

import io.med3dinsight.dataset.TrainingCase;
import io.med3dinsight.inference.InferenceOptions;
import io.med3dinsight.inference.SegmentationPlan;
import io.med3dinsight.inference.Segmenter;
import io.med3dinsight.network.EncoderDecoder;
import io.med3dinsight.volume.Grid;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Scores the network on cases that were kept back, on the network's own grid, and keeps the weights
 * that scored best.
 */
public final class Validation {
  private final SegmentationPlan plan;
  private final List<TrainingCase> cases;
  private final InferenceOptions options;
  private final Path bestFile;
  private double best;

  /**
   * @param cases kept back; without any, nothing is scored
   * @param bestFile where the best weights are kept
   */
  public Validation(
      SegmentationPlan plan, List<TrainingCase> cases, InferenceOptions options, Path bestFile) {
    this.plan = plan;
    this.cases = cases;
    this.options = options;
    this.bestFile = bestFile;
  }

  /** The best score so far, 0 before the first. */
  double best() {
    return best;
  }

  void best(double sofar) {
    best = sofar;
  }

  /** Mean Dice over the cases; empty without any. */
  OptionalDouble score(EncoderDecoder network) {
    if (cases.isEmpty()) {
      return OptionalDouble.empty();
    }
    network.train(false);
    double total = 0;
    try (Segmenter segmenter = new Segmenter(plan, network, options)) {
      for (TrainingCase c : cases) {
        Grid g = c.grid();
        int[] extents = {g.depth(), g.height(), g.width()};
        int[] predicted = segmenter.segmentPrepared(c.channels(), extents);
        total += PatchDice.of(predicted, c.labels(), plan.classes()).orElse(1);
      }
    }
    double dice = total / cases.size();
    if (dice > best) {
      best = dice;
      Segmenter.save(bestFile, plan, network);
    }
    return OptionalDouble.of(dice);
  }
}
