package io.med3dinsight.ablation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.gap.Gap;
import io.med3dinsight.gap.ModalityGap;
import io.med3dinsight.pretrain.SliceEmbeddings;
import io.med3dinsight.report.ScatterPicture;
import io.med3dinsight.report.ScatterPicture.Panel;
import java.util.List;
import java.util.stream.Stream;

/** The gap between volumes, images and texts before and after one pretraining. */
final class GapReport {
  private static final String TSNE_IMAGE = "tsne_image_distance";
  private static final String TSNE_TEXT = "tsne_text_distance";

  /** What is measured, as {@link AblationFolder#gaps} and the table name it. */
  static final List<String> MEASURES =
      Stream.concat(Gap.MEASURES.stream(), Stream.of(TSNE_IMAGE, TSNE_TEXT)).toList();

  private GapReport() {}

  /** Adds a line to the gaps and draws the pictures, unless the line is there. */
  static void write(
      AblationFolder folder, Pretraining p, SliceEmbeddings before, SliceEmbeddings after) {
    for (JsonNode line : JsonLines.read(folder.gaps(), "pretraining")) {
      if (line.path("pretraining").asText().equals(p.id())) {
        return;
      }
    }
    Gap gapBefore = Gap.of(before);
    Gap gapAfter = Gap.of(after);
    double[][][] mapBefore = gapBefore.tsne();
    double[][][] mapAfter = gapAfter.tsne();
    ObjectNode line =
        JsonNodeFactory.instance
            .objectNode()
            .put("pretraining", p.id())
            .put("method", p.method())
            .put("seed", p.seed())
            .put("slices", gapBefore.slices());
    line.set("before", measure(gapBefore, mapBefore));
    line.set("after", measure(gapAfter, mapAfter));
    draw(folder, p.id() + "-pca", gapBefore.pca(), gapAfter.pca());
    draw(folder, p.id() + "-tsne", mapBefore, mapAfter);
    JsonLines.add(folder.gaps(), "pretraining", line);
  }

  private static ObjectNode measure(Gap gap, double[][][] map) {
    ObjectNode n = JsonNodeFactory.instance.objectNode();
    gap.measures().forEach(n::put);
    n.put(TSNE_IMAGE, ModalityGap.centroidDistance(map[0], map[1]));
    return n.put(TSNE_TEXT, ModalityGap.centroidDistance(map[0], map[2]));
  }

  private static void draw(
      AblationFolder folder, String name, double[][][] before, double[][][] after) {
    ScatterPicture.write(
        folder.figure(name),
        List.of(
            Panel.of("before pretraining", Gap.MODALITIES, before),
            Panel.of("after pretraining", Gap.MODALITIES, after)));
  }
}
