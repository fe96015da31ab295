package io.med3dinsight.report;

import io.med3dinsight.DataException;
import io.med3dinsight.metric.CaseScore;
import io.med3dinsight.slice.IntensityScale;
import io.med3dinsight.slice.Plane;
import io.med3dinsight.slice.Slice;
import io.med3dinsight.volume.AtomicFile;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Orientation;
import io.med3dinsight.volume.Spacing;
import io.med3dinsight.volume.Volume;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.imageio.ImageIO;

/**
 * A picture of one case in three planes with the outlines of the prediction (solid) and of the
 * reference (dashed, in a lighter tint), each plane through the slice in which the reference has
 * most voxels. The patient's left is on the left: the plain convention, not the radiological one.
 *
 * <p>Everything is turned to RAS first and drawn to scale in mm. Intensities are shown from the 1st
 * to the 99th percentile of the volume.
 */
public final class Overlay {
  private final String title;
  private final Volume image;
  private final LabelVolume reference;
  private final LabelVolume prediction;
  private final SortedMap<Integer, String> names;
  private final CaseScore score;

  /**
   * @param title name of the case
   * @param image the image, in any orientation
   * @param reference labels on the same grid; null when nobody knows them
   * @param prediction labels on the same grid
   * @param names label value to name; 0 is the background
   * @throws DataException when the grids or labels do not fit together
   */
  public Overlay(
      String title,
      Volume image,
      LabelVolume reference,
      LabelVolume prediction,
      SortedMap<Integer, String> names) {
    this.title = title;
    this.image = Orientation.of(image.grid()).toRas(image);
    this.reference = reference == null ? null : turned(title, image, reference);
    this.prediction = turned(title, image, prediction);
    this.names = Collections.unmodifiableSortedMap(new TreeMap<>(names));
    score = reference == null ? null : CaseScore.of(title, prediction, reference, names);
  }

  private static LabelVolume turned(String title, Volume image, LabelVolume labels) {
    if (!labels.grid().sameShape(image.grid())) {
      throw new DataException(
          "case "
              + title
              + ": the labels "
              + labels.source()
              + " have "
              + labels.grid().shapeText()
              + " voxels, but the image "
              + image.source()
              + " has "
              + image.grid().shapeText()
              + "; they must lie on the same grid.");
    }
    // By the image's orientation: the two agree on where a voxel is.
    return Orientation.of(image.grid()).toRas(labels);
  }

  /** Writes the picture as PNG, completely or not at all; its folder is created. */
  public void write(Path png) {
    BufferedImage picture = draw();
    AtomicFile.write(png, out -> ImageIO.write(picture, "png", out));
  }

  /** The picture. */
  BufferedImage draw() {
    return new OverlayPainter(title, panels(), legend(), reference != null).paint();
  }

  /** The three planes, in the order in which they are shown. */
  List<OverlayPanel> panels() {
    Spacing mm = image.grid().spacing();
    double[] spacing = {mm.z(), mm.y(), mm.x()};
    IntensityScale window = IntensityScale.of(image.voxels());
    List<OverlayPanel> panels = new ArrayList<>();
    for (Plane plane : Plane.values()) {
      int index = LabelSlice.fullest(reference != null ? reference : prediction, plane);
      panels.add(
          new OverlayPanel(
              Slice.of(
                  image.voxels(), LabelSlice.extents(image.grid()), spacing, plane, index, window),
              reference == null ? null : LabelSlice.of(reference, plane, index),
              LabelSlice.of(prediction, plane, index),
              structures()));
    }
    return panels;
  }

  private List<Integer> structures() {
    return names.keySet().stream().filter(label -> label != 0).toList();
  }

  private List<OverlayPainter.Entry> legend() {
    List<OverlayPainter.Entry> legend = new ArrayList<>();
    int n = 0;
    for (Map.Entry<Integer, String> entry : names.entrySet()) {
      if (entry.getKey() != 0) {
        legend.add(new OverlayPainter.Entry(n++, entry.getValue() + dice(entry.getKey())));
      }
    }
    return legend;
  }

  private String dice(int label) {
    if (score == null) {
      return "";
    }
    return score.classes().stream()
        .filter(c -> c.label() == label)
        .map(c -> "  Dice " + Text.score(c.dice()))
        .findFirst()
        .orElse("");
  }
}
