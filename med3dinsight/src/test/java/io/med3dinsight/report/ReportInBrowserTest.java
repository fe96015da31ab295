package io.med3dinsight.report;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.med3dinsight.metric.CaseScore;
import io.med3dinsight.metric.Evaluation;
import io.med3dinsight.volume.Affine;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Volume;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * The page in headless Chromium, opened as a file. Skipped where Chromium is not installed, unless
 * REQUIRE_CHROMIUM is 1. Leaves the page and screenshots in target/report.
 */
class ReportInBrowserTest {
  private static final Path SCREENSHOTS = Path.of("target", "report");
  private static final String ROOT = "document.getElementById('viewer').dataset.";

  @TempDir Path run;

  // The browser may still write when it is ended.
  @TempDir(cleanup = CleanupMode.NEVER)
  Path profile;

  @Test
  void theViewerScrollsThroughSlicesWithoutAComplaint() throws Exception {
    Optional<Path> chromium = Browser.find();
    assumeTrue(
        chromium.isPresent() || "1".equals(System.getenv("REQUIRE_CHROMIUM")),
        "Chromium is not installed");
    writeRun();
    Files.createDirectories(SCREENSHOTS);
    try (Browser browser = Browser.open(chromium.orElseThrow(), profile)) {
      Files.copy(run.resolve(RunReport.FILE), SCREENSHOTS.resolve("page.html"), REPLACE_EXISTING);
      browser.go(run.resolve(RunReport.FILE));
      browser.awaitValue("document.readyState", "complete");
      browser.awaitValue(ROOT + "state", "ready");
      Files.write(SCREENSHOTS.resolve("page.png"), browser.screenshot(true));
      look(browser);
      assertEquals(List.of(), browser.complaints);
      for (String address : browser.requests) {
        assertTrue(address.matches("(?s)(file|data|blob):.*"), address);
      }
    }
  }

  private void look(Browser browser) throws Exception {
    // Case a's structures are balls around (30, 22, 17) of 60 x 44 x 36 voxels.
    String start = browser.value(ROOT + "slices");
    int[] centre = {30, 22, 17};
    for (int axis = 0; axis < 3; axis++) {
      int slice = Integer.parseInt(start.split(",")[axis]);
      assertTrue(Math.abs(slice - centre[axis]) <= 3, "the viewer starts in the core: " + start);
    }
    assertTrue(
        browser
            .value("document.getElementById('viewer-place').textContent")
            .contains("prediction Posterior"));
    browser.value("document.getElementById('viewer').scrollIntoView({block: 'center'})");
    byte[] before = shot(browser, "start");
    double x = Double.parseDouble(browser.value(middle("left", "width", 0.5)));
    double y = Double.parseDouble(browser.value(middle("top", "height", 0.5)));
    browser.wheel(x, y, 120);
    browser.awaitValue("String(" + ROOT + "slices !== '" + start + "')", "true");
    byte[] scrolled = shot(browser, "scrolled");
    assertFalse(Arrays.equals(before, scrolled), "the picture follows the wheel");
    String slices = browser.value(ROOT + "slices");
    int moved = 0;
    for (int axis = 0; axis < 3; axis++) {
      moved += slices.split(",")[axis].equals(start.split(",")[axis]) ? 0 : 1;
    }
    assertEquals(1, moved, "the wheel goes through one plane's slices, but now at " + slices);
    browser.value(set("axial", "5"));
    browser.awaitValue(ROOT + "slices.split(',')[2]", "5");
    browser.value(
        "document.getElementById('viewer-reference').click();"
            + "document.getElementById('viewer-prediction').click()");
    byte[] reference = shot(browser, "reference");
    assertFalse(Arrays.equals(scrolled, reference), "the picture follows the slider");
    browser.value(
        "const c = document.getElementById('viewer-case'); c.selectedIndex = 1;"
            + "c.dispatchEvent(new Event('change')); document.getElementById('viewer')"
            + ".dataset.state");
    browser.awaitValue(ROOT + "state", "ready");
    assertFalse(Arrays.equals(reference, shot(browser, "second-case")), "another case");
  }

  private static String middle(String from, String size, double share) {
    String box = "document.getElementById('viewer-canvas').getBoundingClientRect()";
    return "String(" + box + "." + from + " + " + share + " * " + box + "." + size + ")";
  }

  private static String set(String plane, String slice) {
    String slider = "document.getElementById('viewer-" + plane + "')";
    return slider + ".value = " + slice + "; " + slider + ".dispatchEvent(new Event('input'))";
  }

  private static byte[] shot(Browser browser, String name) throws Exception {
    byte[] png = browser.screenshot(false);
    Files.write(SCREENSHOTS.resolve(name + ".png"), png);
    return png;
  }

  private void writeRun() throws Exception {
    // 60 x 44 x 36 voxels, stored from left to right, anterior to posterior, inferior to superior.
    Grid grid = Grid.of(36, 44, 60, Affine.of(1, 0, 0, -30, 0, -1.2, 0, 20, 0, 0, 1.5, -27));
    List<CaseScore> scores = new ArrayList<>();
    List<Picture> pictures = new ArrayList<>();
    List<ViewedCase> viewed = new ArrayList<>();
    for (String id : List.of("case_a", "case_b", "case_c")) {
      int shift = scores.size() * 2;
      LabelVolume reference = balls(grid, 30, 12 + shift / 2);
      LabelVolume prediction = balls(grid, 30 + shift, 12);
      Volume image = image(grid, reference);
      scores.add(CaseScore.of(id, prediction, reference, Cases.NAMES));
      Path png = run.resolve("overlays/" + id + ".png");
      new Overlay(id, image, reference, prediction, Cases.NAMES).write(png);
      pictures.add(new Picture(id, png));
      viewed.add(ViewedCase.of(id, image, prediction, reference, Cases.NAMES));
    }
    try (MetricsLog log = MetricsLog.open(run)) {
      for (int step = 1; step <= 60; step++) {
        Map<String, Double> series =
            Map.of("loss", 1.2 / Math.sqrt(step), "dice.validation", 1 - 1.0 / (1 + step));
        log.append(new MetricsLine("finetune", step / 10, step, step, series));
      }
    }
    Files.writeString(run.resolve("config.yaml"), "seed: 7\nfinetune:\n  epochs: 6\n");
    Provenance.start(2, 7, List.of("train"), List.of()).finish().write(run);
    RunReport.write(run, "A run in a browser", Evaluation.of(scores), pictures, viewed);
  }

  /**
   * A ball and its core; the file's second axis runs to posterior, so its index 21 is RAS index 22.
   */
  private static LabelVolume balls(Grid grid, int x, int radius) {
    int[] labels = new int[grid.size()];
    for (int d = 0; d < grid.depth(); d++) {
      for (int h = 0; h < grid.height(); h++) {
        for (int w = 0; w < grid.width(); w++) {
          int first = square(w - x) + square(h - 21) + square(d - 17);
          int second = square(w - 30) + square(h - 21) + square(d - 17);
          labels[grid.index(d, h, w)] = second < 30 ? 2 : first < radius * radius ? 1 : 0;
        }
      }
    }
    return LabelVolume.of(grid, labels);
  }

  private static Volume image(Grid grid, LabelVolume labels) {
    float[] voxels = new float[grid.size()];
    for (int i = 0; i < voxels.length; i++) {
      voxels[i] = 40 * labels.labels()[i] + (i * 31 % 17) + 100f * (i % grid.width()) / 60;
    }
    return Volume.of(grid, voxels);
  }

  private static int square(int v) {
    return v * v;
  }
}
