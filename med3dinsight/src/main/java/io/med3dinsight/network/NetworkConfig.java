package io.med3dinsight.network;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.nn.Setup;

/** Shape of a network of encoder and decoder, enough to build it. */
public sealed interface NetworkConfig
    permits UNetConfig, NnFormerConfig, SwinUnetrConfig, UnetrConfig {
  /** Name of the architecture in settings and files. */
  NetworkType type();

  /** Channels of the input volume. */
  int inputChannels();

  /**
   * The factor along D, H, W by which the extents of an input must be divisible; 1 where any size
   * can be used.
   */
  default int[] divisor() {
    return new int[] {1, 1, 1};
  }

  /**
   * A network of this shape with fresh weights.
   *
   * @param outputs classes, background included, or channels to reconstruct
   * @param supervised number of levels with a head, from the finest; architectures without deep
   *     supervision have one
   */
  EncoderDecoder build(Setup setup, int outputs, int supervised);

  /** As it stands in files; {@link NetworkJson} reads it. */
  ObjectNode toJson();

  /** A text that two networks share when their weights fit each other. */
  String signature();
}
