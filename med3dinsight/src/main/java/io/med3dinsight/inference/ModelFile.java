package io.med3dinsight.inference;

import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.network.EncoderDecoder;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.checkpoint.Checkpoint;
import io.med3dinsight.nn.checkpoint.CheckpointException;
import io.med3dinsight.nn.checkpoint.LoadReport;
import io.med3dinsight.nn.checkpoint.Network;
import java.nio.file.Path;

/** A segmentation network in a file: its weights, and its plan in the header. */
final class ModelFile {
  private ModelFile() {}

  static void save(Path file, SegmentationPlan plan, EncoderDecoder network) {
    Checkpoint.writer(new Network(ModelKind.SEGMENTATION.word(), plan.toJson()))
        .module(network)
        .write(file);
  }

  static Segmenter load(Path modelOrRunFolder, Device device, InferenceOptions options) {
    Path file = ModelKind.file(modelOrRunFolder);
    try (Checkpoint checkpoint = Checkpoint.open(file)) {
      Network stored = checkpoint.network();
      ModelKind.SEGMENTATION.require(file, stored.kind());
      SegmentationPlan plan = SegmentationPlan.fromJson(stored.config(), file.toString());
      EncoderDecoder network = plan.network().build(Setup.of(device, 0), plan.classes(), 1);
      try {
        restore(checkpoint, network, file);
        network.train(false);
        return new Segmenter(plan, network, options, true);
      } catch (RuntimeException e) {
        network.close();
        throw e;
      }
    }
  }

  /** Fills every tensor of the network; only the heads of deep supervision may be left over. */
  private static void restore(Checkpoint checkpoint, EncoderDecoder network, Path file) {
    LoadReport report = checkpoint.load(network, "");
    boolean fits = report.missing().isEmpty() && report.wrongShape().isEmpty();
    boolean known = report.unexpected().stream().allMatch(network::trainingOnly);
    if (!fits || !known) {
      throw new CheckpointException(
          "Checkpoint '"
              + file
              + "' does not fit the network of its plan, "
              + network.config()
              + ": "
              + report.summary()
              + "; save the model again.");
    }
  }
}
