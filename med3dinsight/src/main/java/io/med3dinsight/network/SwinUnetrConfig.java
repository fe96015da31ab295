package io.med3dinsight.network;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.UsageException;
import io.med3dinsight.nn.Setup;
import java.util.Arrays;
import java.util.Locale;

/**
 * Shape of a Swin UNETR (Hatamizadeh et al. 2022, arXiv 2201.01266).
 *
 * @param inputChannels channels of the input volume
 * @param features channels of the first stage; each further stage has twice as many
 * @param depths blocks of each of the four stages
 * @param heads attention heads of each stage
 * @param window extents D, H, W of the windows in tokens
 * @param merging how eight tokens become one
 * @param convolutions whether a residual convolution block comes before each stage (MONAI's {@code
 *     use_v2}, He et al. 2023)
 * @param dropPath stochastic depth of the last block in training
 * @param hidePadding whether tokens that only fill up windows are hidden from attention; the
 *     published network lets them be seen
 */
public record SwinUnetrConfig(
    int inputChannels,
    int features,
    int[] depths,
    int[] heads,
    int[] window,
    Merging merging,
    boolean convolutions,
    double dropPath,
    boolean hidePadding)
    implements NetworkConfig {
  static final int STAGES = 4;

  /**
   * Which of the eight neighbours are joined in which order; numbers are 4 d + 2 h + w of the
   * neighbour's place.
   */
  public enum Merging {
    /**
     * MONAI's {@code merging} from 0.9 to 1.4: two neighbours come twice and two never. Weights
     * published with MONAI were trained so.
     */
    V1(0, 4, 2, 1, 5, 2, 1, 7),
    /** MONAI's {@code merging} since 1.5: every neighbour once. */
    V1_CORRECTED(0, 4, 2, 1, 6, 5, 3, 7),
    /** MONAI's {@code mergingv2}: row-major. */
    V2(0, 1, 2, 3, 4, 5, 6, 7);

    private final int[] order;

    Merging(int... order) {
      this.order = order;
    }

    int[] order() {
      return order.clone();
    }
  }

  public SwinUnetrConfig {
    boolean four = depths.length == STAGES && heads.length == STAGES;
    for (int i = 0; four && i < STAGES; i++) {
      four = depths[i] >= 1 && heads[i] >= 1 && (features << i) % heads[i] == 0;
    }
    if (inputChannels < 1 || features < 1 || !four) {
      throw new UsageException(
          "Swin UNETR's depths "
              + Arrays.toString(depths)
              + " and heads "
              + Arrays.toString(heads)
              + ": expected a number above 0 for each of the 4 stages, heads that divide the"
              + " channels, which are "
              + features
              + " times 1, 2, 4, 8.");
    }
    if (window.length != 3 || Arrays.stream(window).min().orElse(0) < 1) {
      throw new UsageException(
          "Swin UNETR's window is " + Arrays.toString(window) + ": expected [D, H, W].");
    }
    if (!(dropPath >= 0 && dropPath < 1)) {
      throw new UsageException(
          "Swin UNETR's dropPath is " + dropPath + ": expected at least 0 and below 1.");
    }
  }

  /** The published network: 48 features, windows of 7^3. */
  public static SwinUnetrConfig published(int inputChannels) {
    return new SwinUnetrConfig(
        inputChannels,
        48,
        new int[] {2, 2, 2, 2},
        new int[] {3, 6, 12, 24},
        new int[] {7, 7, 7},
        Merging.V1,
        false,
        0,
        false);
  }

  @Override
  public NetworkType type() {
    return NetworkType.SWIN_UNETR;
  }

  @Override
  public SwinUnetr build(Setup setup, int outputs, int supervised) {
    return new SwinUnetr(setup, this, outputs);
  }

  @Override
  public ObjectNode toJson() {
    return NetworkJson.write(this);
  }

  @Override
  public String signature() {
    return "swin_unetr(in="
        + inputChannels
        + ", features="
        + features
        + ", depths="
        + Arrays.toString(depths)
        + ", heads="
        + Arrays.toString(heads)
        + ", window="
        + Arrays.toString(window)
        + ", merging="
        + merging.name().toLowerCase(Locale.ROOT)
        + (convolutions ? ", convolutions" : "")
        + ", dropPath="
        + dropPath
        + (hidePadding ? ", padding hidden)" : ")");
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof SwinUnetrConfig c && signature().equals(c.signature());
  }

  @Override
  public int hashCode() {
    return signature().hashCode();
  }

  @Override
  public String toString() {
    return signature();
  }
}
