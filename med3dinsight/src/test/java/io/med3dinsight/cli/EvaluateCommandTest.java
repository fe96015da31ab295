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
        class    Dice  HD95 mm  missed
        a,b    0.8333     0.90       0
        c      0.5000    12.02       1
        mean   0.6667     6.46       1

        case    Dice  HD95 mm     a,b       c
        p1    0.8333     0.90  0.6667  1.0000
        p2    0.5000    12.02  1.0000  0.0000
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
    assertEquals(
        List.of(
            "case,label,class,dice,hd95_mm,predicted_voxels,reference_voxels",
            "p1,1,\"a,b\"," + 2 * 2.0 / 6 + "," + (0.95 * 2 - 1) * 2 + ",3,3",
            "p1,2,c,1.0,0.0,4,4",
            "p2,1,\"a,b\",1.0,0.0,3,3",
            "p2,2,c,0.0," + diagonal + ",0,2"),
        Files.readAllLines(csv));
  }

  @Test
  void withoutNamesEveryValueIsAClass() {
    Ended ended = evaluate();
    assertEquals(0, ended.code(), ended.err());
    assertTrue(ended.out().contains("label 1"), ended.out());
    assertTrue(ended.out().contains("label 2"), ended.out());
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
