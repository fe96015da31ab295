package io.med3dinsight.classification;

import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.nn.Setup;
import java.nio.file.Path;

/** An untrained classifier of two classes: what it says means nothing, but it is definite. */
public final class TinyClassifier {
  private TinyClassifier() {}

  /** Writes the model, which flips along D and W, to RUN/model.safetensors and returns RUN. */
  public static Path save(Path run) {
    return save(run, 1);
  }

  /** The same for images of several channels. */
  public static Path save(Path run, int channels) {
    ClassificationPlan plan = Blobs.plan(Blobs.unet(channels), Blobs.EXTENT);
    try (ClassificationNetwork network =
        new ClassificationNetwork(Setup.of(Device.cpu(), 9), plan, 0, 9)) {
      boolean[] flips = {true, false, true};
      Classifier.save(run.resolve("model.safetensors"), plan, flips, network);
    }
    return run;
  }
}
