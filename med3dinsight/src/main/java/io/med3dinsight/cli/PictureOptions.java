package io.med3dinsight.cli;

import io.med3dinsight.UsageException;
import io.med3dinsight.caption.Modality;
import io.med3dinsight.caption.chat.CaptionSettings.Picture;
import io.med3dinsight.slice.Plane;
import io.med3dinsight.slice.SliceRule;
import io.med3dinsight.slice.Window;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Option;

/** Options that say which slices are shown, and how; a mixin. */
final class PictureOptions {
  /** Rules for choosing slices. */
  enum Choice {
    EVEN,
    FOREGROUND
  }

  @Option(
      names = "--modality",
      paramLabel = "NAME",
      description =
          "What made all images: ct, mri, mri-t1, mri-t1ce, mri-t2, mri-flair, mri-pd, mri-dwi, pet"
              + " or ultrasound; without it what dataset.json, a table or DICOM says.")
  private String modality;

  @Option(
      names = "--slices",
      paramLabel = "N",
      defaultValue = "12",
      description = "Slices per plane (default: ${DEFAULT-VALUE}).")
  private int perPlane;

  @Option(
      names = "--choose",
      paramLabel = "even|foreground",
      defaultValue = "foreground",
      description = "Evenly over the volume, or where the patient is (default: ${DEFAULT-VALUE}).")
  private Choice choice;

  @Option(
      names = "--planes",
      paramLabel = "LIST",
      defaultValue = "axial,coronal,sagittal",
      description = "Planes, separated by commas (default: all three).")
  private String planes;

  @Option(
      names = "--slice",
      paramLabel = "PLANE:LIST",
      description =
          "These slices instead, by number from 0 in RAS order or by percent: axial:10,20,50%%; may"
              + " be repeated.")
  private List<String> listed = new ArrayList<>();

  @Option(
      names = "--window",
      paramLabel = "NAME|LEVEL/WIDTH",
      description =
          "CT window: soft (default), lung, bone, brain, liver, wide, or level and width in HU.")
  private String window;

  @Option(
      names = "--percentiles",
      paramLabel = "LOW,HIGH",
      defaultValue = "0.5,99.5",
      description =
          "Percentiles of the volume that become black and white, not for CT (default:"
              + " ${DEFAULT-VALUE}).")
  private String percentiles;

  @Option(
      names = "--size",
      paramLabel = "PIXELS",
      defaultValue = "512",
      description = "Longer side of a picture (default: ${DEFAULT-VALUE}).")
  private int size;

  /** What --modality says of all images; null without it. */
  Modality modality() {
    return modality == null ? null : Modality.parse(modality, "--modality");
  }

  /**
   * @param made what made the images, where --modality does not say it
   */
  Picture picture(Collection<Modality> made) {
    Modality all = modality();
    Modality first = made.isEmpty() ? null : made.iterator().next();
    Modality m = all != null ? all : made.contains(Modality.CT) ? Modality.CT : first;
    if (m == null) {
      throw new UsageException("--modality is missing: say what made the images, such as ct.");
    }
    if (window != null && !m.isCt()) {
      throw new UsageException(
          "--window is in HU, but the images are " + m.words() + ": use --percentiles.");
    }
    Window ct = m.isCt() ? Window.ct(window == null ? "soft" : window) : null;
    double[] limits = limits();
    return new Picture(m, rule(), ct, limits[0], limits[1], size);
  }

  private SliceRule rule() {
    if (!listed.isEmpty()) {
      return SliceRule.listed(listed);
    }
    Set<Plane> chosen = SliceRule.planes(planes);
    return choice == Choice.EVEN
        ? SliceRule.even(perPlane, chosen)
        : SliceRule.foreground(perPlane, chosen);
  }

  private double[] limits() {
    String[] parts = percentiles.split(",", -1);
    try {
      if (parts.length == 2) {
        return new double[] {Double.parseDouble(parts[0]), Double.parseDouble(parts[1])};
      }
    } catch (NumberFormatException e) {
      throw new UsageException(
          "--percentiles is '" + percentiles + "': expected two numbers such as 0.5,99.5.", e);
    }
    throw new UsageException(
        "--percentiles is '" + percentiles + "': expected two numbers such as 0.5,99.5.");
  }
}
