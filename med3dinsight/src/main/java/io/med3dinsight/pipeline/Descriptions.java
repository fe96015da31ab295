package io.med3dinsight.pipeline;

import io.med3dinsight.DataException;
import io.med3dinsight.caption.Caption;
import io.med3dinsight.caption.CaptionFile;
import io.med3dinsight.caption.OfflineDescriber;
import io.med3dinsight.caption.SliceDescriber;
import io.med3dinsight.dataset.Scan;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.slice.SliceChoice;
import io.med3dinsight.slice.SliceChoice.Place;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** The descriptions of a run's slices, made once and kept in its folder. */
public final class Descriptions {
  private final DescribedScans data;
  private final RunSettings settings;
  private final Progress progress;
  private final BooleanSupplier stop;

  public Descriptions(
      DescribedScans data, RunSettings settings, Progress progress, BooleanSupplier stop) {
    this.data = data;
    this.settings = settings;
    this.progress = progress;
    this.stop = stop;
  }

  /**
   * Captions of all cases of the run by case; null when the user stopped the work.
   *
   * @throws DataException when a training case has none, or a caption's slice does not exist
   */
  public Map<String, List<Caption>> of(RunFolder folder) {
    List<Caption> all;
    if (Files.exists(folder.captions())) {
      all = CaptionFile.read(folder.captions());
      volumes().requireDescribed(all, folder.captions());
      check(all, folder.captions());
    } else if (settings.describe().captions() != null) {
      Path file = settings.describe().captions();
      all = volumes().read(file).stream().map(this::prepared).toList();
      check(all, file);
      CaptionFile.write(folder.captions(), all);
    } else {
      all = describe();
      if (all == null) {
        return null;
      }
      CaptionFile.write(folder.captions(), all);
    }
    return byCase(all);
  }

  private CaptionedVolumes volumes() {
    List<String> learning = data.learning().stream().map(Scan::id).toList();
    return new CaptionedVolumes(data.place(), data.known(), learning);
  }

  private static Map<String, List<Caption>> byCase(List<Caption> captions) {
    Map<String, List<Caption>> byCase = new LinkedHashMap<>();
    captions.forEach(c -> byCase.computeIfAbsent(c.volume(), v -> new ArrayList<>()).add(c));
    return byCase;
  }

  /** The caption with the number of its slice on the prepared grid. */
  private Caption prepared(Caption c) {
    int[] extents = data.extents().get(c.volume());
    return extents == null ? c : c.on(extents[c.plane().axis()]);
  }

  /**
   * Finds what cannot be used before anything is trained, and before the file is copied into the
   * run's folder, where a resumed run would take it from. Captions of cases that the run does not
   * use are left aside.
   */
  private void check(List<Caption> captions, Path file) {
    for (Caption c : captions) {
      int[] extents = data.extents().get(c.volume());
      int count = extents == null ? Integer.MAX_VALUE : extents[c.plane().axis()];
      if (c.slice() >= count) {
        throw new DataException(
            file
                + " describes "
                + c.plane().label()
                + " slice "
                + c.slice()
                + " of case "
                + c.volume()
                + ", but the prepared volume has slices 0 to "
                + (count - 1)
                + " in that plane; correct the number.");
      }
    }
  }

  private List<Caption> describe() {
    List<Scan> cases = new ArrayList<>(data.learning());
    cases.addAll(data.heldOut());
    List<Caption> captions = new ArrayList<>();
    try (Progress.Task task = progress.start("describe", cases.size(), "cases")) {
      for (Scan c : cases) {
        if (stop.getAsBoolean()) {
          return null;
        }
        task.message(c.id());
        SliceDescriber describer = new OfflineDescriber(c.modality());
        SliceSource slices = SliceSource.of(c, data.spacing());
        for (Place p : SliceChoice.even(slices.extents(), settings.describe().slicesPerPlane())) {
          String text = describer.describe(slices.slice(p));
          captions.add(new Caption(c.id(), p.plane(), p.index(), text, describer.id()));
        }
        task.step();
      }
    }
    return captions;
  }
}
