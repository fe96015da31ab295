package io.med3dinsight.metric;

import io.med3dinsight.DataException;
import io.med3dinsight.volume.LabelVolume;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * Agreement of one case: every class of the dataset except the background.
 *
 * @param id the case
 * @param classes one score per class, in the order of their labels
 * @param dice mean over the classes
 * @param hd95 mean over the classes, in mm
 */
public record CaseScore(String id, List<ClassScore> classes, double dice, double hd95) {
  /** How far in mm the voxels of two maps of one case may lie apart. */
  private static final double SAME_PLACE = 0.05;

  public CaseScore {
    classes = List.copyOf(classes);
  }

  /**
   * Scores a prediction against its reference.
   *
   * @param names label value to name; 0 is the background and is not scored
   * @throws DataException when the two do not lie on the same grid, or hold other labels
   */
  public static CaseScore of(
      String id, LabelVolume prediction, LabelVolume reference, SortedMap<Integer, String> names) {
    requireComparable(id, prediction, reference);
    requireKnown(id, prediction, names);
    requireKnown(id, reference, names);
    List<ClassScore> scores = new ArrayList<>();
    for (Map.Entry<Integer, String> entry : names.entrySet()) {
      if (entry.getKey() != 0) {
        scores.add(score(entry.getKey(), entry.getValue(), prediction, reference));
      }
    }
    double dice = scores.stream().mapToDouble(ClassScore::dice).average().orElse(1);
    double hd95 = scores.stream().mapToDouble(ClassScore::hd95).average().orElse(0);
    return new CaseScore(id, scores, dice, hd95);
  }

  private static ClassScore score(
      int label, String name, LabelVolume prediction, LabelVolume reference) {
    int[] p = prediction.labels();
    int[] r = reference.labels();
    long predicted = 0;
    long referenced = 0;
    long both = 0;
    for (int i = 0; i < p.length; i++) {
      boolean inPrediction = p[i] == label;
      boolean inReference = r[i] == label;
      predicted += inPrediction ? 1 : 0;
      referenced += inReference ? 1 : 0;
      both += inPrediction && inReference ? 1 : 0;
    }
    double dice;
    double hd95;
    if (predicted == 0 && referenced == 0) {
      dice = 1;
      hd95 = 0;
    } else if (predicted == 0 || referenced == 0) {
      dice = 0;
      hd95 = reference.grid().diagonal();
    } else {
      dice = 2.0 * both / (predicted + referenced);
      hd95 = Hausdorff.distance95(reference.grid(), p, r, label);
    }
    return new ClassScore(label, name, dice, hd95, predicted, referenced);
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

  private static void requireKnown(String id, LabelVolume map, SortedMap<Integer, String> names) {
    for (int value : map.values()) {
      if (!names.containsKey(value) && value != 0) {
        throw new DataException(
            "case "
                + id
                + ": "
                + map.source()
                + " holds the label "
                + value
                + ", but only "
                + names.keySet()
                + " are known; correct the file or the list of labels.");
      }
    }
  }
}
