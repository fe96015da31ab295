package io.med3dinsight.network;

import io.med3dinsight.UsageException;
import java.nio.file.Path;

/**
 * What a user may choose of the network; the rest follows from the data ({@link NetworkPlan}).
 *
 * @param type the architecture; channels, convolutions and residual are the UNet's
 * @param channels of each stage, finest first; fewer stages are used where the patch is too small
 *     for all of them
 * @param convolutions 3x3x3 convolutions per stage
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
    if (patch != null && (patch.length != 3 || patch[0] < 1 || patch[1] < 1 || patch[2] < 1)) {
      throw new UsageException(
          "network.patch is " + java.util.Arrays.toString(patch) + ": expected [D, H, W].");
    }
    if (maxPatchVoxels < 512) {
      throw new UsageException(
          "network.maxPatchVoxels is " + maxPatchVoxels + ": expected at least 512.");
    }
  }

  /** A UNet. */
  public NetworkSettings(
      int[] channels, int convolutions, boolean residual, int[] patch, int maxPatchVoxels) {
    this(
        NetworkType.UNET,
        channels,
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
    return new NetworkSettings(
        type, channels, convolutions, residual, patch, maxPatchVoxels, transformer, absolute);
  }

  /** The same with another patch D, H, W. */
  public NetworkSettings withPatch(int[] newPatch) {
    return new NetworkSettings(
        type, channels, convolutions, residual, newPatch, maxPatchVoxels, transformer, weights);
  }

  /** The same with other weights to start from; null for fresh ones. */
  public NetworkSettings withWeights(Path file) {
    return new NetworkSettings(
        type, channels, convolutions, residual, patch, maxPatchVoxels, transformer, file);
  }

  /** A residual UNet of four stages on patches of at most 96x96x96 voxels. */
  public static NetworkSettings standard() {
    return new NetworkSettings(new int[] {16, 32, 64, 128}, 2, true, null, 96 * 96 * 96);
  }
}
