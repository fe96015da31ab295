package io.med3dinsight.network;

/**
 * What a user may choose of the transformers; null for the published value.
 *
 * @param variant which published nnFormer the strides follow
 * @param embedding channels of the first stage (nnFormer, Swin UNETR) or of the finest level of the
 *     decoder (UNETR); published 96 (Synapse 192), 48, 16
 * @param depths blocks of each stage; not UNETR
 * @param heads attention heads of each stage, for UNETR one number
 * @param token voxels along D, H, W that become one token; nnFormer only
 * @param windows extent of each stage's cubic windows (nnFormer), or of all windows (Swin UNETR)
 * @param merging how Swin UNETR joins eight tokens
 * @param stageConvolutions whether a convolution block comes before each stage of Swin UNETR
 * @param hidden width of UNETR's transformer; its MLPs are four times as wide
 * @param layers blocks of UNETR
 * @param dropPath stochastic depth of the last block in training; not UNETR
 * @param hidePadding whether tokens that only fill up windows are hidden; not UNETR
 */
public record TransformerSettings(
    NnFormerConfig.Variant variant,
    Integer embedding,
    int[] depths,
    int[] heads,
    int[] token,
    int[] windows,
    SwinUnetrConfig.Merging merging,
    boolean stageConvolutions,
    Integer hidden,
    Integer layers,
    Double dropPath,
    boolean hidePadding) {
  /** The published networks; nnFormer's for brain tumours. */
  public static TransformerSettings standard() {
    return new TransformerSettings(
        NnFormerConfig.Variant.TUMOR,
        null,
        null,
        null,
        null,
        null,
        SwinUnetrConfig.Merging.V1,
        false,
        null,
        null,
        null,
        false);
  }

  /** A network of this type for volumes of these extents. */
  NetworkConfig config(NetworkType type, int inputChannels, int[] extents) {
    return switch (type) {
      case UNET -> throw new IllegalArgumentException("a UNet is no transformer");
      case NNFORMER -> nnFormer(inputChannels, extents);
      case SWIN_UNETR -> swin(inputChannels);
      case UNETR -> unetr(inputChannels, extents);
    };
  }

  /** What extents are rounded up to, so that nothing is cut off at the end. */
  int[] unit(NetworkType type) {
    return switch (type) {
      case UNET -> throw new IllegalArgumentException("a UNet is no transformer");
      case NNFORMER -> nnFormer(1, new int[] {1, 1, 1}).patch();
      case SWIN_UNETR -> new int[] {2, 2, 2};
      case UNETR -> new int[] {UnetrConfig.PATCH, UnetrConfig.PATCH, UnetrConfig.PATCH};
    };
  }

  private NnFormerConfig nnFormer(int inputChannels, int[] extents) {
    NnFormerConfig p =
        switch (variant) {
          case TUMOR -> NnFormerConfig.tumor(inputChannels, extents);
          case SYNAPSE -> NnFormerConfig.synapse(inputChannels, extents);
          case ACDC -> NnFormerConfig.acdc(inputChannels, extents);
        };
    return new NnFormerConfig(
        variant,
        inputChannels,
        extents,
        or(embedding, p.embedding()),
        or(depths, p.depths()),
        or(heads, p.heads()),
        or(token, p.patch()),
        windows == null ? p.windows() : NnFormerConfig.cubes(windows),
        dropPath == null ? p.dropPath() : dropPath,
        hidePadding);
  }

  private SwinUnetrConfig swin(int inputChannels) {
    SwinUnetrConfig p = SwinUnetrConfig.published(inputChannels);
    int[] window = p.window();
    if (windows != null && windows.length == 1) {
      window = new int[] {windows[0], windows[0], windows[0]};
    } else if (windows != null) {
      window = windows;
    }
    return new SwinUnetrConfig(
        inputChannels,
        or(embedding, p.features()),
        or(depths, p.depths()),
        or(heads, p.heads()),
        window,
        merging,
        stageConvolutions,
        dropPath == null ? p.dropPath() : dropPath,
        hidePadding);
  }

  private UnetrConfig unetr(int inputChannels, int[] extents) {
    UnetrConfig p = UnetrConfig.published(inputChannels, extents);
    int width = or(hidden, p.hidden());
    return new UnetrConfig(
        inputChannels,
        extents,
        or(embedding, p.features()),
        width,
        4 * width,
        heads == null || heads.length == 0 ? p.heads() : heads[0],
        or(layers, p.layers()));
  }

  private static int or(Integer chosen, int published) {
    return chosen == null ? published : chosen;
  }

  private static int[] or(int[] chosen, int[] published) {
    return chosen == null ? published : chosen;
  }
}
