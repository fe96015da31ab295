package io.med3dinsight.pipeline;

import io.med3dinsight.DataException;
import io.med3dinsight.UsageException;
import io.med3dinsight.dataset.Case;
import io.med3dinsight.dataset.CaseStore;
import io.med3dinsight.dataset.Fingerprint;
import io.med3dinsight.dataset.LabelledScan;
import io.med3dinsight.dataset.MsdDataset;
import io.med3dinsight.dataset.SampleData;
import io.med3dinsight.dataset.Scan;
import io.med3dinsight.dataset.Split;
import io.med3dinsight.dataset.TrainingCase;
import io.med3dinsight.inference.SegmentationPlan;
import io.med3dinsight.network.NetworkConfig;
import io.med3dinsight.network.NetworkPlan;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.Normalization;
import io.med3dinsight.volume.Spacing;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ObjIntConsumer;

/**
 * A dataset as a run uses it: who trains and who tests, what the scans have in common, and the
 * training cases on the network's grid.
 *
 * @param training cases to learn from, those for validation included
 * @param test cases held out
 * @param prepared the training cases on the network's grid, in the same order; in memory as far as
 *     it goes, the rest on the disk
 * @param extents D, H, W on the network's grid of every case by its id
 */
public record PreparedData(
    MsdDataset dataset,
    List<Case> training,
    List<Case> test,
    SegmentationPlan plan,
    CaseStore prepared,
    Map<String, int[]> extents)
    implements DescribedScans, AutoCloseable {
  /** Share of the heap that the training cases may take together. */
  private static final double HEAP_SHARE = 0.5;

  /** Reads, measures and prepares the data of a run. */
  public static PreparedData of(RunSettings settings, RunFolder folder, Progress progress) {
    return of(settings, folder, progress, null, (network, classes) -> {});
  }

  /**
   * @param given the plan, where it is not to follow from the training cases; null otherwise
   * @param planned refuses a network and its number of classes, as soon as they are known
   */
  static PreparedData of(
      RunSettings settings,
      RunFolder folder,
      Progress progress,
      SegmentationPlan given,
      ObjIntConsumer<NetworkConfig> planned) {
    MsdDataset dataset = dataset(settings, folder);
    Split split = split(settings, dataset);
    List<Case> training = dataset.cases(split.train());
    List<Case> test = dataset.cases(split.test());
    if (test.isEmpty()) {
      throw new DataException(
          "The split of "
              + dataset.folder()
              + " names no case for testing; expected at least one, on which the run is scored.");
    }
    new CaptionedVolumes(dataset.folder(), known(dataset), split.train()).check(settings, folder);
    SegmentationPlan plan = given;
    NetworkPlan known = NetworkPlan.known(settings.network(), dataset.channels().size());
    if (plan == null && known != null) {
      planned.accept(known.network(), dataset.labels().size());
      plan = plan(settings, dataset, training, progress);
    } else {
      plan = plan == null ? plan(settings, dataset, training, progress) : plan;
      planned.accept(plan.network(), plan.classes());
    }
    return prepare(dataset, training, test, plan, folder, progress);
  }

  private static PreparedData prepare(
      MsdDataset dataset,
      List<Case> training,
      List<Case> test,
      SegmentationPlan plan,
      RunFolder folder,
      Progress progress) {
    Map<String, int[]> extents = new HashMap<>();
    // Read now, so that a damaged one is reported before anything is trained.
    try (Progress.Task task = progress.start("check", test.size(), "cases")) {
      for (LabelledScan scan : scans(dataset, test, task)) {
        extents.put(scan.id(), extents(scan, plan));
      }
    }
    long budget = (long) (HEAP_SHARE * Runtime.getRuntime().maxMemory());
    CaseStore prepared = new CaseStore(folder.prepared(), budget);
    try (Progress.Task task = progress.start("prepare", training.size(), "cases")) {
      for (LabelledScan scan : scans(dataset, training, task)) {
        extents.put(scan.id(), extents(scan, plan));
        prepared.add(TrainingCase.of(scan, plan.preprocessing()));
      }
    } catch (RuntimeException e) {
      prepared.close();
      throw e;
    }
    return new PreparedData(dataset, training, test, plan, prepared, extents);
  }

  /** The data set that the settings name. */
  static MsdDataset dataset(RunSettings settings, RunFolder folder) {
    return settings.data() == null
        ? SampleData.extract(folder.sample())
        : MsdDataset.read(settings.data());
  }

  static Split split(RunSettings settings, MsdDataset dataset) {
    return settings.split() != null
        ? Split.read(settings.split(), settings.fold())
        : Split.of(dataset, settings.testShare(), settings.seed(), settings.fold());
  }

  /** What suits the training cases. */
  static SegmentationPlan plan(
      RunSettings settings, MsdDataset dataset, List<Case> training, Progress progress) {
    Fingerprint fingerprint;
    try (Progress.Task task = progress.start("measure", training.size(), "cases")) {
      fingerprint =
          Fingerprint.of(
              scans(dataset, training, task), schemes(settings, dataset), settings.voxelSize());
    }
    NetworkPlan network = NetworkPlan.of(settings.network(), fingerprint);
    return new SegmentationPlan(
        dataset.name(),
        dataset.modality(),
        dataset.labels(),
        fingerprint.preprocessing(),
        network.patch(),
        network.network());
  }

  private static List<Normalization.Scheme> schemes(RunSettings settings, MsdDataset dataset) {
    List<Normalization.Scheme> given = settings.normalization();
    if (given != null && given.size() != dataset.channels().size()) {
      throw new UsageException(
          "normalization names "
              + given.size()
              + " schemes: expected one for each of the channels "
              + dataset.channels()
              + " of "
              + dataset.folder()
              + ".");
    }
    return given == null ? dataset.schemes() : given;
  }

  private static int[] extents(LabelledScan scan, SegmentationPlan plan) {
    Grid g = plan.preprocessing().grid(scan.image().grid());
    return new int[] {g.depth(), g.height(), g.width()};
  }

  /** Loads one scan after the other, each dropped before the next. */
  public static Iterable<LabelledScan> scans(
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

  /** The first channel of a case, which is the one that is put into words. */
  public Scan scan(Case c) {
    return new Scan(c.id(), c.image(), dataset.firstChannel(c), dataset.channels().get(0));
  }

  @Override
  public Path place() {
    return dataset.folder();
  }

  @Override
  public List<Scan> learning() {
    return training.stream().map(this::scan).toList();
  }

  @Override
  public List<Scan> heldOut() {
    return test.stream().map(this::scan).toList();
  }

  @Override
  public Set<String> known() {
    return known(dataset);
  }

  private static Set<String> known(MsdDataset dataset) {
    Set<String> known = new HashSet<>(dataset.ids());
    dataset.test().forEach(c -> known.add(c.id()));
    return known;
  }

  @Override
  public Spacing spacing() {
    return plan.preprocessing().spacing();
  }

  @Override
  public float[][] image(int number) {
    return prepared.get(number).channels();
  }

  @Override
  public float[][] heldOutImage(int number) {
    return TrainingCase.of(dataset.load(test.get(number)), plan.preprocessing()).channels();
  }

  @Override
  public void close() {
    prepared.close();
  }
}
