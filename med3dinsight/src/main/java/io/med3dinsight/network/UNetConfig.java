package io.med3dinsight.network;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.UsageException;
import io.med3dinsight.nn.Setup;
import java.util.Arrays;

/**
 * Shape of a UNet (Ronneberger et al. 2015) in the manner of nnU-Net.
 *
 * @param inputChannels channels of the input volume
 * @param channels channels of each stage, finest first
 * @param strides for each stage the step along D, H, W with which it is entered; the first is
 *     usually 1,1,1
 * @param kernels for each stage the extents along D, H, W of its convolutions' kernels, odd; the
 *     decoder's convolutions have those of the encoder at their level. {@link FlatKernels} says why
 *     they may be flat
 * @param convolutions convolutions per stage
 * @param residual whether stages are residual blocks (He et al. 2016), as in nnU-Net's ResEnc
 *     presets, or plain ones
 */
public record UNetConfig(
    int inputChannels,
    int[] channels,
    int[][] strides,
    int[][] kernels,
    int convolutions,
    boolean residual)
    implements NetworkConfig {
  /** nnU-Net's leaky ReLU. */
  public static final float SLOPE = 0.01f;

  public static final float EPSILON = 1e-5f;

  private static final int WIDEST = 7;

  public UNetConfig {
    if (channels.length == 0 || channels.length != strides.length) {
      throw new UsageException(
          "network.channels has "
              + channels.length
              + " stages and the strides "
              + strides.length
              + ": expected equal numbers, at least 1.");
    }
    requireKernels(kernels, channels.length);
    if (convolutions < 1) {
      throw new UsageException(
          "network.convolutions is " + convolutions + ": expected at least 1 a stage.");
    }
  }

  /** A UNet whose kernels are all 3x3x3. */
  public UNetConfig(
      int inputChannels, int[] channels, int[][] strides, int convolutions, boolean residual) {
    this(inputChannels, channels, strides, cubes(channels.length), convolutions, residual);
  }

  /**
   * @throws UsageException when they are no odd numbers, three for each stage
   */
  static void requireKernels(int[][] kernels, int stages) {
    boolean usable = kernels.length == stages;
    for (int[] k : kernels) {
      usable &= k.length == 3 && Arrays.stream(k).allMatch(n -> n % 2 == 1 && n > 0 && n <= WIDEST);
    }
    if (!usable) {
      throw new UsageException(
          "network.kernels is "
              + Arrays.deepToString(kernels)
              + ": expected three odd numbers from 1 to "
              + WIDEST
              + " (D, H, W) for each of the "
              + stages
              + " stages.");
    }
  }

  /** Kernels of 3x3x3 for that many stages. */
  static int[][] cubes(int stages) {
    int[][] kernels = new int[stages][];
    Arrays.setAll(kernels, s -> new int[] {3, 3, 3});
    return kernels;
  }

  /** The same with other kernels. */
  public UNetConfig withKernels(int[][] other) {
    return new UNetConfig(inputChannels, channels, strides, other, convolutions, residual);
  }

  /** Whether all kernels are 3x3x3, as they were before there was a choice. */
  boolean cubic() {
    return Arrays.deepEquals(kernels, cubes(stages()));
  }

  @Override
  public NetworkType type() {
    return NetworkType.UNET;
  }

  @Override
  public UNet build(Setup setup, int outputs, int supervised) {
    return new UNet(setup, this, outputs, supervised);
  }

  @Override
  public ObjectNode toJson() {
    return NetworkJson.write(this);
  }

  public int stages() {
    return channels.length;
  }

  @Override
  public int[] divisor() {
    int[] d = {1, 1, 1};
    for (int[] s : strides) {
      for (int a = 0; a < 3; a++) {
        d[a] *= s[a];
      }
    }
    return d;
  }

  @Override
  public String signature() {
    return "unet(in="
        + inputChannels
        + ", channels="
        + Arrays.toString(channels)
        + ", strides="
        + Arrays.deepToString(strides)
        + (cubic() ? "" : ", kernels=" + Arrays.deepToString(kernels))
        + ", convolutions="
        + convolutions
        + (residual ? ", residual)" : ", plain)");
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof UNetConfig c && signature().equals(c.signature());
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
