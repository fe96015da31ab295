package io.med3dinsight.inference;

import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.network.UNet;
import io.med3dinsight.network.UNetConfig;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.Normalization;
import io.med3dinsight.volume.Preprocessing;
import io.med3dinsight.volume.Spacing;
import io.med3dinsight.volume.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Segments a made-up volume into many classes with a tiny network: {@code D H W CLASSES d h w}, the
 * last three the window; windows do not overlap, which saves time and no memory. With the word
 * "probabilities" behind them every class's are computed too, and read back. Started with a small
 * heap it shows how much memory is enough.
 */
final class LargeVolumeProgram {
  private LargeVolumeProgram() {}

  public static void main(String[] args) throws IOException {
    int[] n = new int[7];
    for (int i = 0; i < n.length; i++) {
      n[i] = Integer.parseInt(args[i]);
    }
    UNetConfig config =
        new UNetConfig(1, new int[] {4, 8}, new int[][] {{1, 1, 1}, {2, 2, 2}}, 1, false);
    SegmentationPlan plan = plan(config, n);
    boolean probabilities = args.length > n.length;
    InferenceOptions options = new InferenceOptions(0, false, 1, KeepComponents.ALL, probabilities);
    Volume volume = volume(n[0], n[1], n[2]);
    try (UNet network = new UNet(Setup.of(Device.cpu(), 7), config, n[3], 1);
        Segmenter segmenter = new Segmenter(plan, network, options);
        Segmentation found = segmenter.run(volume, Progress.NONE, () -> false)) {
      double sum = 0;
      for (int c = 0; c < found.probabilities().classes(); c++) {
        sum += found.probabilities().map(c).voxels()[volume.grid().size() / 2];
      }
      if (probabilities) {
        System.out.printf(Locale.ROOT, "sum %.4f; ", sum);
      }
      Segmentation.Times t = found.times();
      System.out.printf(
          Locale.ROOT,
          "%d labels on %s; prepared %.1f s, network %.1f s, restored %.1f s; peak %.2f GiB%n",
          found.labels().values().size(),
          found.labels().grid().shapeText(),
          t.prepare(),
          t.network(),
          t.restore(),
          residentPeak());
    }
  }

  private static SegmentationPlan plan(UNetConfig config, int[] n) {
    SortedMap<Integer, String> labels = new TreeMap<>();
    for (int c = 0; c < n[3]; c++) {
      labels.put(c, "class " + c);
    }
    return new SegmentationPlan(
        "made up",
        "CT",
        labels,
        new Preprocessing(null, Normalization.mri()),
        new PatchSize(n[4], n[5], n[6]),
        config);
  }

  /** The process's largest resident size so far in GiB, as Linux counts it; 0 elsewhere. */
  private static double residentPeak() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.isReadable(status)) {
      return 0;
    }
    String line =
        Files.readAllLines(status).stream()
            .filter(l -> l.startsWith("VmHWM:"))
            .findFirst()
            .orElseThrow();
    return Double.parseDouble(line.replaceAll("[^0-9]", "")) / (1 << 20);
  }

  private static Volume volume(int depth, int height, int width) {
    float[] voxels = new float[depth * height * width];
    for (int i = 0; i < voxels.length; i++) {
      int w = i % width;
      int h = i / width % height;
      int d = i / width / height;
      voxels[i] = 100 * ((d / 7 + h / 11 + w / 5) % 9) + i * 31 % 17;
    }
    return Volume.of(Grid.of(depth, height, width, new Spacing(0.8, 0.8, 1)), voxels);
  }
}
