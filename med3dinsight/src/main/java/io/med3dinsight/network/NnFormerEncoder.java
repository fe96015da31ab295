package io.med3dinsight.network;

import io.med3dinsight.engine.op.Gelu;
import io.med3dinsight.engine.tensor.Rng;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.layer.Conv3d;
import io.med3dinsight.nn.layer.LayerNorm;
import io.med3dinsight.nn.layer.Sequential;
import java.util.ArrayList;
import java.util.List;

/**
 * nnFormer's encoder ({@code model_down}): convolutions that embed patches, then stages of window
 * attention with strided convolutions between them. Features of four levels, each after a layer
 * norm; the finest has one token a patch.
 */
public final class NnFormerEncoder extends Module implements Encoder3d {
  private final NnFormerConfig config;
  private final PatchEmbedding embedding;
  private final List<Stage> stages = new ArrayList<>();
  private final List<LayerNorm> norms = new ArrayList<>();

  NnFormerEncoder(Setup setup, NnFormerConfig config, Rng rng) {
    super(setup);
    this.config = config;
    embedding = register("patch_embed", new PatchEmbedding(setup, config));
    int blocks = 0;
    for (int d : config.depths()) {
      blocks += d;
    }
    double[] drop = StochasticDepth.growing(config.dropPath(), blocks);
    int first = 0;
    Module[] layers = new Module[NnFormerConfig.STAGES];
    for (int i = 0; i < layers.length; i++) {
      Stage stage = new Stage(setup, config, i, drop, first, rng);
      first += config.depths()[i];
      stages.add(stage);
      layers[i] = stage;
    }
    register("layers", new Sequential(setup, layers));
    for (int i = 0; i < layers.length; i++) {
      norms.add(register("norm" + i, new LayerNorm(setup, config.embedding() << i)));
    }
  }

  @Override
  public Tensor[] features(Tensor x) {
    return tidyAll(
        () -> {
          Tensor[] f = new Tensor[stages.size()];
          Tensor y = embedding.call(x);
          for (int i = 0; i < f.length; i++) {
            y = stages.get(i).blocks(y);
            f[i] = norms.get(i).call(y);
            if (i < f.length - 1) {
              y = stages.get(i).down.call(y);
            }
          }
          return f;
        });
  }

  @Override
  public int[] channels() {
    int[] c = new int[NnFormerConfig.STAGES];
    for (int i = 0; i < c.length; i++) {
      c[i] = config.embedding() << i;
    }
    return c;
  }

  /** Two convolutions of half the patch's stride, each followed by one of stride 1. */
  private static final class PatchEmbedding extends Module {
    private final int[] patch;
    private final Half first;
    private final Half second;
    private final LayerNorm norm;

    PatchEmbedding(Setup setup, NnFormerConfig config) {
      super(setup);
      patch = config.patch();
      int[][] strides = config.embeddingStrides();
      int c = config.embedding();
      first = register("proj1", new Half(setup, config.inputChannels(), c / 2, strides[0], false));
      second = register("proj2", new Half(setup, c / 2, c, strides[1], true));
      norm = register("norm", new LayerNorm(setup, c));
    }

    @Override
    protected Tensor forward(Tensor x) {
      return norm.call(second.call(first.call(Grids.padTo(x, patch))));
    }
  }

  /** Convolution, GELU, norm, convolution; then, unless it is the last, GELU and norm again. */
  private static final class Half extends Module {
    private final Conv3d conv1;
    private final Conv3d conv2;
    private final LayerNorm norm1;
    private final LayerNorm norm2;

    Half(Setup setup, int in, int out, int[] stride, boolean last) {
      super(setup);
      int[] three = Conv3d.cube(3);
      int[] one = Conv3d.cube(1);
      conv1 = register("conv1", Published.conv(setup, in, out, three, stride, one, true));
      conv2 = register("conv2", Published.conv(setup, out, out, three, one, one, true));
      norm1 = register("norm1", new LayerNorm(setup, out));
      norm2 = last ? null : register("norm2", new LayerNorm(setup, out));
    }

    @Override
    protected Tensor forward(Tensor x) {
      Tensor y = conv2.call(norm1.call(Gelu.of(conv1.call(x))));
      return norm2 == null ? y : norm2.call(Gelu.of(y));
    }
  }

  /** Blocks of window attention, every other one shifted, and the way to the next stage. */
  private static final class Stage extends Module {
    private final NnFormerConfig.Attention attention;
    private final List<SwinBlock> blocks;
    private final WindowMasks masks;
    private Down down;

    Stage(Setup setup, NnFormerConfig config, int i, double[] drop, int first, Rng rng) {
      super(setup);
      attention = config.attention(i);
      int width = config.embedding() << i;
      blocks =
          NnFormer.blocks(
              setup, config, i, config.depths()[i], config.heads()[i], drop, first, rng);
      register("blocks", new Sequential(setup, blocks.toArray(new Module[0])));
      masks = NnFormer.masks(config);
      if (i < NnFormerConfig.STAGES - 1) {
        down = register("downsample", new Down(setup, width, config.merging(i), config.stride(i)));
      }
    }

    Tensor blocks(Tensor x) {
      int[] grid = Grids.extents(x);
      Windows still = new Windows(grid, attention.window(), Conv3d.cube(0));
      Windows shifted = new Windows(grid, attention.window(), attention.shift());
      Tensor y = x;
      for (int i = 0; i < blocks.size(); i++) {
        Windows w = i % 2 == 0 ? still : shifted;
        y = blocks.get(i).call(y, w, masks.of(w, device()));
      }
      return y;
    }

    @Override
    public void close() {
      masks.close();
      super.close();
    }
  }

  /** GELU, norm, strided convolution to twice the channels. */
  private static final class Down extends Module {
    private final LayerNorm norm;
    private final Conv3d reduction;

    Down(Setup setup, int width, int[][] kernelAndPadding, int[] stride) {
      super(setup);
      reduction =
          register(
              "reduction",
              Published.conv(
                  setup, width, 2 * width, kernelAndPadding[0], stride, kernelAndPadding[1], true));
      norm = register("norm", new LayerNorm(setup, width));
    }

    @Override
    protected Tensor forward(Tensor x) {
      Tensor y = norm.call(Gelu.of(x));
      int[] least = {1, 1, 1};
      int[] k = reduction.kernel();
      int[] p = reduction.padding();
      for (int a = 0; a < 3; a++) {
        least[a] = Math.max(y.dim(a + 1), k[a] - 2 * p[a]);
      }
      // Grids too short for the unpadded kernel, which only small inputs have.
      return reduction.call(Grids.fit(y, least));
    }
  }
}
