package io.med3dinsight.classification;

import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.engine.op.Softmax;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.checkpoint.Checkpoint;
import io.med3dinsight.nn.checkpoint.CheckpointException;
import io.med3dinsight.nn.checkpoint.LoadReport;
import io.med3dinsight.nn.checkpoint.Network;
import io.med3dinsight.volume.Volume;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * A trained network that gives a volume's probabilities of the classes. Not for several threads.
 */
public final class Classifier implements AutoCloseable {
  /** The file's name in a run folder. */
  private static final String NAME = "model.safetensors";

  private static final String KIND = "classification";
  private static final int BATCH = 16;

  private final ClassificationPlan plan;
  private final ClassificationNetwork network;
  private final boolean[] flips;
  private final boolean owner;

  /**
   * @param flips axes D, H, W along which images are flipped; probabilities are means over all
   *     combinations
   */
  Classifier(
      ClassificationPlan plan, ClassificationNetwork network, boolean[] flips, boolean owner) {
    this.plan = plan;
    this.network = network;
    this.flips = flips.clone();
    this.owner = owner;
  }

  /**
   * Loads a model.
   *
   * @param modelOrRunFolder a file that {@link #save} wrote, or the folder of a finished run
   * @throws CheckpointException when it cannot be used
   */
  public static Classifier load(Path modelOrRunFolder, Device device) {
    Path file = modelOrRunFolder;
    if (Files.isDirectory(file)) {
      file = file.resolve(NAME);
    }
    if (!Files.isRegularFile(file)) {
      throw new CheckpointException(
          file + " does not exist; expected the folder of a finished run, or its " + NAME + ".");
    }
    try (Checkpoint checkpoint = Checkpoint.open(file)) {
      Network stored = checkpoint.network();
      if (!stored.kind().equals(KIND)) {
        throw new CheckpointException(
            "Checkpoint '"
                + file
                + "' holds a network of the kind '"
                + stored.kind()
                + "', but one of the kind '"
                + KIND
                + "' is expected; use the model of `classify train`.");
      }
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
    Checkpoint.writer(new Network(KIND, config)).module(network).write(file);
  }

  public ClassificationPlan plan() {
    return plan;
  }

  /** Probabilities of the classes, which sum to 1. */
  public double[] probabilities(Volume image) {
    return probabilities(List.of(prepare(image)))[0];
  }

  /** What the linear layer sees of a volume: the encoder's pooled features. */
  public float[] embed(Volume image) {
    network.train(false);
    try (Scope s = Scope.open()) {
      return network.embedding(input(List.of(prepare(image)), new boolean[3])).toFloats();
    }
  }

  /** An image as the network sees it, [D,H,W] of the plan's input. */
  public float[] prepare(Volume image) {
    float[] x = InputImages.fit(image, plan.spacing(), plan.input());
    plan.normalization().apply(x);
    return x;
  }

  /**
   * Probabilities of prepared images, [images][classes]; the mean over the flips that the model was
   * made for.
   */
  double[][] probabilities(List<float[]> images) {
    network.train(false);
    int classes = plan.classes().size();
    double[][] sums = new double[images.size()][classes];
    int views = 0;
    for (int mask = 0; mask < 8; mask++) {
      boolean[] flipped = {(mask & 1) != 0, (mask & 2) != 0, (mask & 4) != 0};
      boolean wanted = true;
      for (int a = 0; a < 3; a++) {
        wanted &= flips[a] || !flipped[a];
      }
      if (wanted) {
        views++;
        add(images, flipped, sums);
      }
    }
    for (double[] row : sums) {
      for (int c = 0; c < classes; c++) {
        row[c] /= views;
      }
    }
    return sums;
  }

  private void add(List<float[]> images, boolean[] flipped, double[][] sums) {
    int classes = plan.classes().size();
    for (int first = 0; first < images.size(); first += BATCH) {
      List<float[]> some = images.subList(first, Math.min(images.size(), first + BATCH));
      try (Scope s = Scope.open()) {
        float[] p = Softmax.of(network.call(input(some, flipped))).toFloats();
        for (int i = 0; i < p.length; i++) {
          sums[first + i / classes][i % classes] += p[i];
        }
      }
    }
  }

  private Tensor input(List<float[]> images, boolean[] flipped) {
    PatchSize p = plan.input();
    float[] all = new float[images.size() * p.voxels()];
    for (int i = 0; i < images.size(); i++) {
      flip(images.get(i), flipped, all, i * p.voxels());
    }
    return Tensor.of(network.device(), all, images.size(), p.depth(), p.height(), p.width(), 1);
  }

  private void flip(float[] image, boolean[] flipped, float[] out, int at) {
    if (Arrays.equals(flipped, new boolean[3])) {
      System.arraycopy(image, 0, out, at, image.length);
      return;
    }
    PatchSize p = plan.input();
    int to = at;
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

  @Override
  public void close() {
    if (owner) {
      network.close();
    }
  }
}
