package io.med3dinsight.encoder2d.clip;

import io.med3dinsight.engine.op.MatMul;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;

/** An image tower and a text tower whose embeddings share one space. */
abstract class DualEncoder extends Module {
  DualEncoder(Setup setup) {
    super(setup);
  }

  /** The towers of a configuration, their weights still 0. */
  static DualEncoder of(Setup setup, ClipConfig config) {
    return switch (config.kind()) {
      case CLIP -> new ClipTowers(setup, config);
      case BIOMEDCLIP -> new BiomedClipTowers(setup, config);
    };
  }

  /**
   * Embeds pictures.
   *
   * @param patches [B,N,3 p p] of {@link #patches}
   * @return [B,E], of any length
   */
  abstract Tensor images(Tensor patches);

  /**
   * Embeds texts.
   *
   * @param ids rows of equal length, padded
   * @param padding the id that fills a row's end
   * @return [B,E], of any length
   */
  abstract Tensor texts(int[][] ids, int padding);

  /**
   * Cuts a picture [3,S,S] into patches: N times 3 p p values, in the order of a convolution's
   * weight [.,3,p,p].
   */
  static void patches(float[] picture, int size, int patch, float[] to, int offset) {
    int side = size / patch;
    int o = offset;
    for (int n = 0; n < side * side; n++) {
      int top = n / side * patch;
      int left = n % side * patch;
      for (int c = 0; c < 3; c++) {
        for (int r = 0; r < patch; r++) {
          System.arraycopy(picture, (c * size + top + r) * size + left, to, o, patch);
          o += patch;
        }
      }
    }
  }

  /** Patches times a convolution's weight [C,3,p,p], [B,N,C]. */
  static Tensor convolve(Tensor patches, Tensor weight) {
    int b = patches.dim(0);
    int n = patches.dim(1);
    int c = weight.dim(0);
    Tensor flat = patches.reshape(b * n, patches.dim(2));
    return MatMul.of(flat, false, weight.reshape(c, patches.dim(2)), true).reshape(b, n, c);
  }

  /** The tokens of pictures behind one that is the same for all, [B,1+N,C]. */
  static Tensor withClass(Tensor token, Tensor patches) {
    int c = patches.dim(2);
    Tensor first = token.reshape(1, 1, c).broadcastTo(patches.dim(0), 1, c);
    return Tensor.concat(1, first, patches);
  }

  static int[] flat(int[][] ids) {
    int length = ids.length == 0 ? 0 : ids[0].length;
    int[] out = new int[ids.length * length];
    for (int i = 0; i < ids.length; i++) {
      System.arraycopy(ids[i], 0, out, i * length, length);
    }
    return out;
  }
}
