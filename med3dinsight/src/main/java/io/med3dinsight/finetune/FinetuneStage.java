package io.med3dinsight.finetune;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.dataset.PatchSampler;
import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.dataset.TrainingCase;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Rng;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;
import io.med3dinsight.inference.SegmentationPlan;
import io.med3dinsight.network.EncoderDecoder;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.checkpoint.Network;
import io.med3dinsight.nn.data.SampleSource;
import io.med3dinsight.nn.loss.DeepSupervision;
import io.med3dinsight.nn.loss.DiceCrossEntropyLoss;
import io.med3dinsight.nn.optim.Ema;
import io.med3dinsight.training.DeviceStep;
import io.med3dinsight.training.Metrics;
import io.med3dinsight.training.Recipe;
import io.med3dinsight.training.SupervisedStage;
import java.util.List;
import java.util.Map;

/**
 * Supervised training of a network on labelled cases: soft Dice and cross-entropy at several
 * resolutions, AdamW with a cosine schedule, and a moving average of the weights.
 */
public final class FinetuneStage extends SupervisedStage<PatchBatches.Batch, EncoderDecoder> {
  /** The stage's name in metrics and file names. */
  public static final String NAME = "finetune";

  private static final String BEST = "best_validation_dice";

  private final SegmentationPlan plan;
  private final FinetuneSettings settings;
  private final DeepSupervision loss = new DeepSupervision(DiceCrossEntropyLoss.nnUNet());
  private final PatchBatches batches;
  private final Validation validation;
  private final Step step;

  /**
   * @param training cases to learn from
   * @param validation cases kept back; may be empty
   */
  public FinetuneStage(
      Device device,
      SegmentationPlan plan,
      FinetuneSettings settings,
      List<TrainingCase> training,
      Validation validation,
      long seed) {
    super(
        plan.network().build(Setup.of(device, seed), plan.classes(), settings.supervisedLevels()),
        recipe(settings),
        settings.emaDecay(),
        seed);
    this.plan = plan;
    this.settings = settings;
    this.validation = validation;
    PatchSampler sampler =
        new PatchSampler(plan.patch(), settings.foregroundShare(), settings.augmentation());
    batches = new PatchBatches(training, sampler, settings.batch(), settings.stepsPerEpoch());
    step = new Step(device);
  }

  private static Recipe recipe(FinetuneSettings s) {
    return new Recipe(
        s.epochs(), s.stepsPerEpoch(), s.learningRate(), s.warmup(), s.weightDecay(), s.maxNorm());
  }

  /** The network that is trained; owned by this stage. */
  public EncoderDecoder trained() {
    return module();
  }

  @Override
  public Map<String, Rng> randomStreams() {
    return module().randomStreams();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Network network() {
    return new Network("segmentation-training", plan.toJson());
  }

  @Override
  public SampleSource<PatchBatches.Batch> batches() {
    return batches;
  }

  @Override
  public DeviceStep<PatchBatches.Batch> deviceStep() {
    return step;
  }

  /** Loss and finest logits of the patches last loaded. */
  private final class Step implements DeviceStep<PatchBatches.Batch> {
    private final Tensor images;
    private final Tensor labels;

    Step(Device device) {
      PatchSize p = plan.patch();
      int n = settings.batch();
      try (Scope s = Scope.open()) {
        int channels = plan.network().inputChannels();
        images = input(Tensor.zeros(device, n, p.depth(), p.height(), p.width(), channels));
        Shape voxels = Shape.of(n, p.depth(), p.height(), p.width());
        labels = input(Tensor.empty(device, TensorType.i32(voxels)));
      }
    }

    @Override
    public void load(PatchBatches.Batch batch) {
      images.copyFrom(batch.image());
      labels.copyFrom(batch.labels());
    }

    @Override
    public List<Tensor> compute() {
      Tensor[] levels = module().levels(images);
      return List.of(loss.of(List.of(levels), labels), levels[0]);
    }

    @Override
    public void report(PatchBatches.Batch batch, List<Tensor> outputs, Metrics metrics) {
      PatchDice.of(outputs.get(1), batch.labels(), plan.classes())
          .ifPresent(dice -> metrics.add("dice.train", dice));
    }
  }

  @Override
  public void endEpoch(int epoch, Metrics metrics) {
    if (validates(epoch, settings.validateEvery())) {
      try (Ema.Applied averaged = ema().apply()) {
        validation.score(module()).ifPresent(dice -> metrics.add("dice.validation", dice));
      }
    }
  }

  @Override
  public ObjectNode state() {
    return JsonNodeFactory.instance.objectNode().put(BEST, validation.best());
  }

  @Override
  public void restoreState(JsonNode state) {
    validation.best(state.path(BEST).asDouble());
  }
}
