package io.med3dinsight.pipeline;

import io.med3dinsight.DataException;
import io.med3dinsight.dataset.Case;
import io.med3dinsight.dataset.Fingerprint;
import io.med3dinsight.dataset.LabelledScan;
import io.med3dinsight.dataset.MsdDataset;
import io.med3dinsight.dataset.SampleData;
import io.med3dinsight.dataset.Split;
import io.med3dinsight.dataset.TrainingCase;
import io.med3dinsight.inference.SegmentationPlan;
import io.med3dinsight.network.NetworkPlan;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.volume.Grid;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A dataset as a run uses it: who trains and who tests, what the scans have in common, and the
 * training cases on the network's grid.
 *
 * @param training cases to learn from, those for validation included
 * @param test cases held out
 * @param prepared the training cases on the network's grid, in the same order
 * @param extents D, H, W on the network's grid of every case by its id
 */
record PreparedData(
    MsdDataset dataset,
    List<Case> training,
    List<Case> test,
    SegmentationPlan plan,
    List<TrainingCase> prepared,
    Map<String, int[]> extents) {
  /** Bytes per voxel of a {@link TrainingCase}: a float and an int. */
  private static final int BYTES = 8;

  /** Share of the heap that the training cases may take. */
  private static final double HEAP_SHARE = 0.6;

  static PreparedData of(RunSettings settings, RunFolder folder, Progress progress) {
    MsdDataset dataset =
        settings.data() == null
            ? SampleData.extract(folder.sample())
            : MsdDataset.read(settings.data());
    Split split =
        settings.split() != null
            ? Split.read(settings.split())
            : Split.of(dataset, settings.testShare(), settings.seed());
    List<Case> training = dataset.cases(split.train());
    List<Case> test = dataset.cases(split.test());
    if (test.isEmpty()) {
      throw new DataException(
          "The split of "
              + dataset.folder()
              + " names no case for testing; expected at least one, on which the run is scored.");
    }
    Fingerprint fingerprint;
    try (Progress.Task task = progress.start("measure", training.size(), "cases")) {
      fingerprint = Fingerprint.of(scans(dataset, training, task), dataset.isCt());
    }
    NetworkPlan network = NetworkPlan.of(settings.network(), fingerprint);
    SegmentationPlan plan =
        new SegmentationPlan(
            dataset.name(),
            dataset.modality(),
            dataset.labels(),
            fingerprint.preprocessing(),
            network.patch(),
            network.network());
    Map<String, int[]> extents = new HashMap<>();
    // Read now, so that a damaged one is reported before anything is trained.
    try (Progress.Task task = progress.start("check", test.size(), "cases")) {
      for (LabelledScan scan : scans(dataset, test, task)) {
        extents.put(scan.id(), extents(plan.preprocessing().grid(scan.image().grid())));
      }
    }
    List<TrainingCase> prepared = prepare(dataset, training, plan, progress);
    prepared.forEach(c -> extents.put(c.id(), extents(c.grid())));
    return new PreparedData(dataset, training, test, plan, prepared, extents);
  }

  private static int[] extents(Grid g) {
    return new int[] {g.depth(), g.height(), g.width()};
  }

  private static List<TrainingCase> prepare(
      MsdDataset dataset, List<Case> training, SegmentationPlan plan, Progress progress) {
    List<TrainingCase> prepared = new ArrayList<>();
    try (Progress.Task task = progress.start("prepare", training.size(), "cases")) {
      long bytes = 0;
      for (LabelledScan scan : scans(dataset, training, task)) {
        Grid grid = plan.preprocessing().grid(scan.image().grid());
        bytes += (long) grid.size() * BYTES;
        requireRoom(bytes, prepared.size() + 1, training.size());
        prepared.add(TrainingCase.of(scan, plan.preprocessing()));
      }
    }
    return prepared;
  }

  /** Loads one scan after the other, each dropped before the next. */
  private static Iterable<LabelledScan> scans(
      MsdDataset dataset, List<Case> cases, Progress.Task task) {
    return () -> {
      Iterator<Case> left = cases.iterator();
      return new Iterator<>() {
        @Override
        public boolean hasNext() {
          return left.hasNext();
        }

        @Override
        public LabelledScan next() {
          Case c = left.next();
          task.message(c.id());
          LabelledScan scan = dataset.load(c);
          task.step();
          return scan;
        }
      };
    };
  }

  private static void requireRoom(long bytes, int cases, int of) {
    long heap = Runtime.getRuntime().maxMemory();
    if (bytes > HEAP_SHARE * heap) {
      throw new DataException(
          "The first "
              + cases
              + " of "
              + of
              + " training cases take "
              + (bytes >> 20)
              + " MiB on the network's grid, more than "
              + (long) (100 * HEAP_SHARE)
              + " % of the heap of "
              + (heap >> 20)
              + " MiB: start with a larger heap (java -Xmx...), or use fewer cases.");
    }
  }

  /** The training cases with these names on the network's grid. */
  List<TrainingCase> prepared(List<String> ids) {
    Set<String> wanted = Set.copyOf(ids);
    return prepared.stream().filter(c -> wanted.contains(c.id())).collect(Collectors.toList());
  }
}
