package io.med3dinsight.inference;

import io.med3dinsight.UsageException;
import java.util.Objects;

/**
 * How a volume is segmented.
 *
 * @param overlap share of a window that its neighbour covers too, from 0 to 0.95; nnU-Net uses 0.5
 * @param mirror whether scores are averaged over the 8 flips of each window: slower by that factor,
 *     and only of use with a network that was trained on flipped patches
 * @param batch windows that go through the network together, at least 1
 * @param components which connected parts of each structure stay
 * @param probabilities whether {@link Segmenter#run} gives every class's probability too, by way of
 *     a temporary file
 */
public record InferenceOptions(
    double overlap, boolean mirror, int batch, KeepComponents components, boolean probabilities) {
  /** Overlap beyond this makes thousands of windows without changing the result. */
  private static final double MOST_OVERLAP = 0.95;

  public InferenceOptions {
    Objects.requireNonNull(components, "components");
    if (!(overlap >= 0 && overlap <= MOST_OVERLAP)) {
      throw new UsageException(
          "The overlap of windows is " + overlap + ": expected 0 to " + MOST_OVERLAP + ".");
    }
    if (batch < 1) {
      throw new UsageException("The batch of windows is " + batch + ": expected at least 1.");
    }
  }

  /** All connected parts, no probabilities. */
  public InferenceOptions(double overlap, boolean mirror, int batch) {
    this(overlap, mirror, batch, KeepComponents.ALL, false);
  }

  /** Half a window of overlap, no mirroring, one window at a time. */
  public static InferenceOptions standard() {
    return new InferenceOptions(0.5, false, 1);
  }
}
