package io.med3dinsight.pretrain;

import io.med3dinsight.network.UNet;
import io.med3dinsight.network.UNetConfig;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.psat.Psat;
import io.med3dinsight.transport.MahalanobisMetric;

/**
 * What pretraining trains: a UNet that reconstructs its input, the transformer that reads slices
 * off its coarsest features, and the metric by which they are compared.
 */
public final class PretrainNetwork extends Module {
  /** What the names of the UNet's weights begin with in a checkpoint. */
  public static final String UNET_PREFIX = "unet.";

  private final UNet unet;
  private final Psat psat;
  private final MahalanobisMetric metric;

  /**
   * @param embedding width of the 2D encoders' embeddings
   */
  public PretrainNetwork(Setup setup, UNetConfig config, PretrainSettings settings, int embedding) {
    super(setup);
    unet = register("unet", new UNet(setup, config, config.inputChannels(), 1));
    int coarsest = config.channels()[config.stages() - 1];
    psat = register("psat", new Psat(setup, settings.psat(), coarsest, embedding));
    metric = register("metric", new MahalanobisMetric(setup, settings.metric(), embedding));
  }

  public UNet unet() {
    return unet;
  }

  public Psat psat() {
    return psat;
  }

  public MahalanobisMetric metric() {
    return metric;
  }
}
