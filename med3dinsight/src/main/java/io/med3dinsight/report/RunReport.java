package io.med3dinsight.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.DataException;
import io.med3dinsight.metric.CaseScore;
import io.med3dinsight.metric.Evaluation;
import io.med3dinsight.volume.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * The page of a run folder: {@value #FILE}, one file with everything in it, readable without a
 * network. Reads {@value MetricsLog#FILE}, {@value MetricsJson#FILE}, config.yaml and {@value
 * Provenance#FILE} from the folder, and says so in words where one of them is missing.
 */
public final class RunReport {
  /** Name of the page in a run folder. */
  public static final String FILE = "report.html";

  /** Name of the folder with the loss and Dice curves, in a run folder. */
  public static final String CURVES = "curves";

  private final Html html = new Html();
  private final Path run;
  private final String title;
  private final Evaluation test;
  private final List<ViewedCase> viewed;
  private final Provenance provenance;

  private RunReport(Path run, String title, Evaluation test, List<ViewedCase> viewed)
      throws IOException {
    this.run = run;
    this.title = title;
    this.test = test;
    this.viewed = viewed;
    provenance = OriginSections.provenance(run);
  }

  /**
   * Writes the page, the curves as PNG into {@value #CURVES}, and {@value MetricsLog#TABLE}.
   *
   * @param run the run folder
   * @param title heading of the page
   * @param test scores on the test cases; null when there are none
   * @param pictures overlays of the test cases, of which the lowest, median and highest are shown
   * @param viewed cases for the viewer, such as those of {@link #shown}; without any there is none
   * @throws DataException when the folder's files are damaged or cannot be read or written
   */
  public static void write(
      Path run, String title, Evaluation test, List<Picture> pictures, List<ViewedCase> viewed) {
    try {
      RunReport report = new RunReport(run, title, test, viewed);
      MetricsLog.writeTable(run);
      byte[] page = report.page(pictures).getBytes(StandardCharsets.UTF_8);
      AtomicFile.write(run.resolve(FILE), out -> out.write(page));
    } catch (IOException e) {
      throw new DataException(
          "the report of " + run + " cannot be written: " + e.getMessage() + ".", e);
    }
  }

  /** The page without a viewer; see the other method. */
  public static void write(Path run, String title, Evaluation test, List<Picture> pictures) {
    write(run, title, test, pictures, List.of());
  }

  /** The cases that a page shows: those with the lowest, median and highest Dice. */
  public static List<String> shown(Evaluation test) {
    return ScoreSections.shown(test.cases()).values().stream().map(CaseScore::id).toList();
  }

  private String page(List<Picture> pictures) throws IOException {
    ObjectNode results = MetricsJson.read(run);
    JsonNode pretrain = results.path("pretrain");
    html.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n");
    html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n");
    html.element("title", "", title)
        .raw("<style>\n" + css() + "</style>\n</head>\n<body>\n<main>\n");
    head();
    new ScoreSections(html, test).write(pictures, viewed);
    TrainingSections training = new TrainingSections(html, MetricsLog.read(run));
    training.training(run.resolve(CURVES));
    training.pretraining(pretrain);
    GapSection.write(html, run, training.pretrained(), run.resolve(CURVES));
    training.further(withoutShown(results));
    OriginSections origin = new OriginSections(html, provenance);
    origin.configuration(run);
    origin.origin();
    return html.raw("</main>\n</body>\n</html>\n").toString();
  }

  private static ObjectNode withoutShown(ObjectNode results) {
    ObjectNode rest = results.deepCopy();
    rest.remove("pretrain");
    if (rest.get("segmentation") instanceof ObjectNode segmentation) {
      segmentation.remove("test");
      if (segmentation.isEmpty()) {
        rest.remove("segmentation");
      }
    }
    return rest;
  }

  private void head() {
    html.element("h1", "", title);
    if (provenance != null) {
      html.element(
          "p",
          "sub",
          "Med3DInsight "
              + provenance.program().version()
              + ", "
              + provenance.started().substring(0, 10)
              + ", seed "
              + provenance.seed());
    }
    html.raw("<div class=\"tiles\">\n");
    if (test != null) {
      scoreTiles();
    }
    if (provenance != null && provenance.finished() != null) {
      String cores = Text.count(provenance.threads(), "CPU thread");
      tile("", Text.duration(OriginSections.time(provenance)), "", "whole run", "on " + cores);
    }
    html.raw("</div>\n");
  }

  private void scoreTiles() {
    var dice = test.cases().stream().mapToDouble(CaseScore::dice).summaryStatistics();
    var hd95 = test.cases().stream().mapToDouble(CaseScore::hd95).summaryStatistics();
    tile(
        " main",
        Text.score(test.dice()),
        "",
        "mean Dice",
        "cases " + Text.score(dice.getMin()) + " to " + Text.score(dice.getMax()));
    tile(
        "",
        Text.mm(test.hd95()),
        "mm",
        "mean HD95",
        "cases " + Text.mm(hd95.getMin()) + " to " + Text.mm(hd95.getMax()));
    tile(
        "",
        Integer.toString(test.cases().size()),
        "",
        "test cases",
        Text.count(test.classes().size(), "structure") + " each");
    long missed = ScoreSections.missed(test);
    tile("", Long.toString(missed), "", "missed structures", missed == 0 ? "none" : "see below");
  }

  private void tile(String style, String value, String unit, String name, String more) {
    html.raw("<div class=\"tile" + style + "\"><div class=\"value\">" + Text.html(value));
    html.raw(unit.isEmpty() ? "" : " <small>" + Text.html(unit) + "</small>").raw("</div>");
    html.element("div", "name", name).element("div", "more", more).raw("</div>\n");
  }

  private static String css() throws IOException {
    return ViewerSection.resource("report.css");
  }
}
