package io.med3dinsight.pretrain;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.engine.function.Losses;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Rng;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.network.NetworkConfig;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.checkpoint.Network;
import io.med3dinsight.nn.data.SampleSource;
import io.med3dinsight.nn.optim.Adam;
import io.med3dinsight.nn.optim.Optimizer;
import io.med3dinsight.nn.optim.ParameterGroup;
import io.med3dinsight.nn.optim.Schedule;
import io.med3dinsight.training.Metrics;
import io.med3dinsight.training.Stage;
import io.med3dinsight.transport.Alignment;
import io.med3dinsight.transport.PartialTransportAlignment;
import java.util.List;
import java.util.Map;

/**
 * Pretraining without labels (Med3DInsight, arXiv 2509.09064): alignment of the slices' embeddings
 * as seen from the volume with those of the frozen 2D image and text encoders, and reconstruction
 * of the volume, {@code w_i OT(e3d, e_image) + w_t OT(e3d, e_text) + w_r MSE(x, x')}.
 */
public final class PretrainStage implements Stage<CropBatches.Batch> {
  /** The stage's name in metrics and file names. */
  public static final String NAME = "pretrain";

  private final PretrainSettings settings;
  private final PatchSize patch;
  private final long seed;
  private final ObjectNode description;
  private final CropBatches batches;
  private final PretrainNetwork network;
  private final Optimizer optimizer;
  private final Alignment alignment;

  /**
   * @param embeddings name of the 2D encoders that the embeddings come from, which a checkpoint
   *     must share
   */
  public PretrainStage(
      Device device,
      NetworkConfig config,
      PatchSize patch,
      PretrainSettings settings,
      List<DescribedVolume> volumes,
      String embeddings,
      long seed) {
    this.settings = settings;
    this.patch = patch;
    this.seed = seed;
    batches = new CropBatches(volumes, settings, patch);
    network = new PretrainNetwork(Setup.of(device, seed), config, settings, batches.width());
    optimizer = Adam.adamW(ParameterGroup.decayMatricesOnly(network, settings.weightDecay()));
    alignment =
        new PartialTransportAlignment(network.metric(), settings.epsilon(), settings.mass());
    description =
        JsonNodeFactory.instance
            .objectNode()
            .put("network", config.signature())
            .put("psat", settings.psat().toString())
            .put("metric", settings.metric().toString())
            .put("embedding", batches.width())
            .put("encoder", embeddings);
  }

  /** The network that is trained; owned by this stage. */
  public PretrainNetwork pretrained() {
    return network;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Network network() {
    return new Network("pretraining", description);
  }

  @Override
  public Module module() {
    return network;
  }

  @Override
  public Optimizer optimizer() {
    return optimizer;
  }

  @Override
  public Schedule schedule() {
    long steps = (long) settings.epochs() * settings.stepsPerEpoch();
    return Schedule.cosine(
        settings.learningRate(), Math.min(settings.warmup(), steps / 2), steps, 0);
  }

  @Override
  public double maxNorm() {
    return settings.maxNorm();
  }

  @Override
  public Map<String, Rng> randomStreams() {
    return network.volumes().randomStreams();
  }

  @Override
  public SampleSource<CropBatches.Batch> batches() {
    return batches;
  }

  @Override
  public int stepsPerEpoch() {
    return settings.stepsPerEpoch();
  }

  @Override
  public int epochs() {
    return settings.epochs();
  }

  @Override
  public long seed() {
    return seed;
  }

  @Override
  public Tensor loss(CropBatches.Batch batch, Metrics metrics) {
    Tensor masked = volumes(batch.masked());
    Tensor[] features = network.volumes().encoder().features(masked);
    Tensor total = null;
    if (settings.imageWeight() + settings.textWeight() > 0) {
      Tensor seen = network.psat().embed(features[features.length - 1], batch.queries());
      total = align(total, seen, batch.images(), settings.imageWeight(), "image", metrics);
      total = align(total, seen, batch.texts(), settings.textWeight(), "text", metrics);
    }
    if (settings.reconstructionWeight() > 0) {
      Tensor rebuilt = network.volumes().fromFeatures(masked, features)[0];
      Tensor error = Losses.mse(rebuilt, volumes(batch.image()));
      metrics.add("loss.reconstruction", error.item());
      total = plus(total, error.mul((float) settings.reconstructionWeight()));
    }
    return total;
  }

  private Tensor volumes(float[] voxels) {
    return Tensor.of(
        network.device(),
        voxels,
        settings.volumes(),
        patch.depth(),
        patch.height(),
        patch.width(),
        1);
  }

  private Tensor align(
      Tensor total, Tensor seen, float[] partners, double weight, String name, Metrics metrics) {
    if (weight == 0) {
      return total;
    }
    Tensor v = Tensor.of(network.device(), partners, seen.dim(0), seen.dim(1));
    Tensor loss = alignment.loss(seen, v);
    metrics.add("loss." + name, loss.item());
    metrics.add("retrieval." + name, Retrieval.top1(seen.toFloats(), partners, seen.dim(0)));
    return plus(total, loss.mul((float) weight));
  }

  private static Tensor plus(Tensor total, Tensor term) {
    return total == null ? term : total.add(term);
  }

  @Override
  public void close() {
    optimizer.close();
    network.close();
  }
}
