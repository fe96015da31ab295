package io.med3dinsight.pretrain;

import java.util.SplittableRandom;

/**
 * Hides random blocks of a volume from the encoder, so that reconstructing it cannot be done by
 * copying (masked autoencoders; He et al. 2021, arXiv 2111.06377).
 */
final class BlockMask {
  private BlockMask() {}

  /**
   * A copy of {@code volume} in which blocks are set to {@code value}.
   *
   * @param volume [D,H,W]
   * @param share of the blocks to hide, in [0, 1]; exactly this share, rounded
   * @param block side of a block in voxels
   */
  static float[] apply(
      float[] volume,
      int[] extents,
      double share,
      int block,
      float value,
      SplittableRandom random) {
    float[] out = volume.clone();
    int[] n = new int[3];
    for (int a = 0; a < 3; a++) {
      n[a] = (extents[a] + block - 1) / block;
    }
    int count = n[0] * n[1] * n[2];
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    int hidden = (int) Math.round(share * count);
    for (int i = 0; i < hidden; i++) {
      int b = order[i];
      fill(
          out,
          extents,
          new int[] {b / (n[1] * n[2]) * block, b / n[2] % n[1] * block, b % n[2] * block},
          block,
          value);
    }
    return out;
  }

  private static void fill(float[] v, int[] e, int[] corner, int block, float value) {
    int xTo = Math.min(e[2], corner[2] + block);
    for (int z = corner[0]; z < Math.min(e[0], corner[0] + block); z++) {
      for (int y = corner[1]; y < Math.min(e[1], corner[1] + block); y++) {
        int row = (z * e[1] + y) * e[2];
        java.util.Arrays.fill(v, row + corner[2], row + xTo, value);
      }
    }
  }
}
