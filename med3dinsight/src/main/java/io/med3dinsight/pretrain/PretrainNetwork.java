package io.med3dinsight.pretrain;

import io.med3dinsight.network.EncoderDecoder;
import io.med3dinsight.network.NetworkConfig;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.psat.Psat;
import io.med3dinsight.transport.MahalanobisMetric;

/**
 * What pretraining trains: a network that reconstructs its input, the transformer that reads slices
 * off its coarsest features, and the metric by which they are compared.
 */
public final class PretrainNetwork extends Module {
  /** What the names of the network's weights begin with in a checkpoint. */
  public static final String PREFIX = "network.";

  private final EncoderDecoder volumes;
  private final Psat psat;
  private final MahalanobisMetric metric;

  /**
   * @param embedding width of the 2D encoders' embeddings
   */
  public PretrainNetwork(
      Setup setup, NetworkConfig config, PretrainSettings settings, int embedding) {
    super(setup);
    volumes = register("network", config.build(setup, config.inputChannels(), 1));
    int[] channels = volumes.encoder().channels();
    int coarsest = channels[channels.length - 1];
    psat = register("psat", new Psat(setup, settings.psat(), coarsest, embedding));
    metric = register("metric", new MahalanobisMetric(setup, settings.metric(), embedding));
  }

  /** Encoder and decoder of volumes. */
  public EncoderDecoder volumes() {
    return volumes;
  }

  public Psat psat() {
    return psat;
  }

  public MahalanobisMetric metric() {
    return metric;
  }
}
