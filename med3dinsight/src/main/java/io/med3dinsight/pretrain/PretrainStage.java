package io.med3dinsight.pretrain;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.dataset.PatchSize;
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
import io.med3dinsight.training.DeviceStep;
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

  private final Recipe recipe;
  private final long seed;
  private final ObjectNode description;
  private final CropBatches batches;
  private final PretrainNetwork network;
  private final Optimizer optimizer;
  private final PretrainStep step;

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
    recipe =
        new Recipe(
            settings.epochs(),
            settings.stepsPerEpoch(),
            settings.learningRate(),
            settings.warmup(),
            settings.weightDecay(),
            settings.maxNorm());
    this.seed = seed;
    batches = new CropBatches(volumes, settings, patch);
    network = new PretrainNetwork(Setup.of(device, seed), config, settings, batches.width());
    optimizer = Adam.adamW(ParameterGroup.decayMatricesOnly(network, recipe.weightDecay()));
    step = new PretrainStep(network, settings, patch, batches.width());
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
    step.load(batch);
    List<Tensor> outputs = step.compute();
    step.report(batch, outputs, metrics);
    return outputs.get(0);
  }

  @Override
  public DeviceStep<CropBatches.Batch> deviceStep() {
    return step;
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

  @Override
  public void close() {
    step.close();
    optimizer.close();
    network.close();
  }
}
