package io.med3dinsight.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.med3dinsight.gap.Gap;
import io.med3dinsight.gap.GapJson;
import io.med3dinsight.report.Html.Cell;
import io.med3dinsight.report.ScatterPicture.Panel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What the page says about the gap between volumes, images and texts. */
final class GapSection {
  private static final Map<String, String> NAMES =
      Map.of(
          "image_distance", "distance of the centroids, volume and image",
          "text_distance", "distance of the centroids, volume and text",
          "image_text_distance", "distance of the centroids, image and text (both frozen)",
          "image_separability", "separability of volume and image",
          "text_separability", "separability of volume and text");

  private GapSection() {}

  /**
   * Writes the section; a run without pretraining has none.
   *
   * @param pretrained whether the run pretrained
   * @param folder where the picture is to be written
   */
  static void write(Html html, Path run, boolean pretrained, Path folder) throws IOException {
    JsonNode gap = GapJson.read(run);
    if (gap == null) {
      if (pretrained) {
        html.smallHeading("Modality gap");
        html.paragraph("The gap between modalities was not measured (" + GapJson.FILE + ").");
      }
      return;
    }
    html.smallHeading("Modality gap");
    html.paragraph(
        "How far slices as seen from their volume, their images and their descriptions lie apart,"
            + " on "
            + Text.count(gap.path("slices").asInt(), "described slice")
            + " of "
            + Text.count(gap.path("volumes").asInt(), "test case")
            + ", which pretraining has not seen.");
    List<List<Cell>> rows = new ArrayList<>();
    for (String measure : Gap.MEASURES) {
      rows.add(
          List.of(
              Cell.of(NAMES.get(measure)),
              number(gap.path("before").path(measure)),
              number(gap.path("after").path(measure))));
    }
    html.table(List.of("", "before pretraining", "after pretraining"), rows);
    html.note(
        "Embeddings have length 1. Separability: share of slices of which a linear classifier,"
            + " cross-validated over volumes, tells the modality (0.5: it cannot; 1: always).");
    if (Lettering.missing().isPresent()) {
      html.paragraph("The picture could not be drawn. " + Lettering.missing().get());
      return;
    }
    Path png = folder.resolve("gap.png");
    ScatterPicture.write(
        png,
        List.of(
            Panel.of("before pretraining", Gap.MODALITIES, GapJson.points(gap, "before")),
            Panel.of("after pretraining", Gap.MODALITIES, GapJson.points(gap, "after"))));
    html.picture(
        "gap",
        png,
        "Slices of the three modalities along their first two principal components",
        "The slices along the first two principal components of all three modalities together;"
            + " each panel has components of its own.");
  }

  private static Cell number(JsonNode value) {
    return Cell.number(value.isNumber() ? Text.score(value.asDouble()) : "not defined");
  }
}
