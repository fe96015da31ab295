package io.med3dinsight.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.med3dinsight.report.Curves.Chart;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CurvesTest {
  @TempDir Path folder;

  @Test
  void oneChartPerStageAndKind() {
    List<MetricsLine> lines =
        List.of(
            line("encoder2d", 1, Map.of("loss", 1.0, "learning_rate", 0.1)),
            line("pretrain", 1, Map.of("loss", 2.0, "loss.text", 1.0)),
            line("finetune", 1, Map.of("loss", 2.0)),
            line("finetune", 2, Map.of("dice.validation", 0.5)));
    List<Chart> charts = Curves.of(lines);
    assertEquals(
        List.of("encoder2d-loss", "pretrain-loss", "finetune-loss", "finetune-dice"),
        charts.stream().map(Chart::name).toList());
    assertEquals(1, charts.get(0).curves().size(), "no learning rate among the losses");
    assertEquals(2, charts.get(1).curves().size());
    assertEquals(2, charts.get(3).curves().get(0).steps()[0]);
    assertEquals(List.of(), Curves.of(List.of()));
  }

  @Test
  void aStageCannotLeadTheFileOutOfItsFolder() {
    assertEquals(
        "___evil-loss", Curves.of(List.of(line("../evil", 1, Map.of("loss", 1.0)))).get(0).name());
  }

  @Test
  void longSeriesAreAveraged() {
    List<MetricsLine> lines = new ArrayList<>();
    for (int step = 1; step <= 601; step++) {
      lines.add(line("finetune", step, Map.of("loss", step % 2 == 0 ? 1.0 : 3.0)));
    }
    Curve curve = Curve.of("loss", lines);
    assertEquals(5, curve.perPoint());
    assertEquals(121, curve.values().length);
    assertEquals(3, curve.steps()[0]);
    assertEquals((3 + 1 + 3 + 1 + 3) / 5.0, curve.values()[0], 1e-12);
    assertEquals(601, curve.steps()[120]);
    assertEquals("Each point is the mean of 5 measurements.", Curves.of(lines).get(0).note());
  }

  @Test
  void numbersThatAreNotFiniteAreCounted() {
    List<MetricsLine> lines =
        List.of(
            line("pretrain", 1, Map.of("loss", 1.0)),
            line("pretrain", 2, Map.of("loss", Double.NaN)),
            line("pretrain", 3, Map.of()));
    Chart chart = Curves.of(lines).get(0);
    assertArrayOfOne(1.0, chart.curves().get(0).values());
    assertEquals("1 value that is not a finite number is not drawn.", chart.note());
  }

  private static void assertArrayOfOne(double expected, double[] values) {
    assertEquals(List.of(expected), Arrays.stream(values).boxed().toList());
  }

  @Test
  void theCurvesAreInThePicture() throws IOException {
    assumeTrue(Lettering.missing().isEmpty(), "this Java has no fonts");
    List<MetricsLine> lines = new ArrayList<>();
    for (int step = 1; step <= 50; step++) {
      lines.add(line("pretrain", step, Map.of("loss", 5.0 / step, "loss.text", -1.0)));
    }
    Path png = folder.resolve("curves/a.png");
    Curves.write(Curves.of(lines).get(0), png);
    BufferedImage picture = ImageIO.read(png.toFile());
    assertEquals(Color.WHITE.getRGB(), picture.getRGB(0, 0));
    for (int n = 0; n < 2; n++) {
      assertTrue(count(picture, Palette.line(n)) > 500, "line " + n);
    }
    assertEquals(0, count(picture, Palette.line(2)));
  }

  @Test
  void oneMeasurementAndConstantsCanBeDrawn() {
    assumeTrue(Lettering.missing().isEmpty(), "this Java has no fonts");
    for (double value : new double[] {0, 1, -3, 1e-9, 1e12}) {
      MetricsLine one = line("finetune", 0, Map.of("loss", value));
      assertTrue(count(Curves.draw(Curves.of(List.of(one)).get(0)), Palette.line(0)) > 10);
      MetricsLine two = line("finetune", 5, Map.of("loss", value));
      assertTrue(count(Curves.draw(Curves.of(List.of(one, two)).get(0)), Palette.line(0)) > 100);
    }
  }

  private static MetricsLine line(String stage, long step, Map<String, Double> series) {
    return new MetricsLine(stage, 0, step, step, series);
  }

  private static long count(BufferedImage p, Color color) {
    int[] pixels = p.getRGB(0, 0, p.getWidth(), p.getHeight(), null, 0, p.getWidth());
    return Arrays.stream(pixels).filter(rgb -> rgb == color.getRGB()).count();
  }
}
