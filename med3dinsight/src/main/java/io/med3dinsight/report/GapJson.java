package io.med3dinsight.report;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.DataException;
import io.med3dinsight.gap.Gap;
import io.med3dinsight.volume.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The gap between modalities before and after a run's pretraining: {@value #FILE} in its folder.
 * "volumes" and "slices" say how many were measured, "before" and "after" hold {@link
 * Gap#MEASURES}, null where one is not defined, and "pca" the points of the slices, which the page
 * draws.
 */
public final class GapJson {
  /** Name of the file in a run folder. */
  public static final String FILE = "gap.json";

  private static final ObjectMapper JSON = new ObjectMapper();

  private GapJson() {}

  /** Writes the file, completely or not at all. */
  public static void write(Path run, int volumes, Gap before, Gap after) {
    ObjectNode root = JSON.createObjectNode();
    root.put("volumes", volumes).put("slices", after.slices());
    root.set("before", measures(before));
    root.set("after", measures(after));
    ObjectNode pca = root.putObject("pca");
    pca.set("before", points(before.pca()));
    pca.set("after", points(after.pca()));
    AtomicFile.write(
        run.resolve(FILE),
        out -> {
          out.write(JSON.writeValueAsBytes(root));
          out.write('\n');
        });
  }

  private static ObjectNode measures(Gap gap) {
    ObjectNode node = JSON.createObjectNode();
    gap.measures().forEach((name, value) -> put(node, name, value));
    return node;
  }

  /** JSON has no NaN. */
  private static void put(ObjectNode node, String name, double value) {
    if (Double.isNaN(value)) {
      node.putNull(name);
    } else {
      node.put(name, value);
    }
  }

  private static ObjectNode points(double[][][] clouds) {
    ObjectNode node = JSON.createObjectNode();
    for (int m = 0; m < clouds.length; m++) {
      ArrayNode cloud = node.putArray(Gap.MODALITIES.get(m));
      for (double[] p : clouds[m]) {
        cloud.addArray().add(p[0]).add(p[1]);
      }
    }
    return node;
  }

  /**
   * What {@link #write} wrote; null when the run has no such file.
   *
   * @throws DataException for a file that is something else
   */
  static JsonNode read(Path run) {
    Path file = run.resolve(FILE);
    if (!Files.exists(file)) {
      return null;
    }
    try {
      JsonNode root = JSON.readTree(file.toFile());
      for (String when : new String[] {"before", "after"}) {
        for (String modality : Gap.MODALITIES) {
          requirePoints(file, root.path("pca").path(when).path(modality));
        }
      }
      return root;
    } catch (JacksonException e) {
      throw new DataException(
          file + " is not valid JSON: " + e.getOriginalMessage() + "; delete it to go without.", e);
    } catch (IOException e) {
      throw DataException.of(file, "read", e);
    }
  }

  private static void requirePoints(Path file, JsonNode cloud) {
    boolean good = cloud.isArray() && !cloud.isEmpty();
    for (JsonNode p : cloud) {
      good &= p.size() == 2 && p.get(0).isNumber() && p.get(1).isNumber();
    }
    if (!good) {
      throw new DataException(
          file + " has no points [x, y] for each modality below pca; delete it to go without.");
    }
  }

  /** The points [cloud][point][2] of "before" or "after". */
  static double[][][] points(JsonNode root, String when) {
    double[][][] clouds = new double[Gap.MODALITIES.size()][][];
    for (int m = 0; m < clouds.length; m++) {
      JsonNode cloud = root.path("pca").path(when).path(Gap.MODALITIES.get(m));
      clouds[m] = new double[cloud.size()][];
      for (int i = 0; i < cloud.size(); i++) {
        clouds[m][i] =
            new double[] {cloud.get(i).get(0).asDouble(), cloud.get(i).get(1).asDouble()};
      }
    }
    return clouds;
  }
}
