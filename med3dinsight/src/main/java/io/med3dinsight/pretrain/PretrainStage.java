package io.med3dinsight.pretrain;

import com.fasterxml.jackson.databind.JsonNode;
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
import io.med3dinsight.training.Recipe;
import io.med3dinsight.training.Stage;
import java.util.List;
import java.util.Map;

/**
 * Pretraining without labels (Med3DInsight, arXiv 2509.09064): alignment of the slices' embeddings
 * as seen from the volume with those of the frozen 2D image and text encoders, and reconstruction
 * of the volume, {@code w_i A(e3d, e_image) + w_t A(e3d, e_text) + w_r MSE(x, x')}. The alignment A
 * is partial optimal transport unless the settings say otherwise.
 */
public final class PretrainStage implements Stage<CropBatches.Batch> {
  /** The stage's name in metrics and file names. */
  public static final String NAME = "pretrain";

  private static final String STORED = "queue_filled";

  private final PretrainSettings settings;
  private final Recipe recipe;
  private final PatchSize patch;
  private final long seed;
  private final ObjectNode description;
  private final CropBatches batches;
  private final PretrainNetwork network;
  private final Optimizer optimizer;

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
    recipe =
        new Recipe(
            settings.epochs(),
            settings.stepsPerEpoch(),
            settings.learningRate(),
            settings.warmup(),
            settings.weightDecay(),
            settings.maxNorm());
    this.patch = patch;
    this.seed = seed;
    batches = new CropBatches(volumes, settings, patch);
    network = new PretrainNetwork(Setup.of(device, seed), config, settings, batches.width());
    optimizer = Adam.adamW(ParameterGroup.decayMatricesOnly(network, recipe.weightDecay()));
    description =
        JsonNodeFactory.instance
            .objectNode()
            .put("network", config.signature())
            .put("psat", settings.psat().toString())
            .put("metric", settings.metric().toString())
            .put("alignment", settings.alignment().toString())
            .put("queue", settings.queue())
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
    return recipe.schedule();
  }

  @Override
  public double maxNorm() {
    return recipe.maxNorm();
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
    return recipe.stepsPerEpoch();
  }

  @Override
  public int epochs() {
    return recipe.epochs();
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
    if (settings.aligns()) {
      Tensor seen = network.psat().embed(features[features.length - 1], batch.queries());
      total = aligned(seen, batch, metrics);
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

  /** Both alignments of a batch, with the pairs of earlier steps beside it. */
  private Tensor aligned(Tensor seen, CropBatches.Batch batch, Metrics metrics) {
    EmbeddingQueue queue = network.queue();
    Tensor images = partners(batch.images(), seen);
    Tensor texts = partners(batch.texts(), seen);
    float[] found = seen.toFloats();
    Tensor total = null;
    if (queue == null) {
      total = align(total, seen, images, batch.images(), found, "image", metrics);
      total = align(total, seen, texts, batch.texts(), found, "text", metrics);
      return total;
    }
    if (found.length / seen.dim(1) + queue.filled() > 1) {
      Tensor u = queue.withSeen(seen);
      total = align(total, u, queue.withImages(images), batch.images(), found, "image", metrics);
      total = align(total, u, queue.withTexts(texts), batch.texts(), found, "text", metrics);
    } else {
      // The very first pair has nothing yet that it could be told apart from.
      total = seen.sum().mul(0f);
    }
    queue.push(found, batch.images(), batch.texts());
    return total;
  }

  private Tensor partners(float[] embeddings, Tensor seen) {
    return Tensor.of(network.device(), embeddings, seen.dim(0), seen.dim(1));
  }

  private Tensor align(
      Tensor total,
      Tensor u,
      Tensor v,
      float[] partners,
      float[] seen,
      String name,
      Metrics metrics) {
    double weight = name.equals("image") ? settings.imageWeight() : settings.textWeight();
    if (weight == 0) {
      return total;
    }
    int own = seen.length / u.dim(1);
    Tensor loss = network.alignment().loss(u, v, own);
    metrics.add("loss." + name, loss.item());
    metrics.add("retrieval." + name, Retrieval.top1(seen, partners, own));
    return plus(total, loss.mul((float) weight));
  }

  /** How full the queue is; its rows are buffers of the network. */
  @Override
  public ObjectNode state() {
    ObjectNode state = JsonNodeFactory.instance.objectNode();
    return network.queue() == null ? state : state.put(STORED, network.queue().filled());
  }

  @Override
  public void restoreState(JsonNode state) {
    if (network.queue() != null) {
      network.queue().filled(state.path(STORED).asInt());
    }
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
