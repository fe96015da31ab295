package io.med3dinsight.ablation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.pretrain.SliceEmbeddings;
import io.med3dinsight.report.ScatterPicture;
import io.med3dinsight.report.ScatterPicture.Cloud;
import io.med3dinsight.report.ScatterPicture.Panel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The gap between volumes, images and texts before and after one pretraining. */
final class GapReport {
  /** What is measured, as {@link AblationFolder#gaps} and the table name it. */
  static final List<String> MEASURES =
      List.of(
          "image_distance",
          "text_distance",
          "image_text_distance",
          "image_separability",
          "text_separability",
          "tsne_image_distance",
          "tsne_text_distance");

  private static final double PERPLEXITY = 30;

  /** Exact t-SNE and pictures take no more than this. */
  private static final int MOST_SLICES = 200;

  private GapReport() {}

  /** Adds a line to the gaps and draws the pictures, unless the line is there. */
  static void write(
      AblationFolder folder, Pretraining p, SliceEmbeddings before, SliceEmbeddings after) {
    for (JsonNode line : JsonLines.read(folder.gaps(), "pretraining")) {
      if (line.path("pretraining").asText().equals(p.id())) {
        return;
      }
    }
    double[][][] mapBefore = tsne(before);
    double[][][] mapAfter = tsne(after);
    ObjectNode line =
        JsonNodeFactory.instance
            .objectNode()
            .put("pretraining", p.id())
            .put("method", p.method())
            .put("seed", p.seed())
            .put("slices", before.seen().length);
    line.set("before", measure(before, mapBefore));
    line.set("after", measure(after, mapAfter));
    draw(folder, p.id() + "-pca", pca(before), pca(after));
    draw(folder, p.id() + "-tsne", mapBefore, mapAfter);
    JsonLines.add(folder.gaps(), "pretraining", line);
  }

  private static ObjectNode measure(SliceEmbeddings e, double[][][] map) {
    double[][] seen = wide(e.seen());
    double[][] images = wide(e.images());
    double[][] texts = wide(e.texts());
    double[] values = {
      ModalityGap.centroidDistance(seen, images),
      ModalityGap.centroidDistance(seen, texts),
      ModalityGap.centroidDistance(images, texts),
      ModalityGap.separability(seen, images, e.volumes()),
      ModalityGap.separability(seen, texts, e.volumes()),
      ModalityGap.centroidDistance(map[0], map[1]),
      ModalityGap.centroidDistance(map[0], map[2])
    };
    ObjectNode n = JsonNodeFactory.instance.objectNode();
    for (int i = 0; i < values.length; i++) {
      n.put(MEASURES.get(i), values[i]);
    }
    return n;
  }

  private static double[][] wide(float[][] rows) {
    double[][] out = new double[rows.length][];
    for (int i = 0; i < rows.length; i++) {
      out[i] = new double[rows[i].length];
      for (int k = 0; k < out[i].length; k++) {
        out[i][k] = rows[i][k];
      }
    }
    return out;
  }

  /** Evenly chosen slices of the three modalities below each other. */
  private static double[][] stacked(SliceEmbeddings e) {
    int n = e.seen().length;
    int kept = Math.min(n, MOST_SLICES);
    List<double[]> rows = new ArrayList<>();
    for (float[][] modality : List.of(e.seen(), e.images(), e.texts())) {
      double[][] all = wide(modality);
      for (int i = 0; i < kept; i++) {
        rows.add(all[(int) ((long) i * n / kept)]);
      }
    }
    return rows.toArray(double[][]::new);
  }

  private static double[][][] tsne(SliceEmbeddings e) {
    return parts(Tsne.map(stacked(e), PERPLEXITY));
  }

  private static double[][][] pca(SliceEmbeddings e) {
    return parts(Pca.project(stacked(e), 2));
  }

  private static double[][][] parts(double[][] points) {
    int n = points.length / 3;
    return new double[][][] {
      Arrays.copyOfRange(points, 0, n),
      Arrays.copyOfRange(points, n, 2 * n),
      Arrays.copyOfRange(points, 2 * n, 3 * n)
    };
  }

  private static void draw(
      AblationFolder folder, String name, double[][][] before, double[][][] after) {
    ScatterPicture.write(
        folder.figure(name),
        List.of(
            new Panel("before pretraining", clouds(before)),
            new Panel("after pretraining", clouds(after))));
  }

  private static List<Cloud> clouds(double[][][] points) {
    return List.of(
        new Cloud("volume", points[0]),
        new Cloud("image", points[1]),
        new Cloud("text", points[2]));
  }
}
