package io.med3dinsight.report;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.DataException;
import io.med3dinsight.metric.Bootstrap;
import io.med3dinsight.metric.CaseScore;
import io.med3dinsight.metric.ClassScore;
import io.med3dinsight.metric.ClassificationMeasure;
import io.med3dinsight.metric.ClassificationScores;
import io.med3dinsight.metric.Evaluation;
import io.med3dinsight.metric.Interval;
import io.med3dinsight.metric.Measure;
import io.med3dinsight.volume.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The results of a run: {@value #FILE} in the run folder. The scores on the test cases are below
 * "segmentation.test": every {@link Measure} by its key ("dice", "hd95", ...) with its "mean" and
 * the "low" and "high" of its bootstrap interval, "classes" with the same per class and the number
 * of cases that miss it, invent it or lack it rightly, "cases" with the scores of every case and
 * class.
 */
public final class MetricsJson {
  /** Name of the file in a run folder. */
  public static final String FILE = "metrics.json";

  private static final ObjectMapper JSON = new ObjectMapper();

  private MetricsJson() {}

  /**
   * Writes {@value #FILE}, completely or not at all.
   *
   * @param test scores on the test cases; null when there are none
   * @param further other results by name, as Jackson writes them: numbers, strings, lists, maps.
   *     What it holds below "segmentation" comes beside the scores on the test cases.
   * @throws IllegalArgumentException when {@code further} has another "segmentation.test"
   */
  public static void write(Path run, Evaluation test, Map<String, ?> further) {
    writeFile(run.resolve(FILE), test, Bootstrap.standard(), further);
  }

  /** Writes scores alone under a name of the caller's, with the same keys. */
  public static void writeScores(Path file, Evaluation test, Bootstrap bootstrap) {
    writeFile(file, test, bootstrap, Map.of());
  }

  /** Writes other results alone under a name of the caller's. */
  public static void writeFurther(Path file, Map<String, ?> further) {
    writeFile(file, null, Bootstrap.standard(), further);
  }

  private static void writeFile(
      Path file, Evaluation test, Bootstrap bootstrap, Map<String, ?> further) {
    ObjectNode root = JSON.createObjectNode();
    further.forEach((name, value) -> root.set(name, JSON.valueToTree(value)));
    if (test != null) {
      ObjectNode segmentation = root.withObject("/segmentation");
      if (segmentation.has("test")) {
        throw new IllegalArgumentException("'segmentation.test' is given twice");
      }
      segmentation.set("test", scores(test, bootstrap));
    }
    ObjectWriter writer = JSON.writerWithDefaultPrettyPrinter();
    AtomicFile.write(
        file,
        out -> {
          out.write(writer.writeValueAsBytes(root));
          out.write('\n');
        });
  }

  private static ObjectNode scores(Evaluation test, Bootstrap bootstrap) {
    ObjectNode node = JSON.createObjectNode();
    for (Measure m : Measure.values()) {
      ObjectNode of = node.putObject(m.key()).put("mean", test.mean(m));
      test.interval(m, bootstrap).ifPresent(i -> put(of, i));
    }
    node.put("surface_dice_tolerance_mm", test.tolerance());
    node.set("bootstrap", settings(bootstrap));
    ObjectNode classes = node.putObject("classes");
    for (int c = 0; c < test.classes().size(); c++) {
      Evaluation.ClassMean mean = test.classes().get(c);
      ObjectNode one = classes.putObject(mean.name());
      ObjectNode intervals = JSON.createObjectNode();
      for (Measure m : Measure.values()) {
        one.put(m.key(), mean.mean(m));
        test.interval(c, m, bootstrap).ifPresent(i -> put(intervals.putObject(m.key()), i));
      }
      one.put("missed", mean.missed());
      one.put("invented", mean.invented()).put("absent", mean.absent());
      one.set("intervals", intervals);
    }
    ObjectNode cases = node.putObject("cases");
    test.cases().forEach(score -> cases.set(score.id(), ofCase(score)));
    return node;
  }

  private static ObjectNode ofCase(CaseScore score) {
    ObjectNode node = JSON.createObjectNode();
    for (Measure m : Measure.values()) {
      node.put(m.key(), score.mean(m));
    }
    ObjectNode classes = node.putObject("classes");
    for (ClassScore c : score.classes()) {
      ObjectNode one = classes.putObject(c.name());
      for (Measure m : Measure.values()) {
        one.put(m.key(), c.value(m));
      }
      one.put("predicted_voxels", c.predictedVoxels()).put("reference_voxels", c.referenceVoxels());
      one.put("predicted_ml", c.predictedMl()).put("reference_ml", c.referenceMl());
    }
    return node;
  }

  /**
   * The scores of a classification as {@link #write} takes them among other results: every {@link
   * ClassificationMeasure} with its interval, the same per class, the confusion matrix (rows true
   * classes) and every case. What is not defined is null.
   *
   * @param ids of the cases
   * @param names of the classes
   */
  public static Map<String, ?> classification(
      ClassificationScores scores, List<String> ids, List<String> names, Bootstrap bootstrap) {
    if (ids.size() != scores.cases() || names.size() != scores.classes()) {
      throw new IllegalArgumentException(
          ids.size() + " cases and " + names.size() + " classes, expected the scores'");
    }
    ObjectNode node = JSON.createObjectNode();
    for (ClassificationMeasure m : ClassificationMeasure.values()) {
      ObjectNode of = node.putObject(m.key());
      put(of, "value", m.of(scores));
      m.interval(scores, bootstrap).ifPresent(i -> put(of, i));
    }
    node.set("bootstrap", settings(bootstrap));
    ObjectNode classes = node.putObject("classes");
    ArrayNode confusion = node.putArray("confusion");
    for (int c = 0; c < names.size(); c++) {
      ObjectNode one = classes.putObject(names.get(c));
      put(one, "auc", scores.auc(c));
      put(one, "f1", scores.f1(c));
      put(one, "sensitivity", scores.sensitivity(c));
      put(one, "specificity", scores.specificity(c));
      ArrayNode row = confusion.addArray();
      for (int other = 0; other < names.size(); other++) {
        row.add(scores.confusion(c, other));
      }
    }
    ObjectNode cases = node.putObject("cases");
    for (int i = 0; i < ids.size(); i++) {
      ObjectNode one = cases.putObject(ids.get(i));
      one.put("class", names.get(scores.truth(i)));
      one.put("predicted", names.get(scores.predicted(i)));
      ArrayNode row = one.putArray("probabilities");
      for (double p : scores.probabilities(i)) {
        row.add(p);
      }
    }
    return JSON.convertValue(node, new TypeReference<Map<String, Object>>() {});
  }

  private static ObjectNode settings(Bootstrap bootstrap) {
    return JSON.createObjectNode()
        .put("resamples", bootstrap.resamples())
        .put("level", bootstrap.level())
        .put("seed", bootstrap.seed());
  }

  private static void put(ObjectNode node, Interval interval) {
    node.put("low", interval.low()).put("high", interval.high());
  }

  /** JSON has no NaN. */
  private static void put(ObjectNode node, String name, double value) {
    if (Double.isNaN(value)) {
      node.putNull(name);
    } else {
      node.put(name, value);
    }
  }

  /**
   * What {@link #write} wrote; an empty object when the file is not there.
   *
   * @throws DataException for a file that is not a JSON object
   */
  static ObjectNode read(Path run) {
    Path file = run.resolve(FILE);
    if (!Files.exists(file)) {
      return JSON.createObjectNode();
    }
    try {
      JsonNode node = JSON.readTree(file.toFile());
      if (node instanceof ObjectNode object) {
        return object;
      }
      throw new DataException(file + " is not a JSON object; write it again.");
    } catch (JacksonException e) {
      throw new DataException(
          file + " is not valid JSON: " + e.getOriginalMessage() + "; write it again.", e);
    } catch (IOException e) {
      throw new DataException(file + " cannot be read: " + e.getMessage() + ".", e);
    }
  }
}
