package io.med3dinsight.network;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.UsageException;
import io.med3dinsight.nn.Setup;
import java.util.Arrays;

/**
 * Shape of a UNet.
 *
 * @param inputChannels channels of the input volume
 * @param channels channels of each stage, finest first
 * @param strides for each stage the step along D, H, W with which it is entered; the first is
 *     usually 1,1,1
 * @param convolutions 3x3x3 convolutions per stage
 * @param residual whether stages are residual blocks (He et al. 2016), as in nnU-Net's ResEnc
 *     presets, or plain ones
 */
public record UNetConfig(
    int inputChannels, int[] channels, int[][] strides, int convolutions, boolean residual)
    implements NetworkConfig {
  /** nnU-Net's leaky ReLU. */
  public static final float SLOPE = 0.01f;

  public static final float EPSILON = 1e-5f;

  public UNetConfig {
    if (channels.length == 0 || channels.length != strides.length) {
      throw new UsageException(
          "network.channels has "
              + channels.length
              + " stages and the strides "
              + strides.length
              + ": expected equal numbers, at least 1.");
    }
    if (convolutions < 1) {
      throw new UsageException(
          "network.convolutions is " + convolutions + ": expected at least 1 a stage.");
    }
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
