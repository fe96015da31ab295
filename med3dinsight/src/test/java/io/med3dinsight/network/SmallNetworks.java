package io.med3dinsight.network;

import java.util.List;

/** One small network of each architecture. */
public final class SmallNetworks {
  private SmallNetworks() {}

  public static List<NetworkConfig> all() {
    return List.of(
        new UNetConfig(1, new int[] {4, 8}, new int[][] {{1, 1, 1}, {2, 2, 2}}, 1, true),
        new NnFormerConfig(
            NnFormerConfig.Variant.TUMOR,
            1,
            new int[] {16, 16, 16},
            8,
            new int[] {2, 2, 1, 1},
            new int[] {1, 2, 4, 8},
            new int[] {2, 4, 4},
            NnFormerConfig.cubes(3, 3, 2, 2),
            0.3,
            false),
        new SwinUnetrConfig(
            1,
            4,
            new int[] {2, 1, 1, 1},
            new int[] {1, 2, 4, 8},
            new int[] {3, 4, 5},
            SwinUnetrConfig.Merging.V2,
            true,
            0.3,
            false),
        new UnetrConfig(1, new int[] {16, 16, 16}, 2, 8, 16, 2, 4));
  }

  /** Extent of a cube that the network takes. */
  public static int extent(NetworkConfig config) {
    return config instanceof UNetConfig ? 8 : 16;
  }
}
