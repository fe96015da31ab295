package io.med3dinsight.metric;

import io.med3dinsight.DataException;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.VolumeReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Agreement over a set of cases. Every class of every case enters the means, missed ones with the
 * scores that {@link ClassScore} states for them.
 *
 * @param dice mean over cases and classes
 * @param hd95 mean over cases and classes, in mm
 * @param classes means over the cases, one per class
 * @param cases the single cases
 */
public record Evaluation(double dice, double hd95, List<ClassMean> classes, List<CaseScore> cases) {

  /**
   * One class over all cases.
   *
   * @param label value in the label maps
   * @param name the structure's name
   * @param dice mean Dice
   * @param hd95 mean 95th percentile Hausdorff distance in mm
   * @param missed cases in which the prediction has none of a structure that is there
   */
  public record ClassMean(int label, String name, double dice, double hd95, int missed) {}

  public Evaluation {
    classes = List.copyOf(classes);
    cases = List.copyOf(cases);
  }

  /**
   * The means of cases that were scored with the same classes.
   *
   * @throws DataException when there is no case
   */
  public static Evaluation of(List<CaseScore> cases) {
    if (cases.isEmpty()) {
      throw new DataException("there is no case to evaluate; expected at least one.");
    }
    List<ClassMean> classes = new ArrayList<>();
    for (int i = 0; i < cases.get(0).classes().size(); i++) {
      classes.add(mean(cases, i));
    }
    double dice = cases.stream().mapToDouble(CaseScore::dice).average().orElseThrow();
    double hd95 = cases.stream().mapToDouble(CaseScore::hd95).average().orElseThrow();
    return new Evaluation(dice, hd95, classes, cases);
  }

  private static ClassMean mean(List<CaseScore> cases, int index) {
    double dice = 0;
    double hd95 = 0;
    int missed = 0;
    for (CaseScore c : cases) {
      ClassScore score = c.classes().get(index);
      dice += score.dice();
      hd95 += score.hd95();
      missed += score.predictedVoxels() == 0 && score.referenceVoxels() > 0 ? 1 : 0;
    }
    ClassScore first = cases.get(0).classes().get(index);
    int n = cases.size();
    return new ClassMean(first.label(), first.name(), dice / n, hd95 / n, missed);
  }

  /**
   * Scores every label map of the reference folder against the file of the same name among the
   * predictions (whatever their formats).
   *
   * @param names label value to name; empty to take every value that occurs in the files
   * @throws DataException when a folder is missing or empty, a prediction is missing, or a pair
   *     cannot be compared
   */
  public static Evaluation ofFolders(
      Path predictions, Path references, SortedMap<Integer, String> names) {
    SortedMap<String, Path> predicted = images(predictions);
    SortedMap<String, Path> referenced = images(references);
    for (String id : referenced.keySet()) {
      if (!predicted.containsKey(id)) {
        throw new DataException(
            "the prediction of case "
                + id
                + " is missing in "
                + predictions
                + "; every file of "
                + references
                + " needs a prediction of the same name.");
      }
    }
    SortedMap<Integer, String> known = names.isEmpty() ? occurring(predicted, referenced) : names;
    if (known.keySet().stream().allMatch(label -> label == 0)) {
      throw new DataException(
          references
              + " holds no structure to score, only background; expected label maps with values"
              + " above 0.");
    }
    List<CaseScore> cases = new ArrayList<>();
    referenced.forEach(
        (id, path) ->
            cases.add(
                CaseScore.of(
                    id, LabelVolume.read(predicted.get(id)), LabelVolume.read(path), known)));
    return of(cases);
  }

  private static SortedMap<Integer, String> occurring(
      SortedMap<String, Path> predicted, SortedMap<String, Path> referenced) {
    SortedMap<Integer, String> names = new TreeMap<>();
    referenced.forEach(
        (id, path) -> {
          LabelVolume.read(path).values().forEach(v -> names.put(v, "label " + v));
          LabelVolume.read(predicted.get(id)).values().forEach(v -> names.put(v, "label " + v));
        });
    return names;
  }

  private static SortedMap<String, Path> images(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new DataException(folder + " is not a folder; expected a folder of label maps.");
    }
    SortedMap<String, Path> images = new TreeMap<>();
    try (Stream<Path> entries = Files.list(folder)) {
      for (Path p : entries.sorted().toList()) {
        String name = p.getFileName().toString();
        if (VolumeReader.isImageName(p) && Files.isRegularFile(p)) {
          Path other = images.put(VolumeReader.stem(p), p);
          if (other != null) {
            throw new DataException(
                folder + " holds both " + other.getFileName() + " and " + name + "; keep one.");
          }
        }
      }
    } catch (IOException e) {
      throw DataException.of(folder, "read", e);
    }
    if (images.isEmpty()) {
      throw new DataException(folder + " is empty; expected label maps such as .nii.gz.");
    }
    return images;
  }
}
