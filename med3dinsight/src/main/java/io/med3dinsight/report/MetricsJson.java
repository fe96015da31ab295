package io.med3dinsight.report;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.DataException;
import io.med3dinsight.metric.CaseScore;
import io.med3dinsight.metric.ClassScore;
import io.med3dinsight.metric.Evaluation;
import io.med3dinsight.volume.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * The results of a run: {@value #FILE} in the run folder. The scores on the test cases are below
 * "segmentation.test": "dice" and "hd95" (mm) with their "mean", "classes" with the mean per class
 * and the number of cases that miss it, "cases" with the scores of every case and class.
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
    writeFile(run.resolve(FILE), test, further);
  }

  /** Writes scores alone under a name of the caller's, with the same keys. */
  public static void writeScores(Path file, Evaluation test) {
    writeFile(file, test, Map.of());
  }

  /** Writes other results alone under a name of the caller's. */
  public static void writeFurther(Path file, Map<String, ?> further) {
    writeFile(file, null, further);
  }

  private static void writeFile(Path file, Evaluation test, Map<String, ?> further) {
    ObjectNode root = JSON.createObjectNode();
    further.forEach((name, value) -> root.set(name, JSON.valueToTree(value)));
    if (test != null) {
      ObjectNode segmentation = root.withObject("/segmentation");
      if (segmentation.has("test")) {
        throw new IllegalArgumentException("'segmentation.test' is given twice");
      }
      segmentation.set("test", scores(test));
    }
    ObjectWriter writer = JSON.writerWithDefaultPrettyPrinter();
    AtomicFile.write(
        file,
        out -> {
          out.write(writer.writeValueAsBytes(root));
          out.write('\n');
        });
  }

  private static ObjectNode scores(Evaluation test) {
    ObjectNode node = JSON.createObjectNode();
    node.putObject("dice").put("mean", test.dice());
    node.putObject("hd95").put("mean", test.hd95());
    ObjectNode classes = node.putObject("classes");
    for (Evaluation.ClassMean mean : test.classes()) {
      classes
          .putObject(mean.name())
          .put("dice", mean.dice())
          .put("hd95", mean.hd95())
          .put("missed", mean.missed());
    }
    ObjectNode cases = node.putObject("cases");
    for (CaseScore score : test.cases()) {
      ObjectNode one = cases.putObject(score.id());
      one.put("dice", score.dice()).put("hd95", score.hd95());
      ObjectNode ofCase = one.putObject("classes");
      for (ClassScore c : score.classes()) {
        ofCase
            .putObject(c.name())
            .put("dice", c.dice())
            .put("hd95", c.hd95())
            .put("predicted_voxels", c.predictedVoxels())
            .put("reference_voxels", c.referenceVoxels());
      }
    }
    return node;
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
