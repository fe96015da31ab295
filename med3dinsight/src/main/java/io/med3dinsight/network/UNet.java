package io.med3dinsight.network;

import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.layer.Conv3d;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Encoder, decoder and 1x1x1 heads: class scores for segmentation, or intensities for
 * reconstruction. With deep supervision each level but the coarsest has a head.
 */
public final class UNet extends EncoderDecoder {
  private final UNetConfig config;
  private final UNetEncoder encoder;
  private final UNetDecoder decoder;
  private final List<Conv3d> heads = new ArrayList<>();

  /**
   * @param outputs classes, background included, or channels to reconstruct
   * @param supervised number of levels with a head, from the finest
   */
  public UNet(Setup setup, UNetConfig config, int outputs, int supervised) {
    super(setup);
    this.config = config;
    encoder = register("encoder", new UNetEncoder(setup, config));
    decoder = register("decoder", new UNetDecoder(setup, config));
    int levels = Math.max(1, Math.min(supervised, config.stages() - 1));
    for (int i = 0; i < levels; i++) {
      heads.add(register("head" + i, Layers.head(setup, config.channels()[i], outputs)));
    }
  }

  @Override
  public UNetEncoder encoder() {
    return encoder;
  }

  public UNetDecoder decoder() {
    return decoder;
  }

  @Override
  public UNetConfig config() {
    return config;
  }

  /** Scores at full resolution [N,D,H,W,outputs] of a batch [N,D,H,W,C]. */
  @Override
  protected Tensor forward(Tensor x) {
    return heads.get(0).call(decoder.decode(encoder.features(x))[0]);
  }

  @Override
  public Tensor[] fromFeatures(Tensor x, Tensor[] pyramid) {
    return tidyAll(
        () -> {
          Tensor[] decoded = decoder.decode(pyramid);
          Tensor[] out = new Tensor[heads.size()];
          Arrays.setAll(out, i -> heads.get(i).call(decoded[i]));
          return out;
        });
  }

  @Override
  public Map<String, Module> encoderParts() {
    return Map.of("encoder", encoder);
  }

  @Override
  public Map<String, Module> decoderParts() {
    return Map.of("decoder", decoder);
  }

  @Override
  public boolean trainingOnly(String name) {
    return name.matches("head[1-9]\\d*\\..*");
  }
}
