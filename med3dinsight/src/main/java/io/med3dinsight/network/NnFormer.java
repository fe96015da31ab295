package io.med3dinsight.network;

import io.med3dinsight.engine.tensor.Rng;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.layer.Conv3d;
import io.med3dinsight.nn.layer.ConvTranspose3d;
import io.med3dinsight.nn.layer.LayerNorm;
import io.med3dinsight.nn.layer.Sequential;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * nnFormer (Zhou et al. 2021, arXiv 2109.03201): volume attention in local windows that grow with
 * depth, a decoder of the same kind whose queries look at the encoder's features (skip attention),
 * and transposed convolutions back to voxels. Names as in the authors' code, {@code model_down},
 * {@code decoder}, {@code final}. Inputs of any size: what does not fill patches and windows is
 * filled up with zeros.
 */
public final class NnFormer extends EncoderDecoder {
  /** Name of the stream that stochastic depth draws from. */
  static final String DROP_PATH = "drop_path";

  private final NnFormerConfig config;
  private final Rng rng;
  private final NnFormerEncoder encoder;
  private final Decoder decoder;
  private final List<ConvTranspose3d> heads = new ArrayList<>();

  NnFormer(Setup setup, NnFormerConfig config, int outputs, int supervised) {
    super(setup);
    this.config = config;
    rng = new Rng(setup.random().nextLong());
    encoder = register("model_down", new NnFormerEncoder(setup, config, rng));
    decoder = register("decoder", new Decoder(setup, config, rng));
    int levels = Math.max(1, Math.min(supervised, NnFormerConfig.STAGES - 1));
    Module[] last = new Module[levels];
    for (int i = 0; i < levels; i++) {
      Head head = new Head(setup, config.embedding() << i, outputs, config.patch());
      heads.add(head.up);
      last[i] = head;
    }
    register("final", new Sequential(setup, last));
  }

  /** The network for ACDC lets tokens at both ends of the grid see each other. */
  static WindowMasks masks(NnFormerConfig config) {
    boolean partEnds = config.variant() != NnFormerConfig.Variant.ACDC;
    return new WindowMasks(partEnds, config.hidePadding());
  }

  /** Blocks of self-attention; the drop probabilities start at {@code first}. */
  static List<SwinBlock> blocks(
      Setup setup,
      NnFormerConfig config,
      int level,
      int count,
      int heads,
      double[] drop,
      int first,
      Rng rng) {
    List<SwinBlock> blocks = new ArrayList<>();
    for (int j = 0; j < count; j++) {
      blocks.add(block(setup, config, level, heads, false, drop[first + j], rng));
    }
    return blocks;
  }

  static SwinBlock block(
      Setup setup,
      NnFormerConfig config,
      int level,
      int heads,
      boolean skip,
      double drop,
      Rng rng) {
    WindowAttention.Spec spec =
        new WindowAttention.Spec(
            config.embedding() << level,
            heads,
            config.attention(level).window(),
            WindowAttention.Positions.NNFORMER,
            skip);
    return new SwinBlock(setup, spec, new String[] {"fc1", "fc2"}, new StochasticDepth(drop, rng));
  }

  @Override
  public NnFormerConfig config() {
    return config;
  }

  @Override
  public NnFormerEncoder encoder() {
    return encoder;
  }

  @Override
  public Tensor[] fromFeatures(Tensor x, Tensor[] pyramid) {
    return tidyAll(
        () -> {
          Tensor[] decoded = decoder.decode(pyramid);
          Tensor[] out = new Tensor[heads.size()];
          for (int i = 0; i < out.length; i++) {
            Tensor y = heads.get(i).call(decoded[i]);
            out[i] = i == 0 ? Grids.crop(y, Grids.extents(x)) : y;
          }
          return out;
        });
  }

  @Override
  public Map<String, Module> encoderParts() {
    return Map.of("model_down", encoder);
  }

  @Override
  public Map<String, Module> decoderParts() {
    return Map.of("decoder", decoder);
  }

  @Override
  public boolean trainingOnly(String name) {
    return name.matches("final\\.[1-9]\\d*\\..*");
  }

  @Override
  public Map<String, Rng> randomStreams() {
    return config.dropPath() > 0 ? Map.of(DROP_PATH, rng) : Map.of();
  }

  private static final class Head extends Module {
    private final ConvTranspose3d up;

    Head(Setup setup, int width, int outputs, int[] patch) {
      super(setup);
      up = register("up", Published.up(setup, width, outputs, patch, true));
    }
  }

  /** Levels from the second coarsest to the finest. */
  private static final class Decoder extends Module {
    private final List<Level> levels = new ArrayList<>();

    Decoder(Setup setup, NnFormerConfig config, Rng rng) {
      super(setup);
      int count = NnFormerConfig.STAGES - 1;
      int blocks = 0;
      for (int i = 0; i < count; i++) {
        blocks += config.depths()[i];
      }
      double[] drop = StochasticDepth.growing(config.dropPath(), blocks);
      // Probabilities grow from the coarsest level, which runs first.
      int end = blocks;
      Module[] layers = new Module[count];
      for (int i = 0; i < count; i++) {
        end -= config.depths()[i];
        Level level = new Level(setup, config, i, drop, end, rng);
        levels.add(level);
        layers[i] = level;
      }
      register("layers", new Sequential(setup, layers));
    }

    /** Features of each level, finest first, the coarsest left out. */
    Tensor[] decode(Tensor[] pyramid) {
      Tensor[] out = new Tensor[levels.size()];
      Tensor y = pyramid[pyramid.length - 1];
      for (int i = out.length - 1; i >= 0; i--) {
        y = levels.get(i).call(y, pyramid[i]);
        out[i] = y;
      }
      return out;
    }
  }

  /** One level: up, skip attention, then shifted windows. */
  private static final class Level extends Module {
    private final NnFormerConfig.Attention attention;
    private final Up up;
    private final List<SwinBlock> blocks = new ArrayList<>();
    private final WindowMasks masks;

    Level(Setup setup, NnFormerConfig config, int i, double[] drop, int first, Rng rng) {
      super(setup);
      attention = config.attention(i);
      int heads = config.decoderHeads(i);
      blocks.add(block(setup, config, i, heads, true, drop[first], rng));
      blocks.addAll(
          NnFormer.blocks(setup, config, i, config.depths()[i] - 1, heads, drop, first + 1, rng));
      register("blocks", new Sequential(setup, blocks.toArray(new Module[0])));
      up = register("Upsample", new Up(setup, config.embedding() << i, config.stride(i)));
      masks = NnFormer.masks(config);
    }

    Tensor call(Tensor x, Tensor skip) {
      return tidyAll(() -> new Tensor[] {compute(x, skip)})[0];
    }

    private Tensor compute(Tensor x, Tensor skip) {
      int[] grid = Grids.extents(skip);
      Tensor raised = up.call(x, grid);
      Windows still = new Windows(grid, attention.window(), Conv3d.cube(0));
      Windows shifted = new Windows(grid, attention.window(), attention.shift());
      Tensor y =
          blocks.get(0).callSkip(raised.add(skip), skip, raised, still, masks.of(still, device()));
      for (int i = 1; i < blocks.size(); i++) {
        y = blocks.get(i).call(y, shifted, masks.of(shifted, device()));
      }
      return y;
    }

    @Override
    public void close() {
      masks.close();
      super.close();
    }
  }

  /** Norm and transposed convolution to half the channels. */
  private static final class Up extends Module {
    private final LayerNorm norm;
    private final ConvTranspose3d up;
    private final int[] stride;

    Up(Setup setup, int width, int[] stride) {
      super(setup);
      this.stride = stride;
      norm = register("norm", new LayerNorm(setup, 2 * width));
      up = register("up", Published.up(setup, 2 * width, width, stride, true));
    }

    Tensor call(Tensor x, int[] extents) {
      return Published.upTo(up, norm.call(x), stride, extents);
    }
  }
}
