package io.med3dinsight.network;

import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * UNETR (Hatamizadeh et al. 2021, arXiv 2103.10504): a {@link VisionTransformer3d} whose tokens are
 * brought up to each level of a convolutional decoder. Names as in MONAI, {@code vit}, {@code
 * encoder1}, ..., {@code out}. Inputs of any size.
 */
public final class Unetr extends EncoderDecoder {
  private final UnetrConfig config;
  private final VisionTransformer3d encoder;
  private final UnetrBlocks.Basic encoder1;
  private final UnetrBlocks.Projection encoder2;
  private final UnetrBlocks.Projection encoder3;
  private final UnetrBlocks.Projection encoder4;
  private final UnetrBlocks.Up decoder5;
  private final UnetrBlocks.Up decoder4;
  private final UnetrBlocks.Up decoder3;
  private final UnetrBlocks.Up decoder2;
  private final UnetrBlocks.Out out;

  Unetr(Setup setup, UnetrConfig config, int outputs) {
    super(setup);
    this.config = config;
    encoder = register("vit", new VisionTransformer3d(setup, config));
    int f = config.features();
    int c = config.hidden();
    encoder1 = register("encoder1", new UnetrBlocks.Basic(setup, config.inputChannels(), f));
    encoder2 = register("encoder2", new UnetrBlocks.Projection(setup, c, 2 * f, 2));
    encoder3 = register("encoder3", new UnetrBlocks.Projection(setup, c, 4 * f, 1));
    encoder4 = register("encoder4", new UnetrBlocks.Projection(setup, c, 8 * f, 0));
    decoder5 = register("decoder5", new UnetrBlocks.Up(setup, c, 8 * f));
    decoder4 = register("decoder4", new UnetrBlocks.Up(setup, 8 * f, 4 * f));
    decoder3 = register("decoder3", new UnetrBlocks.Up(setup, 4 * f, 2 * f));
    decoder2 = register("decoder2", new UnetrBlocks.Up(setup, 2 * f, f));
    out = register("out", new UnetrBlocks.Out(setup, f, outputs));
  }

  @Override
  public UnetrConfig config() {
    return config;
  }

  @Override
  public VisionTransformer3d encoder() {
    return encoder;
  }

  @Override
  public Tensor[] fromFeatures(Tensor x, Tensor[] pyramid) {
    return tidyAll(
        () -> {
          Tensor y = decoder5.call(pyramid[3], encoder4.call(pyramid[2]));
          y = decoder4.call(y, encoder3.call(pyramid[1]));
          y = decoder3.call(y, encoder2.call(pyramid[0]));
          y = decoder2.call(y, encoder1.call(x));
          return new Tensor[] {out.call(y)};
        });
  }

  @Override
  public Map<String, Module> encoderParts() {
    return Map.of("vit", encoder);
  }

  @Override
  public Map<String, Module> decoderParts() {
    Map<String, Module> parts = new LinkedHashMap<>(children());
    parts.remove("vit");
    parts.remove("out");
    return parts;
  }

  @Override
  public boolean trainingOnly(String name) {
    return false;
  }
}
