package io.med3dinsight.fewlabels;

import java.util.Locale;

/**
 * One training of the comparison.
 *
 * @param percent share of the training cases
 * @param seed of the subset and of everything random in the training
 * @param start what the encoder starts from
 */
public record Cell(double percent, long seed, Start start) {
  /** What the encoder starts from. */
  public enum Start {
    SCRATCH,
    PRETRAINED;

    /** The name in files. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Name of its folder. */
  public String name() {
    String share = percent == Math.rint(percent) ? Long.toString((long) percent) : "" + percent;
    return share + "-seed" + seed + "-" + start.label();
  }
}
