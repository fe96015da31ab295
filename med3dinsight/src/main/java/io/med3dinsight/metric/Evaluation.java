package io.med3dinsight.metric;

import io.med3dinsight.DataException;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.VolumeReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Agreement over a set of cases. Every class of every case enters the means, missed ones with the
 * scores that {@link Measure} states for them.
 *
 * @param classes means over the cases, one per class
 * @param cases the single cases
 */
public record Evaluation(List<ClassMean> classes, List<CaseScore> cases) {

  /**
   * One class over all cases.
   *
   * @param label value in the label maps
   * @param name the structure's name
   * @param means mean over the cases by every measure
   * @param missed cases in which the prediction has none of a structure that is there
   * @param invented cases in which the prediction has a structure that is not there
   * @param absent cases in which neither has it
   */
  public record ClassMean(
      int label, String name, Map<Measure, Double> means, int missed, int invented, int absent) {
    public ClassMean {
      means = Collections.unmodifiableMap(new EnumMap<>(means));
    }

    /** The mean by one measure. */
    public double mean(Measure measure) {
      return means.get(measure);
    }

    /** Mean Dice. */
    public double dice() {
      return mean(Measure.DICE);
    }

    /** Mean 95th percentile Hausdorff distance in mm. */
    public double hd95() {
      return mean(Measure.HD95);
    }
  }

  public Evaluation {
    classes = List.copyOf(classes);
    cases = List.copyOf(cases);
  }

  /**
   * The means of cases that were scored with the same classes and tolerance.
   *
   * @throws DataException when there is no case
   */
  public static Evaluation of(List<CaseScore> cases) {
    if (cases.isEmpty()) {
      throw new DataException("there is no case to evaluate; expected at least one.");
    }
    if (cases.stream().mapToDouble(CaseScore::tolerance).distinct().count() > 1) {
      throw new IllegalArgumentException("the cases were scored with different tolerances");
    }
    List<ClassMean> classes = new ArrayList<>();
    for (int i = 0; i < cases.get(0).classes().size(); i++) {
      classes.add(mean(cases, i));
    }
    return new Evaluation(classes, cases);
  }

  private static ClassMean mean(List<CaseScore> cases, int index) {
    List<ClassScore> scores = cases.stream().map(c -> c.classes().get(index)).toList();
    Map<Measure, Double> means = new EnumMap<>(Measure.class);
    for (Measure m : Measure.values()) {
      means.put(m, scores.stream().mapToDouble(s -> s.value(m)).average().orElseThrow());
    }
    ClassScore first = scores.get(0);
    return new ClassMean(
        first.label(),
        first.name(),
        means,
        (int) scores.stream().filter(ClassScore::missed).count(),
        (int) scores.stream().filter(ClassScore::invented).count(),
        (int) scores.stream().filter(ClassScore::absent).count());
  }

  /** Mean over cases and classes. */
  public double mean(Measure measure) {
    return cases.stream().mapToDouble(c -> c.mean(measure)).average().orElseThrow();
  }

  /** Mean Dice over cases and classes. */
  public double dice() {
    return mean(Measure.DICE);
  }

  /** Mean 95th percentile Hausdorff distance over cases and classes, in mm. */
  public double hd95() {
    return mean(Measure.HD95);
  }

  /** The tolerance in mm with which the cases were scored. */
  public double tolerance() {
    return cases.get(0).tolerance();
  }

  /** How sure {@link #mean} is, had other cases of the same kind been drawn. */
  public Optional<Interval> interval(Measure measure, Bootstrap bootstrap) {
    return bootstrap.mean(cases.stream().mapToDouble(c -> c.mean(measure)).toArray());
  }

  /** The same for one class, by its place in {@link #classes}. */
  public Optional<Interval> interval(int index, Measure measure, Bootstrap bootstrap) {
    return bootstrap.mean(
        cases.stream().mapToDouble(c -> c.classes().get(index).value(measure)).toArray());
  }

  /**
   * Scores every label map of the reference folder against the file of the same name among the
   * predictions (whatever their formats); or one file against one, whatever their names.
   *
   * @param names label value to name; empty to take every value that occurs in the files
   * @param tolerance of {@link Measure#SURFACE_DICE} in mm
   * @throws DataException when a folder is missing or empty, a prediction is missing, or a pair
   *     cannot be compared
   */
  public static Evaluation ofFolders(
      Path predictions, Path references, SortedMap<Integer, String> names, double tolerance) {
    CaseScore.requireTolerance(tolerance);
    boolean one = Files.isRegularFile(predictions) && Files.isRegularFile(references);
    SortedMap<String, Path> predicted = one ? single(references, predictions) : images(predictions);
    SortedMap<String, Path> referenced = one ? single(references, references) : images(references);
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
                    id,
                    LabelVolume.read(predicted.get(id)),
                    LabelVolume.read(path),
                    known,
                    tolerance)));
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

  private static SortedMap<String, Path> single(Path named, Path image) {
    return new TreeMap<>(Map.of(VolumeReader.stem(named), image));
  }

  private static SortedMap<String, Path> images(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new DataException(
          folder + " is not a folder; expected two folders of label maps, or two label maps.");
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
