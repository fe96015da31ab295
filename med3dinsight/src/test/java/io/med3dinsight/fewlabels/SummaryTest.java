package io.med3dinsight.fewlabels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.fewlabels.Cell.Start;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SummaryTest {
  private static CellResult result(double percent, long seed, Start start, double dice) {
    return new CellResult(new Cell(percent, seed, start), 3, Map.of("dice", dice));
  }

  private static final List<CellResult> RESULTS =
      List.of(
          result(10, 1, Start.SCRATCH, 0.5),
          result(10, 2, Start.SCRATCH, 0.6),
          result(10, 3, Start.SCRATCH, 0.7),
          result(10, 1, Start.PRETRAINED, 0.8),
          result(100, 1, Start.SCRATCH, 0.9));

  @TempDir Path dir;

  @Test
  void meansDeviationsAndIntervals() {
    List<Summary.Row> rows = Summary.of(RESULTS);
    assertEquals(3, rows.size());
    assertEquals(0.6, rows.get(0).mean(), 1e-12);
    assertEquals(0.1, rows.get(0).deviation(), 1e-12);
    // Student's t for 2 degrees of freedom and 95 %: 4.302653.
    assertEquals(4.302653 * 0.1 / Math.sqrt(3), rows.get(0).half(), 1e-6);
    assertTrue(Double.isNaN(rows.get(1).half()));
    String table = Summary.table(rows);
    assertTrue(table.contains("| 10.0 | 3 | 0.600 ± 0.100 (3 seeds) | 0.800 (1 seed) |"), table);
  }

  @Test
  void filesAreWritten() throws IOException {
    FewLabels.write(dir, "t", RESULTS);
    List<String> csv = Files.readAllLines(dir.resolve("few-labels.csv"));
    assertEquals(4, csv.size());
    assertTrue(csv.get(3).endsWith("scratch,1,0.9,,,"), csv.get(3));
    var picture = ImageIO.read(dir.resolve("few-labels-dice.png").toFile());
    assertTrue(picture.getWidth() > 500);
  }
}
