package io.med3dinsight.network;

import io.med3dinsight.UsageException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * What a user may choose of the network; the rest follows from the data ({@link NetworkPlan}).
 *
 * @param type the architecture; channels, convolutions and residual are the UNet's
 * @param channels of each stage, finest first; fewer stages are used where the patch is too small
 *     for all of them
 * @param strides for each stage the steps [D, H, W] with which it is entered, 1 or 2 each, the
 *     first [1, 1, 1]; null to derive them from patch and voxel sizes; the UNet's
 * @param kernels for each stage the extents [D, H, W] of its kernels, odd; null for 3x3x3
 *     everywhere; the UNet's
 * @param convolutions convolutions per stage
 * @param residual whether the encoder's stages are residual blocks
 * @param patch extents along D, H, W in voxels; null to derive them from the data
 * @param maxPatchVoxels bound on the voxels of a derived patch
 * @param transformer shape of the other architectures
 * @param weights file of weights of the network or its encoder to start from, of PyTorch or
 *     safetensors; null for fresh ones
 */
public record NetworkSettings(
    NetworkType type,
    int[] channels,
    int[][] strides,
    int[][] kernels,
    int convolutions,
    boolean residual,
    int[] patch,
    int maxPatchVoxels,
    TransformerSettings transformer,
    Path weights) {
  public NetworkSettings {
    if (channels.length < 2) {
      throw new UsageException(
          "network.channels has " + channels.length + " stages: expected at least 2.");
    }
    for (int c : channels) {
      if (c < 1) {
        throw new UsageException("network.channels holds " + c + ": expected at least 1.");
      }
    }
    requireUsable(strides);
    if (kernels != null) {
      UNetConfig.requireKernels(kernels, kernels.length);
    }
    if (patch != null && (patch.length != 3 || patch[0] < 1 || patch[1] < 1 || patch[2] < 1)) {
      throw new UsageException(
          "network.patch is " + Arrays.toString(patch) + ": expected [D, H, W].");
    }
    if (maxPatchVoxels < 512) {
      throw new UsageException(
          "network.maxPatchVoxels is " + maxPatchVoxels + ": expected at least 512.");
    }
  }

  private static void requireUsable(int[][] strides) {
    if (strides == null) {
      return;
    }
    boolean usable = strides.length > 1 && Arrays.equals(strides[0], new int[] {1, 1, 1});
    for (int[] s : strides) {
      usable &= s.length == 3 && Arrays.stream(s).allMatch(x -> x == 1 || x == 2);
    }
    if (!usable) {
      throw new UsageException(
          "network.strides is "
              + Arrays.deepToString(strides)
              + ": expected three numbers 1 or 2 (D, H, W) for each stage, the first [1, 1, 1].");
    }
  }

  /** A UNet. */
  public NetworkSettings(
      int[] channels, int convolutions, boolean residual, int[] patch, int maxPatchVoxels) {
    this(
        NetworkType.UNET,
        channels,
        null,
        null,
        convolutions,
        residual,
        patch,
        maxPatchVoxels,
        TransformerSettings.standard(),
        null);
  }

  /** The same with the path of the weights made absolute. */
  public NetworkSettings withAbsolutePaths() {
    Path absolute = weights == null ? null : weights.toAbsolutePath().normalize();
    return withWeights(absolute);
  }

  /** The same with another patch D, H, W. */
  public NetworkSettings withPatch(int[] newPatch) {
    return new NetworkSettings(
        type,
        channels,
        strides,
        kernels,
        convolutions,
        residual,
        newPatch,
        maxPatchVoxels,
        transformer,
        weights);
  }

  /** The same with as many stages as there are strides, entered by these. */
  public NetworkSettings withStrides(int[][] newStrides) {
    int stages = newStrides.length;
    return new NetworkSettings(
        type,
        Arrays.copyOf(channels, stages),
        newStrides,
        kernels == null ? null : Arrays.copyOf(kernels, stages),
        convolutions,
        residual,
        patch,
        maxPatchVoxels,
        transformer,
        weights);
  }

  /** The same with another architecture and its shape. */
  public NetworkSettings withTransformer(NetworkType other, TransformerSettings shape) {
    return new NetworkSettings(
        other,
        channels,
        strides,
        kernels,
        convolutions,
        residual,
        patch,
        maxPatchVoxels,
        shape,
        weights);
  }

  /** The same with other weights to start from; null for fresh ones. */
  public NetworkSettings withWeights(Path file) {
    return new NetworkSettings(
        type,
        channels,
        strides,
        kernels,
        convolutions,
        residual,
        patch,
        maxPatchVoxels,
        transformer,
        file);
  }

  /** A residual UNet of four stages on patches of at most 96x96x96 voxels. */
  public static NetworkSettings standard() {
    return new NetworkSettings(new int[] {16, 32, 64, 128}, 2, true, null, 96 * 96 * 96);
  }
}
