package io.med3dinsight.inference;

import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.network.UNet;
import io.med3dinsight.network.UNetConfig;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.volume.Affine;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.Normalization;
import io.med3dinsight.volume.Preprocessing;
import io.med3dinsight.volume.Spacing;
import io.med3dinsight.volume.Volume;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** An untrained network of two small stages: its labels mean nothing, but they are definite. */
public final class TinyModel {
  private static final UNetConfig NETWORK =
      new UNetConfig(1, new int[] {4, 8}, new int[][] {{1, 1, 1}, {2, 2, 2}}, 1, false);

  private TinyModel() {}

  public static SegmentationPlan plan(PatchSize patch, Spacing spacing) {
    SortedMap<Integer, String> labels =
        new TreeMap<>(Map.of(0, "background", 1, "anterior", 2, "posterior"));
    Preprocessing preprocessing = new Preprocessing(spacing, Normalization.mri());
    return new SegmentationPlan("tiny", "MRI", labels, preprocessing, patch, NETWORK);
  }

  public static SegmentationPlan plan() {
    return plan(new PatchSize(8, 12, 10), null);
  }

  public static UNet network(Device device) {
    return new UNet(Setup.of(device, 7), NETWORK, 3, 1);
  }

  /** Writes the model to RUN/model.safetensors and returns RUN. */
  public static Path save(Path run) {
    try (UNet network = network(Device.cpu())) {
      Segmenter.save(run.resolve("model.safetensors"), plan(), network);
    }
    return run;
  }

  /** The same for images of two channels. */
  public static Path saveTwoChannels(Path run) {
    UNetConfig two =
        new UNetConfig(2, new int[] {4, 8}, new int[][] {{1, 1, 1}, {2, 2, 2}}, 1, false);
    SegmentationPlan one = plan();
    Preprocessing preprocessing =
        new Preprocessing(null, List.of(Normalization.ct(0, 200, 50, 50), Normalization.mri()));
    SegmentationPlan plan =
        new SegmentationPlan("tiny", "CT+PET", one.labels(), preprocessing, one.patch(), two);
    try (UNet network = new UNet(Setup.of(Device.cpu(), 7), two, 3, 1)) {
      Segmenter.save(run.resolve("model.safetensors"), plan, network);
    }
    return run;
  }

  /** A blob with noise, the same for the same seed. */
  public static Volume volume(int depth, int height, int width, long seed) {
    return volume(Grid.of(depth, height, width, Affine.scaling(1, 1, 1)), seed);
  }

  public static Volume volume(Grid grid, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] voxels = new float[grid.size()];
    for (int d = 0; d < grid.depth(); d++) {
      for (int h = 0; h < grid.height(); h++) {
        for (int w = 0; w < grid.width(); w++) {
          double r =
              Math.hypot(
                  Math.hypot(d - 0.4 * grid.depth(), h - 0.5 * grid.height()),
                  w - 0.6 * grid.width());
          voxels[grid.index(d, h, w)] =
              (float) (100 * Math.exp(-r * r / 30) + 10 * random.nextDouble() + 1);
        }
      }
    }
    return Volume.of(grid, voxels);
  }
}
