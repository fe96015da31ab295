package io.med3dinsight.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.med3dinsight.cli.Programs.Ended;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Spacing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluateCommandTest {
  /** A row of 12 voxels of 2 mm along W. */
  private static final Grid GRID = Grid.of(1, 1, 12, new Spacing(2, 1, 1));

  @TempDir private Path folder;

  private Path predictions;
  private Path references;
  private Path dataset;

  @BeforeEach
  void prepare() throws IOException {
    predictions = Files.createDirectory(folder.resolve("predictions"));
    references = Files.createDirectory(folder.resolve("references"));
    dataset = folder.resolve("dataset.json");
    Files.writeString(
        dataset, "{\"labels\": {\"0\": \"background\", \"1\": \"a,b\", \"2\": \"c\"}}");
    write(predictions.resolve("p1.nii.gz"), "011100222200");
    write(references.resolve("p1.nii.gz"), "001110222200");
    write(predictions.resolve("p2.nii"), "011100000000");
    write(references.resolve("p2.nii.gz"), "011100000220");
  }

  private static void write(Path path, String row) {
    LabelVolume.of(GRID, row.chars().map(c -> c - '0').toArray()).write(path);
  }

  private Ended evaluate(String... more) {
    Stream<String> words =
        Stream.of("evaluate", "--predictions", predictions + "", "--references", references + "");
    return InProcess.run(
        EvaluateCommand.class, Stream.concat(words, Arrays.stream(more)).toArray(String[]::new));
  }

  /**
   * Case p1: a,b overlaps in 2 of 3 and 3 voxels, so Dice 4/6; the distances either way are 0, 0
   * and 2 mm, whose 95th percentile is 1.8 mm; c agrees. Case p2: a,b agrees; c is missed, so Dice
   * 0 and the diagonal of the box, sqrt(24^2 + 1 + 1) = 24.0416 mm.
   */
  @Test
  void theTableHasEveryClassAndCase() {
    Ended ended = evaluate("--labels", dataset.toString());
    assertEquals(0, ended.code(), ended.err());
    String expected =
        """
        class    Dice     IoU     NSD     HD   HD95   ASSD  missed  invented  absent
        a,b    0.8333  0.7500  0.8333   1.00   0.90   0.33       0         0       0
        c      0.5000  0.5000  0.5000  12.02  12.02  12.02       1         0       0
        mean   0.6667  0.6250  0.6667   6.51   6.46   6.18       1         0       0
        95 % intervals of the means: Dice 0.5000 to 0.8333, IoU 0.5000 to 0.7500, \
        NSD 0.5000 to 0.8333, HD 1.00 to 12.02, HD95 0.90 to 12.02, ASSD 0.33 to 12.02.
        Distances in mm; NSD at 1 mm; classes by name: Dice.

        case    Dice     IoU     NSD     HD   HD95   ASSD     a,b       c
        p1    0.8333  0.7500  0.8333   1.00   0.90   0.33  0.6667  1.0000
        p2    0.5000  0.5000  0.5000  12.02  12.02  12.02  1.0000  0.0000
        """;
    assertEquals(expected, ended.out());
    assertEquals("", ended.err());
  }

  @Test
  void jsonAndCsvHoldTheSameNumbers() throws IOException {
    Path json = folder.resolve("new/scores.json");
    Path csv = folder.resolve("scores.csv");
    Ended ended =
        evaluate("--labels", dataset + "", "--output", json + "", "--csv", csv.toString());
    assertEquals(0, ended.code(), ended.err());
    JsonNode test = new ObjectMapper().readTree(json.toFile()).at("/segmentation/test");
    assertEquals(2.0 / 3, test.at("/dice/mean").doubleValue(), 1e-12);
    double diagonal = Math.sqrt(578);
    assertEquals((1.8 + diagonal) / 4, test.at("/hd95/mean").doubleValue(), 1e-12);
    assertEquals(5.0 / 6, test.at("/classes/a,b/dice").doubleValue(), 1e-12);
    assertEquals(diagonal / 2, test.at("/classes/c/hd95").doubleValue(), 1e-12);
    assertEquals(1, test.at("/classes/c/missed").intValue());
    assertEquals(0.5, test.at("/cases/p2/dice").doubleValue(), 1e-12);
    assertEquals(diagonal / 2, test.at("/cases/p2/hd95").doubleValue(), 1e-12);
    assertEquals(2.0 / 3, test.at("/cases/p1/classes/a,b/dice").doubleValue(), 1e-12);
    assertEquals(1.8, test.at("/cases/p1/classes/a,b/hd95").doubleValue(), 1e-12);
    assertEquals(1, test.at("/surface_dice_tolerance_mm").doubleValue());
    assertEquals(0.5, test.at("/iou/low").doubleValue(), 1e-12);
    assertEquals(0.75, test.at("/iou/high").doubleValue(), 1e-12);
    assertEquals(0.5, test.at("/cases/p1/classes/a,b/iou").doubleValue(), 1e-12);
    assertEquals(0.006, test.at("/cases/p1/classes/a,b/predicted_ml").doubleValue(), 1e-12);
    assertEquals(2000, test.at("/bootstrap/resamples").intValue());
    String third = Double.toString(2.0 / 3);
    String p95 = Double.toString((0.95 * 2 - 1) * 2);
    String far = diagonal + "," + diagonal + "," + diagonal;
    assertEquals(
        List.of(
            "case,label,class,dice,iou,surface_dice,hd_mm,hd95_mm,assd_mm,"
                + "predicted_voxels,reference_voxels,predicted_ml,reference_ml",
            "p1,1,\"a,b\","
                + third
                + ",0.5,"
                + third
                + ",2.0,"
                + p95
                + ","
                + third
                + ",3,3,0.006,0.006",
            "p1,2,c,1.0,1.0,1.0,0.0,0.0,0.0,4,4,0.008,0.008",
            "p2,1,\"a,b\",1.0,1.0,1.0,0.0,0.0,0.0,3,3,0.006,0.006",
            "p2,2,c,0.0,0.0,0.0," + far + ",0,2,0.0,0.004"),
        Files.readAllLines(csv));
  }

  @Test
  void withoutNamesEveryValueIsAClass() {
    Ended ended = evaluate();
    assertEquals(0, ended.code(), ended.err());
    assertTrue(ended.out().contains("label 1"), ended.out());
    assertTrue(ended.out().contains("label 2"), ended.out());
  }

  @Test
  void toleranceAndBootstrapAreTheUsers() throws IOException {
    Path json = folder.resolve("scores.json");
    Ended ended =
        evaluate("--tolerance", "2", "--bootstrap", "100", "--seed", "7", "-o", json.toString());
    assertEquals(0, ended.code(), ended.err());
    assertTrue(ended.out().contains("NSD at 2 mm"), ended.out());
    JsonNode test = new ObjectMapper().readTree(json.toFile()).at("/segmentation/test");
    assertEquals(1, test.at("/cases/p1/surface_dice").doubleValue());
    assertEquals(7, test.at("/bootstrap/seed").intValue());
    assertRefused(2, "tolerance", evaluate("--tolerance", "-1"));
    assertRefused(2, "resamples", evaluate("--bootstrap", "1"));
  }

  private void assertRefused(int code, String part, Ended ended) {
    assertEquals(code, ended.code(), ended.err());
    assertTrue(ended.err().contains(part), ended.err());
    assertEquals(1, ended.err().strip().lines().count(), ended.err());
    assertEquals("", ended.out());
  }

  @Test
  void badInputIsOneSentenceAndNothingIsWritten() throws IOException {
    Path json = folder.resolve("scores.json");
    Path two = folder.resolve("two.json");
    Files.writeString(two, "{\"labels\": {\"0\": \"background\", \"1\": \"a\"}}");
    assertRefused(3, "label 2", evaluate("--labels", two + "", "--output", json + ""));
    assertRefused(3, "is not a file", evaluate("--labels", folder.resolve("none") + ""));
    Files.writeString(two, "{\"labels\": ");
    assertRefused(3, "is not valid JSON", evaluate("--labels", two + ""));
    Files.writeString(two, "[]");
    assertRefused(3, "labels", evaluate("--labels", two + ""));

    Path p1 = predictions.resolve("p1.nii.gz");
    byte[] bytes = Files.readAllBytes(p1);
    Files.write(p1, Arrays.copyOf(bytes, bytes.length / 2));
    assertRefused(3, p1.toString(), evaluate("--output", json + ""));
    LabelVolume.of(Grid.of(1, 1, 3, new Spacing(2, 1, 1)), new int[3]).write(p1);
    assertRefused(3, "case p1", evaluate("--output", json + ""));
    Files.delete(p1);
    assertRefused(3, "case p1 is missing", evaluate("--output", json + ""));
    Files.delete(predictions.resolve("p2.nii"));
    assertRefused(3, "is empty", evaluate("--output", json + ""));
    assertFalse(Files.exists(json));
  }

  @Test
  void aWrongOptionIsAUsageError() {
    assertRefused(2, "--ouput", evaluate("--ouput", "x"));
    assertRefused(
        2, "--references", InProcess.run(EvaluateCommand.class, "evaluate", "-p", "somewhere"));
  }
}
