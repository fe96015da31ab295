package io.med3dinsight.network;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.UsageException;
import io.med3dinsight.nn.Setup;
import java.util.Arrays;

/**
 * Shape of a UNETR (Hatamizadeh et al. 2021, arXiv 2103.10504): a vision transformer in 3D.
 *
 * @param inputChannels channels of the input volume
 * @param image extents D, H, W that the position embeddings are for; for other sizes they are
 *     interpolated
 * @param features channels of the finest level of the decoder
 * @param hidden width of the transformer
 * @param mlp width within its MLPs
 * @param heads attention heads
 * @param layers transformer blocks, a multiple of 4; features are taken after each quarter
 */
public record UnetrConfig(
    int inputChannels, int[] image, int features, int hidden, int mlp, int heads, int layers)
    implements NetworkConfig {
  /** Voxels along an axis that become one token; the decoder doubles four times. */
  static final int PATCH = 16;

  public UnetrConfig {
    boolean large = image.length == 3;
    for (int e : image) {
      large &= e >= PATCH;
    }
    if (!large) {
      throw new UsageException(
          "UNETR's image is "
              + Arrays.toString(image)
              + ": expected [D, H, W] of at least "
              + PATCH
              + " voxels each.");
    }
    if (hidden < 1 || heads < 1 || hidden % heads != 0) {
      throw new UsageException(
          "UNETR's heads are "
              + heads
              + ": expected a number that divides hidden, "
              + hidden
              + ".");
    }
    if (layers < 4 || layers % 4 != 0) {
      throw new UsageException("UNETR's layers are " + layers + ": expected a multiple of 4.");
    }
    if (inputChannels < 1 || features < 1 || mlp < 1) {
      throw new UsageException(
          "UNETR's inputChannels, features and mlp are "
              + inputChannels
              + ", "
              + features
              + " and "
              + mlp
              + ": expected at least 1.");
    }
  }

  /** The published network, ViT-B/16. */
  public static UnetrConfig published(int inputChannels, int... image) {
    return new UnetrConfig(inputChannels, image, 16, 768, 3072, 12, 12);
  }

  /** Tokens along D, H, W of the image. */
  int[] grid() {
    return new int[] {image[0] / PATCH, image[1] / PATCH, image[2] / PATCH};
  }

  @Override
  public NetworkType type() {
    return NetworkType.UNETR;
  }

  @Override
  public Unetr build(Setup setup, int outputs, int supervised) {
    return new Unetr(setup, this, outputs);
  }

  @Override
  public ObjectNode toJson() {
    return NetworkJson.write(this);
  }

  @Override
  public String signature() {
    return "unetr(in="
        + inputChannels
        + ", image="
        + Arrays.toString(image)
        + ", features="
        + features
        + ", hidden="
        + hidden
        + ", mlp="
        + mlp
        + ", heads="
        + heads
        + ", layers="
        + layers
        + ")";
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof UnetrConfig c && signature().equals(c.signature());
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
