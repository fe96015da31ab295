package io.med3dinsight.metric;

import io.med3dinsight.DataException;
import io.med3dinsight.UsageException;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Orientation;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeSet;

/**
 * Agreement of one case: every class of the dataset except the background.
 *
 * @param id the case
 * @param tolerance how far in mm a surface may be off to count for {@link Measure#SURFACE_DICE}
 * @param classes one score per class, in the order of their labels
 */
public record CaseScore(String id, double tolerance, List<ClassScore> classes) {
  /** The tolerance unless another is asked for, mm. */
  public static final double TOLERANCE = 1;

  /** How far in mm the voxels of two maps of one case may lie apart. */
  private static final double SAME_PLACE = 0.05;

  private static final double MM3_PER_ML = 1000;

  public CaseScore {
    classes = List.copyOf(classes);
  }

  /** Mean over the classes; the score of perfect agreement when there is none. */
  public double mean(Measure measure) {
    return classes.stream().mapToDouble(c -> c.value(measure)).average().orElse(measure.best());
  }

  /** Mean Dice over the classes. */
  public double dice() {
    return mean(Measure.DICE);
  }

  /** Mean 95th percentile Hausdorff distance over the classes, in mm. */
  public double hd95() {
    return mean(Measure.HD95);
  }

  /** Scores with the usual tolerance of {@value #TOLERANCE} mm; see the other method. */
  public static CaseScore of(
      String id, LabelVolume prediction, LabelVolume reference, SortedMap<Integer, String> names) {
    return of(id, prediction, reference, names, TOLERANCE);
  }

  /**
   * Scores a prediction against its reference.
   *
   * @param names label value to name; 0 is the background and is not scored
   * @param tolerance of {@link Measure#SURFACE_DICE} in mm, at least 0
   * @throws DataException when the two do not lie on the same grid, or hold other labels
   * @throws UsageException when the tolerance is below 0 or not a number
   */
  public static CaseScore of(
      String id,
      LabelVolume predicted,
      LabelVolume reference,
      SortedMap<Integer, String> names,
      double tolerance) {
    requireTolerance(tolerance);
    // Programs save the same grid with its axes in another order.
    LabelVolume prediction = Orientation.turned(predicted, reference.grid(), SAME_PLACE);
    requireComparable(id, prediction, reference);
    Map<Integer, Structure> found =
        Structure.all(reference.grid(), prediction.labels(), reference.labels());
    for (int label : new TreeSet<>(found.keySet())) {
      if (!names.containsKey(label)) {
        LabelVolume map = found.get(label).first() > 0 ? prediction : reference;
        throw unknown(id, map, label, names);
      }
    }
    List<ClassScore> scores = new ArrayList<>();
    for (Map.Entry<Integer, String> entry : names.entrySet()) {
      if (entry.getKey() != 0) {
        Structure structure = found.getOrDefault(entry.getKey(), new Structure());
        scores.add(score(entry, structure, prediction, reference, tolerance));
      }
    }
    return new CaseScore(id, tolerance, scores);
  }

  /**
   * The tolerance, when it can be one.
   *
   * @throws UsageException otherwise
   */
  public static double requireTolerance(double tolerance) {
    if (!(tolerance >= 0 && Double.isFinite(tolerance))) {
      throw new UsageException(
          "The tolerance of the surface Dice is "
              + tolerance
              + " mm: expected 0 or more, such as the reference's own accuracy.");
    }
    return tolerance;
  }

  private static ClassScore score(
      Map.Entry<Integer, String> label,
      Structure structure,
      LabelVolume prediction,
      LabelVolume reference,
      double tolerance) {
    Grid grid = reference.grid();
    long predicted = structure.first();
    long referenced = structure.second();
    Map<Measure, Double> values = new EnumMap<>(Measure.class);
    if (predicted > 0 && referenced > 0) {
      double both = structure.both();
      SurfaceDistances distances =
          SurfaceDistances.of(
              grid, structure, prediction.labels(), reference.labels(), label.getKey());
      values.put(Measure.DICE, 2 * both / (predicted + referenced));
      values.put(Measure.IOU, both / (predicted + referenced - both));
      values.put(Measure.SURFACE_DICE, distances.within(tolerance));
      values.put(Measure.HD, distances.largest());
      values.put(Measure.HD95, distances.percentile(95));
      values.put(Measure.ASSD, distances.mean());
    } else {
      boolean one = predicted > 0 || referenced > 0;
      for (Measure m : Measure.values()) {
        values.put(m, one ? m.worst(grid.diagonal()) : m.best());
      }
    }
    // The determinant, so that sheared voxels count right too.
    double ml = Math.abs(grid.affine().determinant()) / MM3_PER_ML;
    return new ClassScore(label.getKey(), label.getValue(), values, predicted, referenced, ml);
  }

  private static void requireComparable(String id, LabelVolume prediction, LabelVolume reference) {
    if (!prediction.grid().sameShape(reference.grid())) {
      throw new DataException(
          "case "
              + id
              + ": the prediction "
              + prediction.source()
              + " has "
              + prediction.grid().shapeText()
              + " voxels, but the reference "
              + reference.source()
              + " has "
              + reference.grid().shapeText()
              + "; they must lie on the same grid.");
    }
    if (!prediction.grid().sameSpace(reference.grid(), SAME_PLACE)) {
      throw new DataException(
          "case "
              + id
              + ": the prediction "
              + prediction.source()
              + " and the reference "
              + reference.source()
              + " lie in different places (their affines differ); they must lie on the same grid.");
    }
  }

  private static DataException unknown(
      String id, LabelVolume map, int label, SortedMap<Integer, String> names) {
    return new DataException(
        "case "
            + id
            + ": "
            + map.source()
            + " holds the label "
            + label
            + ", but only "
            + names.keySet()
            + " are known; correct the file or the list of labels.");
  }
}
