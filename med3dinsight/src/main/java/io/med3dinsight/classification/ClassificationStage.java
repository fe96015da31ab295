package io.med3dinsight.classification;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.DataException;
import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.engine.function.Losses;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Rng;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;
import io.med3dinsight.metric.ClassificationScores;
import io.med3dinsight.network.EncoderDecoder;
import io.med3dinsight.network.NetworkConfig;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.checkpoint.Checkpoint;
import io.med3dinsight.nn.checkpoint.CheckpointException;
import io.med3dinsight.nn.checkpoint.LoadReport;
import io.med3dinsight.nn.checkpoint.Network;
import io.med3dinsight.nn.checkpoint.TensorSource;
import io.med3dinsight.nn.checkpoint.Weights;
import io.med3dinsight.nn.data.SampleSource;
import io.med3dinsight.nn.optim.Ema;
import io.med3dinsight.training.DeviceStep;
import io.med3dinsight.training.Metrics;
import io.med3dinsight.training.Recipe;
import io.med3dinsight.training.SupervisedStage;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Supervised training of an encoder with a linear head on labelled volumes: cross-entropy, AdamW
 * with a cosine schedule, and a moving average of the weights, which is what is validated and kept.
 */
public final class ClassificationStage
    extends SupervisedStage<ImageBatches.Batch, ClassificationNetwork> {
  /** The stage's name in metrics and file names. */
  public static final String NAME = "classification";

  private static final String BEST = "best_validation_auc";
  private static final String SINCE = "validations_since";

  private final ClassificationPlan plan;
  private final ClassificationSettings settings;
  private final ImageBatches batches;
  private final PreparedImages validation;
  private final Path bestFile;
  private final Step step;
  private double best = -1;
  private int since;

  /**
   * @param training images to learn from
   * @param validation images to choose the weights by; may be empty
   * @param bestFile where the best weights are kept
   * @throws DataException when the validation images are all of one class, which have no AUC
   */
  public ClassificationStage(
      Device device,
      ClassificationPlan plan,
      ClassificationSettings settings,
      PreparedImages training,
      PreparedImages validation,
      Path bestFile,
      long seed) {
    super(
        network(device, plan, settings, validation, seed),
        recipe(settings, training.size()),
        settings.emaDecay(),
        seed);
    this.plan = plan;
    this.settings = settings;
    this.validation = validation;
    this.bestFile = bestFile;
    batches =
        new ImageBatches(
            training,
            new RandomChanges(plan.input(), settings),
            plan.input().voxels(),
            settings.batch(),
            stepsPerEpoch());
    step = new Step(device, weights(training));
  }

  private static ClassificationNetwork network(
      Device device,
      ClassificationPlan plan,
      ClassificationSettings settings,
      PreparedImages validation,
      long seed) {
    if (validation.size() > 0 && Arrays.stream(validation.labels()).distinct().count() < 2) {
      throw new DataException(
          "The validation images of "
              + plan.dataset()
              + " are all of one class; expected at least two, for without them there is no AUC.");
    }
    return new ClassificationNetwork(Setup.of(device, seed), plan, settings.dropout(), seed);
  }

  private static Recipe recipe(ClassificationSettings s, int images) {
    int all = (images + s.batch() - 1) / s.batch();
    int steps = s.stepsPerEpoch() > 0 ? s.stepsPerEpoch() : all;
    return new Recipe(
        s.epochs(), steps, s.learningRate(), s.warmup(), s.weightDecay(), s.maxNorm());
  }

  /** Weights of the classes in the loss. */
  private float[] weights(PreparedImages training) {
    int classes = plan.classes().size();
    float[] w = new float[classes];
    Arrays.fill(w, 1);
    if (settings.classWeights() != null) {
      settings.requireClasses(classes);
      for (int c = 0; c < classes; c++) {
        w[c] = (float) settings.classWeights()[c];
      }
    } else if (settings.balanced()) {
      int[] counts = new int[classes];
      Arrays.stream(training.labels()).forEach(l -> counts[l]++);
      for (int c = 0; c < classes; c++) {
        w[c] = counts[c] == 0 ? 1 : (float) training.size() / (classes * counts[c]);
      }
    }
    return w;
  }

  /**
   * Copies what a file of weights holds for the encoder: a pretrained checkpoint, a segmentation
   * model, or weights of PyTorch.
   *
   * @return what was taken
   * @throws CheckpointException when the file has not all of the encoder
   */
  public LoadReport startFrom(Path file) {
    LoadReport report = load(module().encoderParts(), plan.network(), file);
    weightsReplaced();
    return report;
  }

  /**
   * Finds out before images are read whether a file has all of an encoder.
   *
   * @throws CheckpointException when it has not
   */
  public static void check(NetworkConfig config, Path file, Device device) {
    try (EncoderDecoder network = config.build(Setup.of(device, 0), 1, 1)) {
      load(network.encoderParts(), config, file);
    }
  }

  private static LoadReport load(Map<String, Module> parts, NetworkConfig config, Path file) {
    Module encoder = parts.values().iterator().next();
    try (TensorSource source = Weights.open(file)) {
      LoadReport report = Weights.load(encoder, source);
      if (!report.missing().isEmpty() || !report.wrongShape().isEmpty()) {
        throw new CheckpointException(
            "Checkpoint '"
                + file
                + "' does not fit the encoder, "
                + config.signature()
                + ": "
                + report.summary()
                + "; choose network.type, channels and the like as they were in its training.");
      }
      Weights.requireFinite(encoder, file);
      return report;
    }
  }

  /** Axes D, H, W along which images are flipped for testing. */
  private boolean[] flips() {
    var a = settings.augmentation();
    boolean on = settings.flipsAtTest();
    return new boolean[] {on && a.flipZ(), on && a.flipY(), on && a.flipX()};
  }

  /** Writes the model: the averaged weights, or the best ones. */
  public void save(Path model) {
    if (settings.keep() == ClassificationSettings.Keep.BEST && validation.size() > 0) {
      try (Checkpoint c = Checkpoint.open(bestFile)) {
        c.load(module(), "");
      }
      Classifier.save(model, plan, flips(), module());
    } else {
      try (Ema.Applied averaged = ema().apply()) {
        Classifier.save(model, plan, flips(), module());
      }
    }
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Network network() {
    return new Network("classification-training", plan.toJson());
  }

  @Override
  public Map<String, Rng> randomStreams() {
    return module().randomStreams();
  }

  @Override
  public SampleSource<ImageBatches.Batch> batches() {
    return batches;
  }

  @Override
  public DeviceStep<ImageBatches.Batch> deviceStep() {
    return step;
  }

  @Override
  public void endEpoch(int epoch, Metrics metrics) {
    if (validation.size() == 0 || !validates(epoch, settings.validateEvery())) {
      return;
    }
    try (Ema.Applied averaged = ema().apply();
        Classifier classifier = new Classifier(plan, module(), flips(), false)) {
      ClassificationResults results = ClassificationResults.of(classifier, validation);
      ClassificationScores scores = results.scores();
      metrics.add("auc.validation", scores.auc());
      metrics.add("accuracy.validation", scores.accuracy());
      metrics.add("loss.validation", results.logLoss());
      since++;
      if (scores.auc() > best) {
        best = scores.auc();
        since = 0;
        Classifier.save(bestFile, plan, flips(), module());
      }
    }
  }

  /** True once the AUC has not risen for as many validations as the settings allow. */
  @Override
  public boolean endsEarly() {
    return settings.patience() > 0 && since >= settings.patience();
  }

  @Override
  public ObjectNode state() {
    return JsonNodeFactory.instance.objectNode().put(BEST, best).put(SINCE, since);
  }

  @Override
  public void restoreState(JsonNode state) {
    best = state.path(BEST).asDouble(-1);
    since = state.path(SINCE).asInt();
  }

  /** Loss and scores of the images last loaded. */
  private final class Step implements DeviceStep<ImageBatches.Batch> {
    private final Tensor images;
    private final Tensor labels;
    private final Tensor weights;

    Step(Device device, float[] classWeights) {
      PatchSize p = plan.input();
      int n = settings.batch();
      try (Scope s = Scope.open()) {
        images = input(Tensor.zeros(device, n, p.depth(), p.height(), p.width(), plan.channels()));
        labels = input(Tensor.empty(device, TensorType.i32(Shape.of(n))));
        weights = input(Tensor.of(device, classWeights, classWeights.length));
      }
    }

    @Override
    public void load(ImageBatches.Batch batch) {
      images.copyFrom(batch.images());
      labels.copyFrom(batch.labels());
    }

    @Override
    public List<Tensor> compute() {
      Tensor scores = module().call(images);
      float smoothing = (float) settings.labelSmoothing();
      return List.of(
          Losses.crossEntropy(scores, labels, weights, Losses.IGNORED, smoothing), scores);
    }

    @Override
    public void report(ImageBatches.Batch batch, List<Tensor> outputs, Metrics metrics) {
      float[] s = outputs.get(1).toFloats();
      int classes = plan.classes().size();
      int right = 0;
      for (int i = 0; i < batch.labels().length; i++) {
        int top = 0;
        for (int c = 1; c < classes; c++) {
          top = s[i * classes + c] > s[i * classes + top] ? c : top;
        }
        right += top == batch.labels()[i] ? 1 : 0;
      }
      metrics.add("accuracy.train", (double) right / batch.labels().length);
    }
  }
}
