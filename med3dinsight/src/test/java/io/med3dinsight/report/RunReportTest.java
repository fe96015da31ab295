package io.med3dinsight.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.DataException;
import io.med3dinsight.gap.Gap;
import io.med3dinsight.gap.GapJson;
import io.med3dinsight.metric.Evaluation;
import io.med3dinsight.pretrain.SliceEmbeddings;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Spacing;
import io.med3dinsight.volume.Volume;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

class RunReportTest {
  private static final String HOSTILE = "<script>alert('&\"')</script>\u0001";

  @TempDir Path run;

  @Test
  void aWholeRun() throws Exception {
    Evaluation test = Cases.evaluation("case_a", "case_b", "case_c", "case_d");
    fill(test);
    RunReport.write(run, "A run", test, pictures("case_a", "case_b", "case_c", "case_d"));
    String page = page();
    Document document = parse(page);
    assertEquals("A run", document.getElementsByTagName("h1").item(0).getTextContent());
    requireSelfContained(page);
    String text = document.getDocumentElement().getTextContent();
    for (String part :
        List.of(
            Text.score(test.dice()),
            Text.mm(test.hd95()),
            "Lowest: case_d",
            "Median: case_c",
            "Highest: case_a",
            "missed 0.000",
            "retrieval.top1",
            "0.4120",
            "Modality gap",
            "on 4 described slices of 2 test cases",
            "not defined",
            "channels: [16, 32]",
            "seed 7",
            "96-bit",
            "called from Java")) {
      assertTrue(text.contains(part), part);
    }
    assertTrue(text.indexOf("case_d") < text.indexOf("case_a"), "lowest first");
    assertTrue(Files.exists(run.resolve(MetricsLog.TABLE)));
    // Three cases and, where this Java has fonts, three charts and the gap's picture.
    int charts = Lettering.missing().isEmpty() ? 4 : 0;
    List<byte[]> images = images(page);
    assertEquals(3 + charts, images.size());
    byte[] lowest = Files.readAllBytes(run.resolve("overlays/case_d.png"));
    assertTrue(Arrays.equals(lowest, images.get(0)), "the first picture is the lowest");
  }

  @Test
  void anEmptyRunSaysWhatIsMissing() throws Exception {
    RunReport.write(run, "Nothing", null, List.of());
    String text = parse(page()).getDocumentElement().getTextContent();
    for (String part :
        List.of(
            "no test cases",
            "no pictures",
            "no record of training",
            "no pretraining stage",
            "no config.yaml",
            "no provenance.json")) {
      assertTrue(text.contains(part), part + " in " + text);
    }
    assertFalse(text.contains("null"), text);
  }

  @Test
  void aRunWithoutPretrainingKeepsTheRest() throws Exception {
    Evaluation test = Cases.evaluation("only");
    try (MetricsLog log = MetricsLog.open(run)) {
      log.append(new MetricsLine("finetune", 0, 1, 1, Map.of("learning_rate", 0.1)));
    }
    Path gone = run.resolve("gone.png");
    RunReport.write(run, "Short", test, List.of(new Picture("only", gone)));
    String text = parse(page()).getDocumentElement().getTextContent();
    for (String part :
        List.of(
            "no pretraining stage", "no pictures", "not recorded", "There is nothing to draw")) {
      assertTrue(text.contains(part), part);
    }
  }

  @Test
  void everyTextIsEscaped() throws Exception {
    Evaluation test = Cases.evaluation(HOSTILE, "b");
    Files.writeString(run.resolve("config.yaml"), "a: " + HOSTILE);
    try (MetricsLog log = MetricsLog.open(run)) {
      log.append(new MetricsLine(HOSTILE, 0, 1, 1, Map.of("loss", 1.0)));
      log.append(new MetricsLine("pretrain", 0, 1, 1, Map.of("loss." + HOSTILE, 1.0)));
    }
    MetricsJson.write(run, test, Map.of(HOSTILE, HOSTILE, "pretrain", Map.of(HOSTILE, 1)));
    Provenance.start(1, 7, List.of(HOSTILE), List.of()).write(run);
    List<Picture> pictures = pictures("b");
    RunReport.write(run, HOSTILE, test, List.of(new Picture(HOSTILE, pictures.get(0).file())));
    String page = page();
    Document document = parse(page);
    requireSelfContained(page);
    String shown = HOSTILE.replace('\u0001', '\uFFFD');
    assertEquals(shown, document.getElementsByTagName("h1").item(0).getTextContent());
    assertEquals(
        "a: " + shown + "\n", document.getElementsByTagName("pre").item(0).getTextContent());
    String text = document.getDocumentElement().getTextContent();
    assertTrue(text.contains("not yet when this page was written"));
  }

  @Test
  void aDamagedGapIsNamed() throws Exception {
    for (String content : List.of("{", "{}", "{\"pca\":{\"before\":{\"volume\":[[1]]}}}")) {
      Files.writeString(run.resolve(GapJson.FILE), content);
      DataException e =
          assertThrows(DataException.class, () -> RunReport.write(run, "x", null, List.of()));
      assertTrue(e.getMessage().contains(GapJson.FILE), e.getMessage());
    }
  }

  @Test
  void damagedProvenanceIsNamed() throws Exception {
    Files.writeString(run.resolve(Provenance.FILE), "{\"program\":");
    DataException e =
        assertThrows(DataException.class, () -> RunReport.write(run, "x", null, List.of()));
    assertTrue(e.getMessage().contains(Provenance.FILE), e.getMessage());
    assertTrue(Files.notExists(run.resolve(RunReport.FILE)));
  }

  private void fill(Evaluation test) throws Exception {
    try (MetricsLog log = MetricsLog.open(run)) {
      log.append(new MetricsLine("pretrain", 0, 1, 1, Map.of("loss", 3.0, "loss.text", 2.0)));
      log.append(new MetricsLine("pretrain", 1, 2, 2, Map.of("loss", 2.0, "loss.text", 1.0)));
      log.append(new MetricsLine("finetune", 0, 1, 1, Map.of("loss", 1.0, "dice.train", 0.5)));
    }
    float[][] rows = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1, 1, 0}};
    // Of one volume, which leaves nothing to cross-validate over.
    Gap gap = Gap.of(new SliceEmbeddings(rows, rows, rows, new int[4]));
    GapJson.write(run, 2, gap, gap);
    MetricsJson.write(
        run,
        test,
        Map.of("pretrain", Map.of("retrieval", Map.of("top1", 0.412)), "width", "96-bit"));
    Files.writeString(run.resolve("config.yaml"), "network:\n  channels: [16, 32]\n");
    Provenance.start(2, 7, List.of(), List.of(run.resolve("config.yaml"))).finish().write(run);
  }

  private List<Picture> pictures(String... ids) {
    Grid grid = Grid.of(4, 5, 6, new Spacing(1, 1, 1));
    List<Picture> pictures = new ArrayList<>();
    for (int i = 0; i < ids.length; i++) {
      LabelVolume labels = Cases.boxes(grid, new int[] {1, 0, 2, 0, i + 1, 0, 3});
      Path png = run.resolve("overlays/" + ids[i] + ".png");
      Volume image = Volume.of(grid, new float[grid.size()]);
      new Overlay(ids[i], image, labels, labels, Cases.NAMES).write(png);
      pictures.add(new Picture(ids[i], png));
    }
    return pictures;
  }

  private String page() throws Exception {
    return Files.readString(run.resolve(RunReport.FILE));
  }

  private static Document parse(String page) throws Exception {
    var builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
    return builder.parse(new InputSource(new StringReader(page)));
  }

  private static void requireSelfContained(String page) {
    for (String word :
        List.of("http:", "https:", "<script", "<link", "<iframe", "@import", "url(")) {
      assertFalse(page.contains(word), word);
    }
    Matcher reference = Pattern.compile("(?:src|href)=\"([^\"]{0,40})").matcher(page);
    while (reference.find()) {
      assertTrue(reference.group(1).startsWith("data:image/png;base64,"), reference.group());
    }
  }

  private static List<byte[]> images(String page) {
    List<byte[]> images = new ArrayList<>();
    Matcher data = Pattern.compile("base64,([^\"]*)\"").matcher(page);
    while (data.find()) {
      images.add(Base64.getDecoder().decode(data.group(1)));
    }
    return images;
  }
}
