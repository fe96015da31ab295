package io.med3dinsight.classification;

import io.med3dinsight.DataException;
import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.engine.op.Softmax;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.inference.ModelKind;
import io.med3dinsight.inference.SharedNetwork;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.checkpoint.Checkpoint;
import io.med3dinsight.nn.checkpoint.CheckpointException;
import io.med3dinsight.nn.checkpoint.LoadReport;
import io.med3dinsight.nn.checkpoint.Network;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.volume.Channels;
import io.med3dinsight.volume.Volume;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import java.util.function.Supplier;

/**
 * A trained network that gives a volume's probabilities of the classes. Threads may share one;
 * {@link #close} waits for those that are at work.
 */
public final class Classifier implements AutoCloseable {
  private static final int BATCH = 16;

  private final ClassificationPlan plan;
  private final ClassificationNetwork network;
  private final boolean[] flips;
  private final SharedNetwork shared;

  /**
   * @param flips axes D, H, W along which images are flipped; probabilities are means over all
   *     combinations
   */
  Classifier(
      ClassificationPlan plan, ClassificationNetwork network, boolean[] flips, boolean owner) {
    this.plan = plan;
    this.network = network;
    this.flips = flips.clone();
    this.shared = new SharedNetwork("classifier", network, owner);
  }

  /**
   * Loads a model.
   *
   * @param modelOrRunFolder a file that {@link #save} wrote, or the folder of a finished run
   * @throws CheckpointException when it cannot be used
   */
  public static Classifier load(Path modelOrRunFolder, Device device) {
    Path file = ModelKind.file(modelOrRunFolder);
    try (Checkpoint checkpoint = Checkpoint.open(file)) {
      Network stored = checkpoint.network();
      ModelKind.CLASSIFICATION.require(file, stored.kind());
      return load(checkpoint, stored, file, device);
    }
  }

  private static Classifier load(Checkpoint checkpoint, Network stored, Path file, Device device) {
    boolean[] flips = new boolean[3];
    for (int a = 0; a < 3; a++) {
      flips[a] = stored.config().path("flips").path(a).asBoolean();
    }
    ClassificationPlan plan =
        ClassificationPlan.fromJson(stored.config().path("plan"), file.toString());
    ClassificationNetwork network = new ClassificationNetwork(Setup.of(device, 0), plan, 0, 0);
    LoadReport report = checkpoint.load(network, "");
    if (!report.complete()) {
      network.close();
      throw new CheckpointException(
          "Checkpoint '"
              + file
              + "' does not fit the network of its plan: "
              + report.summary()
              + "; save the model again.");
    }
    network.train(false);
    return new Classifier(plan, network, flips, true);
  }

  /** Writes weights and plan, completely or not at all. */
  static void save(
      Path file, ClassificationPlan plan, boolean[] flips, ClassificationNetwork network) {
    var config = com.fasterxml.jackson.databind.node.JsonNodeFactory.instance.objectNode();
    config.set("plan", plan.toJson());
    for (boolean f : flips) {
      config.withArray("flips").add(f);
    }
    Checkpoint.writer(new Network(ModelKind.CLASSIFICATION.word(), config))
        .module(network)
        .write(file);
  }

  public ClassificationPlan plan() {
    return plan;
  }

  /** The probabilities of an image of one channel; see below. */
  public double[] probabilities(Volume image) {
    return probabilities(List.of(image), Progress.NONE, () -> false);
  }

  /**
   * Probabilities of the classes, which sum to 1, in the order of the plan's classes. Beside the
   * channels, memory holds at most two copies of one, while it is brought onto the network's grid,
   * and one pass through the network.
   *
   * @param channels of the image, in the order of the plan's modality
   * @param progress told about each view, that is flip of the input, under the name of the first
   *     channel's file
   * @param cancelled asked before each view
   * @throws CancellationException when {@code cancelled} said so
   * @throws DataException when there are more or fewer channels than the model takes, they lie on
   *     different grids, or a voxel is not a finite number
   */
  public double[] probabilities(
      List<Volume> channels, Progress progress, BooleanSupplier cancelled) {
    List<float[][]> prepared = List.<float[][]>of(prepare(channels));
    List<boolean[]> views = views();
    double[][] sums = new double[1][plan.classes().size()];
    return computing(
        () -> {
          follow(
              channels.get(0),
              progress,
              cancelled,
              views.size(),
              v -> add(prepared, views.get(v), sums));
          return mean(sums, views.size())[0];
        });
  }

  /**
   * What the linear layer sees of an image: the encoder's pooled features.
   *
   * @param channels of the image, in the order of the plan's modality
   * @param progress told when the one view is done
   * @param cancelled asked before it
   * @throws CancellationException when {@code cancelled} said so
   * @throws DataException when there are more or fewer channels than the model takes, they lie on
   *     different grids, or a voxel is not a finite number
   */
  public float[] embed(List<Volume> channels, Progress progress, BooleanSupplier cancelled) {
    List<float[][]> prepared = List.<float[][]>of(prepare(channels));
    float[][] result = new float[1][];
    return computing(
        () -> {
          follow(channels.get(0), progress, cancelled, 1, v -> result[0] = embedding(prepared));
          return result[0];
        });
  }

  private float[] embedding(List<float[][]> prepared) {
    try (Scope s = Scope.open()) {
      return network.embedding(input(prepared, new boolean[3])).toFloats();
    }
  }

  private static void follow(
      Volume image, Progress progress, BooleanSupplier cancelled, int views, IntConsumer view) {
    String source = image.source();
    String name = source.substring(source.replace('\\', '/').lastIndexOf('/') + 1);
    try (Progress.Task task = progress.start(name, views, "views")) {
      for (int v = 0; v < views; v++) {
        if (cancelled.getAsBoolean()) {
          throw new CancellationException(
              "Stopped after " + v + " of " + views + " views of " + source);
        }
        view.accept(v);
        task.step();
      }
    }
  }

  private <T> T computing(Supplier<T> body) {
    return shared.compute(
        () -> {
          network.train(false);
          return body.get();
        });
  }

  /** An image as the network sees it, [channel][D,H,W] of the plan's input. */
  private float[][] prepare(List<Volume> channels) {
    List<Volume> checked = Channels.checked(channels, plan.channels(), plan.wantedChannels());
    float[][] image = InputImages.fit(checked, plan.spacing(), plan.input());
    InputImages.normalise(image, plan.normalizations());
    return image;
  }

  /**
   * Probabilities of prepared images, [images][classes]; the mean over the flips that the model was
   * made for.
   */
  double[][] probabilities(List<float[][]> images) {
    List<boolean[]> views = views();
    double[][] sums = new double[images.size()][plan.classes().size()];
    return computing(
        () -> {
          views.forEach(view -> add(images, view, sums));
          return mean(sums, views.size());
        });
  }

  /** The combinations of flips that the model was made for, none first. */
  private List<boolean[]> views() {
    List<boolean[]> views = new ArrayList<>();
    for (int mask = 0; mask < 8; mask++) {
      boolean[] flipped = {(mask & 1) != 0, (mask & 2) != 0, (mask & 4) != 0};
      boolean wanted = true;
      for (int a = 0; a < 3; a++) {
        wanted &= flips[a] || !flipped[a];
      }
      if (wanted) {
        views.add(flipped);
      }
    }
    return views;
  }

  private static double[][] mean(double[][] sums, int views) {
    for (double[] row : sums) {
      for (int c = 0; c < row.length; c++) {
        row[c] /= views;
      }
    }
    return sums;
  }

  private void add(List<float[][]> images, boolean[] flipped, double[][] sums) {
    int classes = plan.classes().size();
    for (int first = 0; first < images.size(); first += BATCH) {
      List<float[][]> some = images.subList(first, Math.min(images.size(), first + BATCH));
      try (Scope s = Scope.open()) {
        float[] p = Softmax.of(network.call(input(some, flipped))).toFloats();
        for (int i = 0; i < p.length; i++) {
          sums[first + i / classes][i % classes] += p[i];
        }
      }
    }
  }

  private Tensor input(List<float[][]> images, boolean[] flipped) {
    PatchSize p = plan.input();
    int voxels = p.voxels();
    int channels = plan.channels();
    float[] one = new float[voxels];
    float[] all = new float[images.size() * voxels * channels];
    for (int i = 0; i < images.size(); i++) {
      for (int c = 0; c < channels; c++) {
        flip(images.get(i)[c], flipped, one);
        Channels.interleave(one, 0, voxels, all, i * voxels * channels, c, channels);
      }
    }
    return Tensor.of(
        network.device(), all, images.size(), p.depth(), p.height(), p.width(), channels);
  }

  private void flip(float[] image, boolean[] flipped, float[] out) {
    if (Arrays.equals(flipped, new boolean[3])) {
      System.arraycopy(image, 0, out, 0, image.length);
      return;
    }
    PatchSize p = plan.input();
    int to = 0;
    for (int d = 0; d < p.depth(); d++) {
      int z = flipped[0] ? p.depth() - 1 - d : d;
      for (int h = 0; h < p.height(); h++) {
        int y = flipped[1] ? p.height() - 1 - h : h;
        for (int w = 0; w < p.width(); w++) {
          int x = flipped[2] ? p.width() - 1 - w : w;
          out[to++] = image[(z * p.height() + y) * p.width() + x];
        }
      }
    }
  }

  /** Frees the weights of a loaded network, after the calls at work; later calls fail. */
  @Override
  public void close() {
    shared.close();
  }
}
