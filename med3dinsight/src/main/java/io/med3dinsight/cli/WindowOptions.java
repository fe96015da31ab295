package io.med3dinsight.cli;

import io.med3dinsight.inference.InferenceOptions;
import io.med3dinsight.inference.KeepComponents;
import picocli.CommandLine.Option;

/** Options that say how windows cover an image that is segmented. */
final class WindowOptions {
  @Option(
      names = "--overlap",
      paramLabel = "SHARE",
      defaultValue = "0.5",
      description = "Overlap of neighbouring windows, 0 to 0.95 (default: ${DEFAULT-VALUE}).")
  private double overlap;

  @Option(
      names = "--mirror",
      description =
          "Average over the 8 flips of each window: 8 times slower, for models trained with flips.")
  private boolean mirror;

  /**
   * The options with what is done to the results.
   *
   * @param components which parts of each structure are kept
   * @param probabilities whether they are wanted
   * @throws io.med3dinsight.UsageException for an overlap that cannot be used
   */
  InferenceOptions options(KeepComponents components, boolean probabilities) {
    return new InferenceOptions(overlap, mirror, 1, components, probabilities);
  }
}
