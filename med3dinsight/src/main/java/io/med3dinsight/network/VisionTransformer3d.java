package io.med3dinsight.network;

import io.med3dinsight.engine.function.Resampling;
import io.med3dinsight.engine.op.Attention;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Layout;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.layer.Conv3d;
import io.med3dinsight.nn.layer.LayerNorm;
import io.med3dinsight.nn.layer.Linear;
import io.med3dinsight.nn.layer.Mlp;
import io.med3dinsight.nn.layer.Sequential;
import java.util.ArrayList;
import java.util.List;

/**
 * UNETR's encoder ({@code vit}): a vision transformer (Dosovitskiy et al. 2021, arXiv 2010.11929)
 * over patches of 16^3 voxels. Its four levels have the same grid of tokens: after a quarter, a
 * half and three quarters of the blocks, and the normed end.
 */
public final class VisionTransformer3d extends Module implements Encoder3d {
  private final UnetrConfig config;
  private final PatchEmbedding embedding;
  private final List<Block> blocks = new ArrayList<>();
  private final LayerNorm norm;

  VisionTransformer3d(Setup setup, UnetrConfig config) {
    super(setup);
    this.config = config;
    embedding = register("patch_embedding", new PatchEmbedding(setup, config));
    Module[] all = new Module[config.layers()];
    for (int i = 0; i < all.length; i++) {
      Block b = new Block(setup, config);
      blocks.add(b);
      all[i] = b;
    }
    register("blocks", new Sequential(setup, all));
    norm = register("norm", new LayerNorm(setup, config.hidden()));
  }

  @Override
  public Tensor[] features(Tensor x) {
    return tidyAll(
        () -> {
          Tensor[] f = new Tensor[4];
          Tensor y = embedding.call(x);
          int[] grid = y.shape().toArray();
          int tokens = grid[1] * grid[2] * grid[3];
          y = y.reshape(grid[0], tokens, config.hidden());
          int quarter = config.layers() / 4;
          for (int i = 0; i < blocks.size(); i++) {
            y = blocks.get(i).call(y);
            // The published network counts from 0: the first is the output of block 3 of 0 to 11.
            if (i % quarter == 0 && i > 0) {
              f[i / quarter - 1] = y.reshape(grid);
            }
          }
          f[3] = norm.call(y).reshape(grid);
          return f;
        });
  }

  @Override
  public int[] channels() {
    int c = config.hidden();
    return new int[] {c, c, c, c};
  }

  /** Convolution to tokens [N,d,h,w,C] and learned positions. */
  private static final class PatchEmbedding extends Module {
    private final int[] grid;
    private final int hidden;
    private final Conv3d patches;
    private final Tensor positions;

    PatchEmbedding(Setup setup, UnetrConfig config) {
      super(setup);
      grid = config.grid();
      hidden = config.hidden();
      int[] p = Conv3d.cube(UnetrConfig.PATCH);
      patches =
          register(
              "patch_embeddings",
              Published.conv(setup, config.inputChannels(), hidden, p, p, Conv3d.cube(0), true));
      positions =
          parameter(
              "position_embeddings",
              Published.POSITIONS,
              Layout.SAME,
              1,
              1,
              1,
              grid[0] * grid[1] * grid[2],
              hidden);
    }

    @Override
    protected Tensor forward(Tensor x) {
      Tensor y = patches.call(Grids.padTo(x, Conv3d.cube(UnetrConfig.PATCH)));
      Tensor where = positions.reshape(1, grid[0], grid[1], grid[2], hidden);
      int[] found = Grids.extents(y);
      if (!java.util.Arrays.equals(found, grid)) {
        where = Resampling.trilinear(where, found[0], found[1], found[2], false);
      }
      return y.add(where);
    }
  }

  /** Pre-norm block; queries, keys and values have no bias, as in MONAI. */
  private static final class Block extends Module {
    private final Mlp mlp;
    private final LayerNorm norm1;
    private final SelfAttention attention;
    private final LayerNorm norm2;

    Block(Setup setup, UnetrConfig config) {
      super(setup);
      int c = config.hidden();
      mlp = register("mlp", Published.mlp(setup, c, config.mlp(), "linear1", "linear2"));
      norm1 = register("norm1", new LayerNorm(setup, c));
      attention = register("attn", new SelfAttention(setup, c, config.heads()));
      norm2 = register("norm2", new LayerNorm(setup, c));
    }

    @Override
    protected Tensor forward(Tensor x) {
      Tensor y = x.add(attention.call(norm1.call(x)));
      return y.add(mlp.call(norm2.call(y)));
    }
  }

  private static final class SelfAttention extends Module {
    private final int heads;
    private final Linear output;
    private final PackedLinear projections;

    SelfAttention(Setup setup, int width, int heads) {
      super(setup);
      this.heads = heads;
      output = register("out_proj", Published.linear(setup, width, width, true));
      projections = register("qkv", new PackedLinear(setup, width, 3, width, false));
    }

    @Override
    protected Tensor forward(Tensor x) {
      Tensor[] p = projections.parts(x);
      Tensor y = Attention.of(split(p[0]), split(p[1]), split(p[2]));
      return output.call(y.transpose(1, 2).reshape(x.shape().toArray()));
    }

    private Tensor split(Tensor t) {
      return t.reshape(t.dim(0), t.dim(1), heads, t.dim(2) / heads).transpose(1, 2);
    }
  }
}
