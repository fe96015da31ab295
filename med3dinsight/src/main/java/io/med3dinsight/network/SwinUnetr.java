package io.med3dinsight.network;

import io.med3dinsight.engine.tensor.Rng;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Swin UNETR (Hatamizadeh et al. 2022, arXiv 2201.01266): a {@link SwinTransformer} whose levels
 * are read by residual convolution blocks and joined from coarse to fine by transposed
 * convolutions. Names as in MONAI, {@code swinViT}, {@code encoder1}, ..., {@code out}. Inputs of
 * any size.
 */
public final class SwinUnetr extends EncoderDecoder {
  private final SwinUnetrConfig config;
  private final Rng rng;
  private final SwinTransformer encoder;
  private final UnetrBlocks.Basic encoder1;
  private final UnetrBlocks.Basic encoder2;
  private final UnetrBlocks.Basic encoder3;
  private final UnetrBlocks.Basic encoder4;
  private final UnetrBlocks.Basic encoder10;
  private final UnetrBlocks.Up decoder5;
  private final UnetrBlocks.Up decoder4;
  private final UnetrBlocks.Up decoder3;
  private final UnetrBlocks.Up decoder2;
  private final UnetrBlocks.Up decoder1;
  private final UnetrBlocks.Out out;

  SwinUnetr(Setup setup, SwinUnetrConfig config, int outputs) {
    super(setup);
    this.config = config;
    rng = new Rng(setup.random().nextLong());
    encoder = register("swinViT", new SwinTransformer(setup, config, rng));
    int f = config.features();
    encoder1 = register("encoder1", new UnetrBlocks.Basic(setup, config.inputChannels(), f));
    encoder2 = register("encoder2", new UnetrBlocks.Basic(setup, f, f));
    encoder3 = register("encoder3", new UnetrBlocks.Basic(setup, 2 * f, 2 * f));
    encoder4 = register("encoder4", new UnetrBlocks.Basic(setup, 4 * f, 4 * f));
    encoder10 = register("encoder10", new UnetrBlocks.Basic(setup, 16 * f, 16 * f));
    decoder5 = register("decoder5", new UnetrBlocks.Up(setup, 16 * f, 8 * f));
    decoder4 = register("decoder4", new UnetrBlocks.Up(setup, 8 * f, 4 * f));
    decoder3 = register("decoder3", new UnetrBlocks.Up(setup, 4 * f, 2 * f));
    decoder2 = register("decoder2", new UnetrBlocks.Up(setup, 2 * f, f));
    decoder1 = register("decoder1", new UnetrBlocks.Up(setup, f, f));
    out = register("out", new UnetrBlocks.Out(setup, f, outputs));
  }

  @Override
  public SwinUnetrConfig config() {
    return config;
  }

  @Override
  public SwinTransformer encoder() {
    return encoder;
  }

  @Override
  public Tensor[] fromFeatures(Tensor x, Tensor[] pyramid) {
    return tidyAll(
        () -> {
          Tensor y = decoder5.call(encoder10.call(pyramid[4]), pyramid[3]);
          y = decoder4.call(y, encoder4.call(pyramid[2]));
          y = decoder3.call(y, encoder3.call(pyramid[1]));
          y = decoder2.call(y, encoder2.call(pyramid[0]));
          y = decoder1.call(y, encoder1.call(x));
          return new Tensor[] {out.call(y)};
        });
  }

  @Override
  public Map<String, Module> encoderParts() {
    return Map.of("swinViT", encoder);
  }

  @Override
  public Map<String, Module> decoderParts() {
    Map<String, Module> parts = new LinkedHashMap<>(children());
    parts.remove("swinViT");
    parts.remove("out");
    return parts;
  }

  @Override
  public boolean trainingOnly(String name) {
    return false;
  }

  @Override
  public Map<String, Rng> randomStreams() {
    return config.dropPath() > 0 ? Map.of(NnFormer.DROP_PATH, rng) : Map.of();
  }
}
