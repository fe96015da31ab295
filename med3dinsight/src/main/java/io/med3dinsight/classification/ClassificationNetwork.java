package io.med3dinsight.classification;

import io.med3dinsight.engine.function.Reductions;
import io.med3dinsight.engine.tensor.Rng;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.network.Encoder3d;
import io.med3dinsight.network.EncoderDecoder;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.layer.Dropout;
import io.med3dinsight.nn.layer.Linear;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An encoder, its coarsest features pooled to one vector, and a linear layer: scores [N,classes] of
 * volumes [N,D,H,W,C]. The encoder's tensors have the names that they have in networks for
 * segmentation and in pretrained ones.
 */
public final class ClassificationNetwork extends Module {
  private final EncoderDecoder body;
  private final Encoder3d encoder;
  private final Dropout dropout;
  private final Linear head;
  private final Rng rng;
  private final ClassificationPlan plan;

  public ClassificationNetwork(Setup setup, ClassificationPlan plan, double dropout, long seed) {
    super(setup);
    this.plan = plan;
    body = plan.network().build(setup, 1, 1);
    encoder = body.encoder();
    body.encoderParts().forEach(this::register);
    // Only the encoder is used.
    body.decoderParts().values().forEach(Module::close);
    int[] channels = encoder.channels();
    int width = channels[channels.length - 1];
    width *= plan.pooling() == ClassificationPlan.Pooling.MEAN_AND_MAX ? 2 : 1;
    width += plan.statistics().length / 2;
    rng = new Rng(seed);
    this.dropout = new Dropout(setup, (float) dropout, rng);
    register("dropout", this.dropout);
    head = register("head", new Linear(setup, width, plan.classes().size()));
  }

  /** Scores [N,classes] before softmax. */
  @Override
  protected Tensor forward(Tensor x) {
    return head.call(dropout.call(embedding(x)));
  }

  /** One vector for each volume [N,E]: what the linear layer sees. */
  Tensor embedding(Tensor x) {
    Tensor[] pyramid = encoder.features(x);
    Tensor coarsest = pyramid[pyramid.length - 1];
    Tensor pooled = coarsest.mean(false, 1, 2, 3);
    if (plan.pooling() == ClassificationPlan.Pooling.MEAN_AND_MAX) {
      pooled = Tensor.concat(-1, pooled, Reductions.max(coarsest, false, 1, 2, 3));
    }
    return plan.statistics().length == 0 ? pooled : Tensor.concat(-1, pooled, statistics(x));
  }

  /** The scaled means of the channels, then their deviations: [N,2C]. */
  private Tensor statistics(Tensor x) {
    Tensor mean = x.mean(false, 1, 2, 3);
    Tensor variance = x.square().mean(false, 1, 2, 3).sub(mean.square());
    // Rounding must not make it negative, and the root has no slope at 0.
    Tensor deviation = variance.clamp(1e-6f, Float.MAX_VALUE).sqrt();
    int channels = plan.channels();
    Tensor[] scaled = new Tensor[2 * channels];
    for (int c = 0; c < channels; c++) {
      scaled[c] = standardised(mean, c, 0);
      scaled[channels + c] = standardised(deviation, c, 2);
    }
    return Tensor.concat(-1, scaled);
  }

  private Tensor standardised(Tensor x, int channel, int which) {
    double centre = plan.statistics()[4 * channel + which];
    double spread = plan.statistics()[4 * channel + which + 1];
    return x.slice(1, channel, channel + 1).add((float) -centre).mul((float) (1 / spread));
  }

  /** The parts that are pretrained, by the names they have here. */
  Map<String, Module> encoderParts() {
    return body.encoderParts();
  }

  /** Random streams that training draws from. */
  Map<String, Rng> randomStreams() {
    Map<String, Rng> streams = new LinkedHashMap<>(body.randomStreams());
    streams.put("head.dropout", rng);
    return Collections.unmodifiableMap(streams);
  }

  @Override
  public void close() {
    // The decoder is no part of this module; it was made with the encoder.
    body.close();
    super.close();
  }
}
