package io.med3dinsight.network;

import io.med3dinsight.engine.op.LayerNorm;
import io.med3dinsight.engine.tensor.Rng;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.layer.Conv3d;
import io.med3dinsight.nn.layer.Linear;
import io.med3dinsight.nn.layer.Sequential;
import java.util.ArrayList;
import java.util.List;

/**
 * Swin UNETR's encoder ({@code swinViT}): 2x2x2 patches, then four stages of shifted-window
 * attention, each ending with a merging of eight tokens into one. Features of five levels, the
 * finest with one token a patch, each normalised over its channels without learned scale.
 */
public final class SwinTransformer extends Module implements Encoder3d {
  private static final int[] PATCH = {2, 2, 2};
  private static final float EPSILON = 1e-5f;

  private final SwinUnetrConfig config;
  private final PatchEmbedding embedding;
  private final List<UnetrBlocks.Basic> convolutions = new ArrayList<>();
  private final List<Stage> stages = new ArrayList<>();

  SwinTransformer(Setup setup, SwinUnetrConfig config, Rng rng) {
    super(setup);
    this.config = config;
    embedding =
        register(
            "patch_embed", new PatchEmbedding(setup, config.inputChannels(), config.features()));
    int blocks = 0;
    for (int d : config.depths()) {
      blocks += d;
    }
    double[] drop = StochasticDepth.growing(config.dropPath(), blocks);
    int first = 0;
    for (int i = 0; i < SwinUnetrConfig.STAGES; i++) {
      int width = config.features() << i;
      if (config.convolutions()) {
        UnetrBlocks.Basic block = new UnetrBlocks.Basic(setup, width, width);
        convolutions.add(block);
        register("layers" + (i + 1) + "c", new Sequential(setup, block));
      }
      Stage stage = new Stage(setup, config, i, drop, first, rng);
      first += config.depths()[i];
      stages.add(stage);
      register("layers" + (i + 1), new Sequential(setup, stage));
    }
  }

  @Override
  public Tensor[] features(Tensor x) {
    return tidyAll(
        () -> {
          Tensor[] f = new Tensor[SwinUnetrConfig.STAGES + 1];
          Tensor y = embedding.call(x);
          f[0] = normalized(y);
          for (int i = 0; i < stages.size(); i++) {
            Tensor in = convolutions.isEmpty() ? y : convolutions.get(i).call(y);
            y = stages.get(i).call(in);
            f[i + 1] = normalized(y);
          }
          return f;
        });
  }

  private static Tensor normalized(Tensor x) {
    int c = x.dim(-1);
    Tensor one = Tensor.full(x.device(), 1f, c);
    return LayerNorm.of(x, one, Tensor.zeros(x.device(), c), EPSILON);
  }

  @Override
  public int[] channels() {
    int[] c = new int[SwinUnetrConfig.STAGES + 1];
    for (int i = 0; i < c.length; i++) {
      c[i] = config.features() << i;
    }
    return c;
  }

  private static final class PatchEmbedding extends Module {
    private final Conv3d proj;

    PatchEmbedding(Setup setup, int in, int out) {
      super(setup);
      proj = register("proj", Published.conv(setup, in, out, PATCH, PATCH, Conv3d.cube(0), true));
    }

    @Override
    protected Tensor forward(Tensor x) {
      return proj.call(Grids.padTo(x, PATCH));
    }
  }

  /** Blocks, every other one shifted, and the merging. */
  private static final class Stage extends Module {
    private final SwinUnetrConfig config;
    private final List<SwinBlock> blocks = new ArrayList<>();
    private final Merging downsample;
    private final WindowMasks masks;

    Stage(Setup setup, SwinUnetrConfig config, int i, double[] drop, int first, Rng rng) {
      super(setup);
      this.config = config;
      int width = config.features() << i;
      WindowAttention.Spec spec =
          new WindowAttention.Spec(
              width,
              config.heads()[i],
              config.window(),
              WindowAttention.Positions.ROW_MAJOR,
              false);
      for (int j = 0; j < config.depths()[i]; j++) {
        StochasticDepth d = new StochasticDepth(drop[first + j], rng);
        blocks.add(new SwinBlock(setup, spec, new String[] {"linear1", "linear2"}, d));
      }
      register("blocks", new Sequential(setup, blocks.toArray(new Module[0])));
      downsample = register("downsample", new Merging(setup, width, config.merging().order()));
      masks = new WindowMasks(true, config.hidePadding());
    }

    @Override
    protected Tensor forward(Tensor x) {
      int[] grid = Grids.extents(x);
      int[] window = config.window().clone();
      int[] shift = new int[3];
      for (int a = 0; a < 3; a++) {
        // A window over the whole of an axis is not moved along it.
        shift[a] = grid[a] <= window[a] ? 0 : window[a] / 2;
        window[a] = Math.min(window[a], grid[a]);
      }
      Windows still = new Windows(grid, window, Conv3d.cube(0));
      Windows shifted = new Windows(grid, window, shift);
      Tensor y = x;
      for (int i = 0; i < blocks.size(); i++) {
        Windows w = i % 2 == 0 ? still : shifted;
        y = blocks.get(i).call(y, w, masks.of(w, device()));
      }
      return downsample.call(y);
    }

    @Override
    public void close() {
      masks.close();
      super.close();
    }
  }

  /** Eight neighbours side by side, norm, and a linear layer to twice the channels of one. */
  private static final class Merging extends Module {
    private final int[] order;
    private final io.med3dinsight.nn.layer.LayerNorm norm;
    private final Linear reduction;

    Merging(Setup setup, int width, int[] order) {
      super(setup);
      this.order = order;
      reduction = register("reduction", Published.linear(setup, 8 * width, 2 * width, false));
      norm = register("norm", new io.med3dinsight.nn.layer.LayerNorm(setup, 8 * width));
    }

    @Override
    protected Tensor forward(Tensor x) {
      Tensor p = Grids.padTo(x, PATCH);
      int n = p.dim(0);
      int d = p.dim(1) / 2;
      int h = p.dim(2) / 2;
      int w = p.dim(3) / 2;
      int c = p.dim(4);
      Tensor eight =
          p.reshape(n, d, 2, h, 2, w, 2, c)
              .permute(0, 1, 3, 5, 2, 4, 6, 7)
              .reshape(n, d, h, w, 8 * c);
      Tensor[] parts = new Tensor[8];
      boolean sorted = true;
      for (int i = 0; i < 8; i++) {
        sorted &= order[i] == i;
        parts[i] = eight.slice(-1, order[i] * c, (order[i] + 1) * c);
      }
      return reduction.call(norm.call(sorted ? eight : Tensor.concat(-1, parts)));
    }
  }
}
