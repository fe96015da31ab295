package io.med3dinsight.report;

import io.med3dinsight.metric.CaseScore;
import io.med3dinsight.metric.ClassScore;
import io.med3dinsight.metric.Evaluation;
import io.med3dinsight.report.Html.Cell;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/** What the page says about the test cases: scores, pictures, and what the scores mean. */
final class ScoreSections {
  /** With more structures than this, the table of cases has no column for each HD95. */
  private static final int FEW_CLASSES = 4;

  private final Html html;
  private final Evaluation test;
  private final List<CaseScore> byDice;

  /**
   * @param test null when there are no test cases
   */
  ScoreSections(Html html, Evaluation test) {
    this.html = html;
    this.test = test;
    byDice = new ArrayList<>(test == null ? List.of() : test.cases());
    byDice.sort(Comparator.comparingDouble(CaseScore::dice).thenComparing(CaseScore::id));
  }

  void write(List<Picture> pictures, List<ViewedCase> viewed) throws IOException {
    html.heading("Scores on the test cases");
    if (test == null) {
      html.paragraph("This run has no test cases, so there are no scores.");
    } else {
      classes();
      html.smallHeading("Spread over the cases");
      html.raw(StripPlot.dice(test));
      html.raw(StripPlot.hd95(test));
      html.note(
          test.cases().size() >= 5
              ? "One dot per case; the line is the median, the box holds the middle half."
              : "One dot per case; the line is the median.");
      html.smallHeading("Case by case, lowest Dice first");
      cases();
      html.smallHeading("What the numbers mean");
      meaning();
    }
    html.heading("Pictures");
    pictures(pictures);
    new ViewerSection(html, viewed).write(viewed.stream().map(c -> title(c.id())).toList());
  }

  private void classes() {
    List<List<Cell>> rows = new ArrayList<>();
    for (Evaluation.ClassMean mean : test.classes()) {
      rows.add(
          List.of(
              Cell.of(mean.name()),
              Cell.number(Text.score(mean.dice())),
              Cell.number(Text.mm(mean.hd95())),
              new Cell(Integer.toString(mean.missed()), mean.missed() > 0 ? "n bad" : "n")));
    }
    rows.add(
        List.of(
            Cell.of("all"),
            Cell.number(Text.score(test.dice())),
            Cell.number(Text.mm(test.hd95())),
            Cell.number(Long.toString(missed(test)))));
    html.table(List.of("structure", "Dice", "HD95 (mm)", "cases missed"), rows);
  }

  /** How often a structure that is there was missed altogether. */
  static long missed(Evaluation test) {
    return test.classes().stream().mapToLong(Evaluation.ClassMean::missed).sum();
  }

  private void cases() {
    boolean few = test.classes().size() <= FEW_CLASSES;
    List<String> header = new ArrayList<>(List.of("case", "Dice", "HD95 (mm)"));
    test.classes().forEach(c -> header.add("Dice " + c.name()));
    if (few) {
      test.classes().forEach(c -> header.add("HD95 " + c.name()));
    }
    List<List<Cell>> rows = new ArrayList<>();
    for (CaseScore score : byDice) {
      List<Cell> row = new ArrayList<>();
      row.add(Cell.of(score.id()));
      row.add(Cell.number(Text.score(score.dice())));
      row.add(Cell.number(Text.mm(score.hd95())));
      score.classes().forEach(c -> row.add(dice(c)));
      if (few) {
        score.classes().forEach(c -> row.add(Cell.number(Text.mm(c.hd95()))));
      }
      rows.add(row);
    }
    html.table(header, rows);
  }

  private static Cell dice(ClassScore c) {
    boolean missed = c.predictedVoxels() == 0 && c.referenceVoxels() > 0;
    return missed
        ? new Cell("missed " + Text.score(c.dice()), "n bad")
        : Cell.number(Text.score(c.dice()));
  }

  private void meaning() {
    Map<String, String> entries = new LinkedHashMap<>();
    entries.put(
        "Dice",
        "Overlap of prediction P and reference R, 2 |P \u2229 R| / (|P| + |R|): 0 is none, 1 is"
            + " perfect. When both are empty it is 1, when exactly one is empty it is 0.");
    entries.put(
        "HD95",
        "95th percentile Hausdorff distance in mm: 95 % of the points on one surface lie within"
            + " this distance of the other surface; the larger of the two directions; 0 is perfect."
            + " When both are empty it is 0, when exactly one is empty it is the length of the"
            + " image's diagonal.");
    entries.put(
        "missed",
        "The reference has the structure and the prediction has not a single voxel of it. Missed"
            + " structures stay in every mean with the scores above; they are never left out.");
    entries.put(
        "mean", "First over the structures of a case, background excluded, then over the cases.");
    html.definitions(entries);
  }

  private void pictures(List<Picture> pictures) throws IOException {
    Map<String, Picture> byCase = new LinkedHashMap<>();
    for (Picture p : pictures) {
      if (Files.exists(p.file())) {
        byCase.put(p.caseId(), p);
      }
    }
    if (byCase.isEmpty()) {
      html.paragraph("This run has no pictures of cases.");
      return;
    }
    List<CaseScore> shown = byDice.stream().filter(c -> byCase.containsKey(c.id())).toList();
    if (shown.isEmpty()) {
      Picture first = byCase.values().iterator().next();
      html.picture(
          "case",
          first.file(),
          alternative(first.caseId()),
          "Case " + first.caseId() + ", no scores.");
    } else {
      scored(shown, byCase);
    }
    if (byCase.size() > 3) {
      html.note(
          "The run folder holds the pictures of all " + Text.count(byCase.size(), "case") + ".");
    }
  }

  private void scored(List<CaseScore> shown, Map<String, Picture> byCase) throws IOException {
    for (Map.Entry<String, CaseScore> entry : shown(shown).entrySet()) {
      CaseScore c = entry.getValue();
      html.picture(
          "case",
          byCase.get(c.id()).file(),
          alternative(c.id()),
          entry.getKey()
              + c.id()
              + ", Dice "
              + Text.score(c.dice())
              + ", HD95 "
              + Text.mm(c.hd95())
              + " mm");
    }
  }

  /** The cases with the lowest, median and highest Dice, by what they are introduced with. */
  static Map<String, CaseScore> shown(List<CaseScore> cases) {
    List<CaseScore> byDice = new ArrayList<>(cases);
    byDice.sort(Comparator.comparingDouble(CaseScore::dice).thenComparing(CaseScore::id));
    Map<String, CaseScore> shown = new LinkedHashMap<>();
    int last = byDice.size() - 1;
    for (int i : new LinkedHashSet<>(List.of(0, last / 2, last))) {
      String place =
          last == 0 ? "Case " : i == 0 ? "Lowest: " : i == last ? "Highest: " : "Median: ";
      shown.put(place, byDice.get(i));
    }
    return shown;
  }

  private String title(String id) {
    if (test == null) {
      return id;
    }
    for (Map.Entry<String, CaseScore> entry : shown(test.cases()).entrySet()) {
      if (entry.getValue().id().equals(id)) {
        return entry.getKey() + id + ", Dice " + Text.score(entry.getValue().dice());
      }
    }
    return id;
  }

  private static String alternative(String id) {
    return "Case " + id + " in three planes with outlines of prediction and reference";
  }
}
