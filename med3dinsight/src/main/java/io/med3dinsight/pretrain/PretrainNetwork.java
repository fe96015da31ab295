package io.med3dinsight.pretrain;

import io.med3dinsight.network.EncoderDecoder;
import io.med3dinsight.network.NetworkConfig;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.psat.Psat;
import io.med3dinsight.transport.Alignment;
import io.med3dinsight.transport.InfoNceAlignment;
import io.med3dinsight.transport.MahalanobisMetric;
import io.med3dinsight.transport.PartialTransportAlignment;
import io.med3dinsight.transport.TripletAlignment;
import java.util.Set;

/**
 * What pretraining trains: a network that reconstructs its input, the transformer that reads slices
 * off its coarsest features, and what they are compared by; beside them a queue of embeddings that
 * were compared before.
 */
public final class PretrainNetwork extends Module {
  /** What the names of the network's weights begin with in a checkpoint. */
  public static final String PREFIX = "network.";

  private static final String PSAT = "psat";

  private final EncoderDecoder volumes;
  private final Psat psat;
  private final Alignment alignment;
  private final EmbeddingQueue queue;

  /**
   * @param embedding width of the 2D encoders' embeddings
   */
  public PretrainNetwork(
      Setup setup, NetworkConfig config, PretrainSettings settings, int embedding) {
    super(setup);
    volumes = register("network", config.build(setup, config.inputChannels(), 1));
    int[] channels = volumes.encoder().channels();
    int coarsest = channels[channels.length - 1];
    psat = register(PSAT, new Psat(setup, settings.psat(), coarsest, embedding));
    alignment = alignment(setup, settings, embedding);
    queue =
        settings.aligns() && settings.queue() > 0
            ? register("queue", new EmbeddingQueue(setup, settings.queue(), embedding))
            : null;
  }

  /** Every kind has the metric, so that one pretraining's weights can start another. */
  private Alignment alignment(Setup setup, PretrainSettings settings, int embedding) {
    MahalanobisMetric metric =
        register("metric", new MahalanobisMetric(setup, settings.metric(), embedding));
    return switch (settings.alignment()) {
      case PARTIAL_OT -> new PartialTransportAlignment(metric, settings.epsilon(), settings.mass());
      case FULL_OT -> new PartialTransportAlignment(metric, settings.epsilon(), 1);
      case INFONCE -> register("contrast", new InfoNceAlignment(setup, settings.temperature()));
      case TRIPLET -> new TripletAlignment(metric, settings.margin(), settings.negatives());
      case NONE -> null;
    };
  }

  /** Encoder and decoder of volumes. */
  public EncoderDecoder volumes() {
    return volumes;
  }

  /** Whether a file with these names holds what a pretraining left. */
  public static boolean isIn(Set<String> names) {
    return names.stream().anyMatch(n -> n.startsWith(PSAT + "."));
  }

  public Psat psat() {
    return psat;
  }

  /** How embeddings are compared; null when only reconstruction is trained. */
  Alignment alignment() {
    return alignment;
  }

  /** Embeddings of earlier steps; null without a queue. */
  EmbeddingQueue queue() {
    return queue;
  }
}
