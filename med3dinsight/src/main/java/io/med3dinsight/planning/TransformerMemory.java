package io.med3dinsight.planning;

import io.med3dinsight.network.NnFormerConfig;
import io.med3dinsight.network.SwinUnetrConfig;
import io.med3dinsight.network.UnetrConfig;

/**
 * Floats that a training step of a transformer keeps, counted layer by layer as {@link StepMemory}
 * does for a UNet.
 *
 * <p>A block of T tokens (of all patches), of which there are P with those that fill up windows,
 * with C channels, A heads and an MLP of M channels saves {@code T (3 C + 2 M) + P (6 C + A)}: the
 * input of either norm, the second norm's output, the MLP's channels before and after GELU; within
 * the windows the first norm's output, queries, keys, values, the attention's result twice (as
 * computed, and put together for the projection) and the logarithms of its sums. Stochastic depth
 * keeps both branches, 2 T C. Windows of W tokens add biases, A W^2 a block, and masks where they
 * are shifted, W for each token of one patch.
 */
final class TransformerMemory {
  /**
   * Widths of the finest convolutions that are alive as gradients: as in a UNet, and that of what
   * they join, twice as wide.
   */
  private static final int GRADIENTS = 6;

  private final int batch;
  private double saved;
  private double weights;
  private double gradients;

  private TransformerMemory(int batch) {
    this.batch = batch;
  }

  /** Floats kept for the backward pass, with the gradients where it begins. */
  double floats() {
    return saved + gradients;
  }

  /** Number of weights, those of norms and positions left out. */
  double weights() {
    return weights;
  }

  // ---- the networks

  static TransformerMemory of(NnFormerConfig c, int[] patch, int batch, int classes, int levels) {
    TransformerMemory m = new TransformerMemory(batch);
    int[][] strides = c.embeddingStrides();
    int width = c.embedding();
    int[] grid = divided(patch, strides[0]);
    m.saved += 6 * m.voxels(grid) * width / 2;
    m.weights += 27.0 * width / 2 * (c.inputChannels() + width / 2.0 + width + 2.0 * width);
    grid = divided(grid, strides[1]);
    m.saved += 5 * m.voxels(grid) * width;
    m.gradients = 8 * m.voxels(grid) * width;
    int stages = c.depths().length;
    for (int i = 0; i < stages; i++) {
      int wide = width << i;
      m.windows(grid, c.windows()[i]);
      for (int b = 0; b < c.depths()[i]; b++) {
        m.block(grid, c.windows()[i], wide, c.heads()[i], 4 * wide, c.dropPath() > 0);
      }
      m.saved += m.voxels(grid) * wide;
      if (i < stages - 1) {
        m.nnFormerLevel(c, i, grid, classes, levels);
        m.saved += 2 * m.voxels(grid) * wide;
        m.weights += 54.0 * wide * wide;
        grid = divided(grid, c.stride(i));
      }
    }
    return m;
  }

  /** A level of nnFormer's decoder, the way up to it, and its scores. */
  private void nnFormerLevel(NnFormerConfig c, int i, int[] grid, int classes, int levels) {
    int wide = c.embedding() << i;
    windows(grid, c.windows()[i]);
    for (int b = 0; b < c.depths()[i]; b++) {
      block(grid, c.windows()[i], wide, c.decoderHeads(i), 4 * wide, c.dropPath() > 0);
    }
    int[] up = c.stride(i);
    // What is raised, and the norm's result of the level below.
    saved += voxels(grid) * wide + voxels(divided(grid, up)) * 2 * wide;
    weights += 2.0 * wide * wide * up[0] * up[1] * up[2];
    if (i < levels) {
      int[] p = c.patch();
      double tokens = (double) p[0] * p[1] * p[2];
      saved += voxels(grid) * tokens * (2.0 * classes + 1);
      weights += tokens * wide * classes;
    }
  }

  static TransformerMemory of(SwinUnetrConfig c, int[] patch, int batch, int classes) {
    TransformerMemory m = new TransformerMemory(batch);
    int f = c.features();
    int[] two = {2, 2, 2};
    m.residual(patch, c.inputChannels(), f);
    m.residual(patch, 2 * f, f);
    m.saved += m.voxels(patch) * 2 * f;
    int[] grid = divided(patch, two);
    m.weights += 8.0 * f * (c.inputChannels() + f);
    m.saved += m.voxels(grid) * f;
    int stages = c.depths().length;
    for (int i = 0; i < stages; i++) {
      int wide = f << i;
      // The encoder's features normed, and the decoder's block that joins them.
      m.saved += m.voxels(grid) * 3 * wide;
      m.residual(grid, 2 * wide, wide);
      m.weights += 16.0 * wide * wide;
      if (i < stages - 1) {
        m.residual(grid, wide, wide);
      }
      if (c.convolutions()) {
        m.residual(grid, wide, wide);
      }
      m.windows(grid, c.window());
      for (int b = 0; b < c.depths()[i]; b++) {
        m.block(grid, c.window(), wide, c.heads()[i], 4 * wide, c.dropPath() > 0);
      }
      grid = divided(grid, two);
      // Eight neighbours side by side before and after their norm, and what they become.
      m.saved += m.voxels(grid) * (16 + 2) * wide;
      m.weights += 16.0 * wide * wide;
    }
    m.residual(grid, f << stages, f << stages);
    m.scores(patch, f, classes);
    return m;
  }

  static TransformerMemory of(UnetrConfig c, int[] patch, int batch, int classes) {
    TransformerMemory m = new TransformerMemory(batch);
    int f = c.features();
    int[] tokens = divided(patch, new int[] {16, 16, 16});
    m.weights += 4096.0 * c.inputChannels() * c.hidden();
    for (int b = 0; b < c.layers(); b++) {
      m.block(tokens, tokens, c.hidden(), c.heads(), c.mlp(), false);
    }
    m.saved += 3 * m.voxels(tokens) * c.hidden();
    for (int level = 0; level < 4; level++) {
      int[] grid = divided(patch, new int[] {1 << level, 1 << level, 1 << level});
      int wide = f << level;
      int below = level == 3 ? c.hidden() : 2 * wide;
      m.saved += m.voxels(grid) * 2 * wide;
      m.residual(grid, 2 * wide, wide);
      m.weights += 8.0 * below * wide;
      if (level == 0) {
        m.residual(grid, c.inputChannels(), f);
      }
      for (int at = 3; level > 0 && at >= level; at--) {
        m.projected(patch, at, c.hidden(), wide);
      }
    }
    m.scores(patch, f, classes);
    return m;
  }

  /** One step of the way from UNETR's tokens to a level: up, and from the second on a block. */
  private void projected(int[] patch, int at, int hidden, int wide) {
    int[] grid = divided(patch, new int[] {1 << at, 1 << at, 1 << at});
    saved += voxels(grid) * wide;
    weights += 8.0 * wide * (at == 3 ? hidden : wide);
    if (at < 3) {
      residual(grid, wide, wide);
    }
  }

  // ---- their parts

  private void block(int[] grid, int[] window, int width, int heads, int mlp, boolean drops) {
    double t = voxels(grid);
    double p = voxels(filled(grid, window));
    double w = tokens(grid, window);
    saved += t * (3.0 * width + 2.0 * mlp + (drops ? 2.0 * width : 0));
    saved += p * (6.0 * width + heads) + heads * w * w;
    weights += 4.0 * width * width + 2.0 * width * mlp;
  }

  /** Masks of the shifted windows of one patch; none where a window holds the whole grid. */
  private void windows(int[] grid, int[] window) {
    double w = tokens(grid, window);
    int[] filled = filled(grid, window);
    double all = (double) filled[0] * filled[1] * filled[2];
    saved += all > w ? all * w : 0;
  }

  private void residual(int[] grid, int in, int out) {
    saved += voxels(grid) * out * (in == out ? 5 : 6);
    weights += 27.0 * out * (in + out) + (in == out ? 0 : (double) in * out);
  }

  /** Scores, their gradient, the labels, and the gradients of the finest convolutions. */
  private void scores(int[] patch, int width, int classes) {
    double v = voxels(patch);
    saved += v * (2.0 * classes + 1);
    gradients = v * width * GRADIENTS;
    weights += (double) width * classes;
  }

  private double voxels(int[] grid) {
    return (double) batch * grid[0] * grid[1] * grid[2];
  }

  private static double tokens(int[] grid, int[] window) {
    double w = 1;
    for (int a = 0; a < 3; a++) {
      w *= Math.min(grid[a], window[a]);
    }
    return w;
  }

  /** The grid rounded up to whole windows. */
  private static int[] filled(int[] grid, int[] window) {
    int[] filled = new int[3];
    for (int a = 0; a < 3; a++) {
      int w = Math.min(grid[a], window[a]);
      filled[a] = (grid[a] + w - 1) / w * w;
    }
    return filled;
  }

  private static int[] divided(int[] grid, int[] by) {
    int[] n = new int[3];
    for (int a = 0; a < 3; a++) {
      n[a] = (grid[a] + by[a] - 1) / by[a];
    }
    return n;
  }
}
