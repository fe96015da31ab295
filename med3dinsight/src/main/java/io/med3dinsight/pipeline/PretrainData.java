package io.med3dinsight.pipeline;

import io.med3dinsight.DataException;
import io.med3dinsight.dataset.CaseStore;
import io.med3dinsight.dataset.Fingerprint;
import io.med3dinsight.dataset.SampleData;
import io.med3dinsight.dataset.Scan;
import io.med3dinsight.dataset.ScanFolder;
import io.med3dinsight.dataset.Split;
import io.med3dinsight.dataset.TrainingCase;
import io.med3dinsight.network.NetworkConfig;
import io.med3dinsight.network.NetworkPlan;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Normalization;
import io.med3dinsight.volume.Orientation;
import io.med3dinsight.volume.Preprocessing;
import io.med3dinsight.volume.Spacing;
import io.med3dinsight.volume.Volume;
import io.med3dinsight.volume.VolumeReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Volumes without labels as pretraining uses them: all on voxels of the median size, or of the one
 * that the settings name. Intensities are normalised volume by volume, those of CT by what is
 * measured over the bodies of all CT volumes.
 *
 * @param place where the volumes come from
 * @param learning volumes to learn from
 * @param known names of all volumes of the place
 * @param plan patch and network
 * @param prepared the volumes on the network's grid, in the same order
 * @param extents D, H, W of each by its name
 */
record PretrainData(
    Path place,
    List<Scan> learning,
    Set<String> known,
    Spacing spacing,
    NetworkPlan plan,
    CaseStore prepared,
    Map<String, int[]> extents)
    implements DescribedScans, AutoCloseable {
  private static final double HEAP_SHARE = 0.5;

  /** HU below which a voxel is air or lung, not tissue. */
  private static final float TISSUE = -500;

  private static final int SAMPLES_PER_VOLUME = 10_000;
  private static final List<String> SPLITS = List.of("splits.json", "splits_final.json");

  /**
   * Finds, measures and prepares the volumes.
   *
   * @param planned refuses a network, as soon as it is known
   */
  static PretrainData of(
      PretrainRunSettings settings,
      RunFolder folder,
      Progress progress,
      Consumer<NetworkConfig> planned) {
    Path place = settings.data();
    if (place == null) {
      place = SampleData.extract(folder.sample()).folder();
    }
    List<Scan> all = ScanFolder.list(place).stream().map(s -> named(s, settings)).toList();
    List<Scan> learning = learning(all, place, settings, progress);
    Set<String> known = new HashSet<>(all.stream().map(Scan::id).toList());
    new CaptionedVolumes(place, known, learning.stream().map(Scan::id).toList())
        .check(settings.asRun(), folder);
    NetworkPlan early = NetworkPlan.known(settings.network(), 1);
    if (early != null) {
      planned.accept(early.network());
    }
    Fingerprint measured = measure(learning, settings.asRun().voxelSize(), progress);
    NetworkPlan plan = NetworkPlan.of(settings.network(), measured);
    if (early == null) {
      planned.accept(plan.network());
    }
    CaseStore prepared =
        new CaseStore(folder.prepared(), (long) (HEAP_SHARE * Runtime.getRuntime().maxMemory()));
    PretrainData data =
        new PretrainData(
            place, learning, known, measured.spacing(), plan, prepared, new HashMap<>());
    try {
      data.prepare(measured.normalizations().get(0), progress);
    } catch (RuntimeException e) {
      data.close();
      throw e;
    }
    return data;
  }

  private static Scan named(Scan s, PretrainRunSettings settings) {
    boolean silent = s.modality().equals(Scan.UNKNOWN) && settings.modality() != null;
    return silent ? new Scan(s.id(), s.image(), s.options(), settings.modality()) : s;
  }

  // ---- who is learned from

  private static List<Scan> learning(
      List<Scan> all, Path place, PretrainRunSettings settings, Progress progress) {
    Path file = settings.split();
    for (String name : SPLITS) {
      Path own = place.resolve(name);
      file = file == null && Files.isRegularFile(own) ? own : file;
    }
    if (file == null || settings.learnFromHeldOut()) {
      progress.say(
          "All "
              + all.size()
              + " volumes are learned from; what a later fine-tuning holds out for testing may be"
              + " among them (split=FILE leaves a split's test cases out).");
      return all;
    }
    Split split = Split.read(file, settings.fold());
    List<Scan> kept =
        all.stream().filter(s -> split.test().stream().noneMatch(t -> is(s, t))).toList();
    if (kept.size() == all.size() || kept.isEmpty()) {
      throw new DataException(
          file
              + " holds out "
              + String.join(", ", split.test().stream().limit(3).toList())
              + (split.test().size() > 3 ? ", ..." : "")
              + (kept.isEmpty() ? ", which are all volumes of " : ", but none of them is in ")
              + place
              + " (it has "
              + all.get(0).id()
              + " and others); give the split of these volumes, or learnFromHeldOut=true.");
    }
    progress.say(
        kept.size()
            + " of "
            + all.size()
            + " volumes are learned from; the others are held out by "
            + file
            + ".");
    return kept;
  }

  /** Whether a volume is a case of this name, or a further channel of it. */
  private static boolean is(Scan s, String caseId) {
    return s.id().equals(caseId) || s.id().matches(Pattern.quote(caseId) + "_\\d{4}");
  }

  // ---- what they have in common

  private static Fingerprint measure(List<Scan> scans, Spacing target, Progress progress) {
    List<Grid> grids = new ArrayList<>();
    List<float[]> tissue = new ArrayList<>();
    try (Progress.Task task = progress.start("measure", scans.size(), "volumes")) {
      for (Scan s : scans) {
        task.message(s.id());
        Grid grid = VolumeReader.grid(s.image(), s.options());
        grids.add(Orientation.of(grid).toRas(grid));
        if (s.isCt()) {
          tissue.add(tissue(s.read().voxels()));
        }
        task.step();
      }
    }
    Normalization ct = tissue.isEmpty() ? Normalization.mri() : Normalization.fitCt(joined(tissue));
    return Fingerprint.of(grids, List.of(ct), target);
  }

  /** An even sample of the voxels that are tissue; of all voxels where none is. */
  private static float[] tissue(float[] voxels) {
    int count = 0;
    for (float v : voxels) {
      count += v > TISSUE ? 1 : 0;
    }
    float above = count == 0 ? Float.NEGATIVE_INFINITY : TISSUE;
    count = count == 0 ? voxels.length : count;
    int step = Math.max(1, count / SAMPLES_PER_VOLUME);
    float[] sample = new float[(count + step - 1) / step];
    int seen = 0;
    for (float v : voxels) {
      if (v > above) {
        if (seen % step == 0) {
          sample[seen / step] = v;
        }
        seen++;
      }
    }
    return sample;
  }

  private static float[] joined(List<float[]> parts) {
    float[] all = new float[parts.stream().mapToInt(p -> p.length).sum()];
    int at = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }

  private void prepare(Normalization ct, Progress progress) {
    try (Progress.Task task = progress.start("prepare", learning.size(), "volumes")) {
      for (Scan s : learning) {
        task.message(s.id());
        Volume image =
            new Preprocessing(spacing, s.isCt() ? ct : Normalization.mri()).image(s.read());
        Grid g = image.grid();
        extents.put(s.id(), new int[] {g.depth(), g.height(), g.width()});
        prepared.add(TrainingCase.of(s.id(), image, LabelVolume.of(g, new int[g.size()])));
        task.step();
      }
    }
  }

  // ---- as the stages see them

  @Override
  public List<Scan> heldOut() {
    return List.of();
  }

  @Override
  public float[][] image(int number) {
    return prepared.get(number).channels();
  }

  @Override
  public float[][] heldOutImage(int number) {
    throw new IndexOutOfBoundsException(number);
  }

  @Override
  public void close() {
    prepared.close();
  }
}
