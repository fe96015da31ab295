package io.med3dinsight.ablation;

import io.med3dinsight.UsageException;
import io.med3dinsight.transport.AlignmentKind;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What is compared. It may grow from one call to the next: cells that are finished stay.
 *
 * @param starts what fine-tuning begins with
 * @param alignments of {@link Start#FULL}
 * @param captions noise in the descriptions of {@link Start#FULL}, as {@link CaptionNoise#parse}
 *     reads it
 * @param labels shares of the training cases whose labels are used; smaller ones are part of larger
 *     ones
 * @param seeds how many, beginning with the run's
 * @param gapCases held-out cases on which the gap between modalities is measured, 0 for none
 */
public record AblationGrid(
    List<Start> starts,
    List<AlignmentKind> alignments,
    List<String> captions,
    List<Double> labels,
    int seeds,
    int gapCases) {
  public AblationGrid {
    starts = distinct("--starts", starts);
    alignments = distinct("--alignments", alignments);
    captions = distinct("--captions", captions);
    labels = distinct("--labels", labels);
    captions.forEach(CaptionNoise::parse);
    if (alignments.contains(AlignmentKind.NONE)) {
      throw new UsageException(
          "--alignments holds none: name the start 'reconstruction' instead, which is that.");
    }
    for (double share : labels) {
      if (!(share > 0 && share <= 1)) {
        throw new UsageException(
            "--labels holds " + share + ": expected shares above 0, at most 1, such as 0.05.");
      }
    }
    if (seeds < 1) {
      throw new UsageException("--seeds is " + seeds + ": expected at least 1.");
    }
    if (gapCases < 0) {
      throw new UsageException("--gap-cases is " + gapCases + ": expected 0 or more.");
    }
  }

  private static <T> List<T> distinct(String option, List<T> values) {
    Set<T> set = new LinkedHashSet<>(values);
    if (set.isEmpty() || set.size() < values.size()) {
      throw new UsageException(option + " is " + values + ": expected different values.");
    }
    return List.copyOf(set);
  }

  /** Everything that the paper compares, at three shares of labels with three seeds. */
  public static AblationGrid standard() {
    return new AblationGrid(
        List.of(Start.values()),
        List.of(
            AlignmentKind.PARTIAL_OT,
            AlignmentKind.FULL_OT,
            AlignmentKind.INFONCE,
            AlignmentKind.TRIPLET),
        List.of("clean", "shuffled:0.2", "shuffled:0.5"),
        List.of(0.05, 0.1, 1.0),
        3,
        20);
  }

  /** The cells, seed by seed, so that a part of them is already a comparison. */
  List<Cell> cells(long firstSeed) {
    List<Cell> cells = new ArrayList<>();
    for (long seed = firstSeed; seed < firstSeed + seeds; seed++) {
      for (double share : labels) {
        for (Start start : starts) {
          for (Pretraining p : pretrainings(start, seed)) {
            cells.add(new Cell(start, p, share, seed));
          }
        }
      }
    }
    return cells;
  }

  private List<Pretraining> pretrainings(Start start, long seed) {
    List<Pretraining> list = new ArrayList<>();
    switch (start) {
      case SCRATCH -> list.add(null);
      case RECONSTRUCTION ->
          list.add(new Pretraining(AlignmentKind.NONE, CaptionNoise.CLEAN, seed));
      case FULL -> {
        for (String noise : captions) {
          for (AlignmentKind kind : alignments) {
            list.add(new Pretraining(kind, CaptionNoise.parse(noise), seed));
          }
        }
      }
    }
    return list;
  }
}
