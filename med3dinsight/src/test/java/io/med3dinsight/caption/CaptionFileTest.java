package io.med3dinsight.caption;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.med3dinsight.slice.Plane;
import io.med3dinsight.volume.Sentences;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.NotBlank;
import net.jqwik.api.lifecycle.AfterContainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CaptionFileTest {
  private static final String GOOD =
      "{\"volume\":\"a\",\"plane\":\"axial\",\"slice\":1,\"text\":\"Words.\",\"model\":\"m\"}\n";

  private static Path property;

  @TempDir Path folder;

  @AfterContainer
  static void deleteProperty() throws IOException {
    if (property != null) {
      Files.deleteIfExists(property);
    }
  }

  @Property(tries = 100, seed = "20250914")
  void whatIsWrittenReadsBackTheSame(
      @ForAll @NotBlank String volume,
      @ForAll Plane plane,
      @ForAll @IntRange int slice,
      @ForAll @NotBlank String text,
      @ForAll String model)
      throws IOException {
    if (property == null) {
      property = Files.createTempFile("captions", ".jsonl");
    }
    // Half a surrogate pair is no text that UTF-8 could hold.
    List<Caption> captions =
        List.of(
            new Caption(whole(volume), plane, slice, whole(text), whole(model)),
            new Caption("b", Plane.AXIAL, 0, "Two\nlines \"quoted\" \u2028 \u00e4", ""));
    CaptionFile.write(property, captions);
    assertEquals(captions, CaptionFile.read(property));
  }

  private static String whole(String s) {
    String out = s.replaceAll("[\\ud800-\\udfff]", "x");
    return out;
  }

  @Test
  void theFormatIsOneObjectALine() throws IOException {
    Path file = folder.resolve("captions.jsonl");
    CaptionFile.write(file, List.of(new Caption("a", Plane.AXIAL, 1, "Words.", "m")));
    assertEquals(GOOD, Files.readString(file));
    Files.writeString(
        file,
        "\n{\"volume\":\"a\",\"plane\":\"Coronal\",\"slice\":0,\"text\":\"t\",\"usage\":{\"n\":3}}\n");
    assertEquals(List.of(new Caption("a", Plane.CORONAL, 0, "t", "")), CaptionFile.read(file));
  }

  @Test
  void countOfSlicesAndPromptAreKeptWhereThereAreAny() throws IOException {
    Path file = folder.resolve("captions.jsonl");
    Caption c = new Caption("a", Plane.SAGITTAL, 3, 4, "Words.", "m", "0123456789abcdef");
    CaptionFile.write(file, List.of(c));
    assertEquals(
        "{\"volume\":\"a\",\"plane\":\"sagittal\",\"slice\":3,\"slices\":4,\"text\":\"Words.\","
            + "\"model\":\"m\",\"prompt\":\"0123456789abcdef\"}\n",
        Files.readString(file));
    assertEquals(List.of(c), CaptionFile.read(file));
  }

  /** The middle of slice 3 of 10 lies at 3.5 tenths of the way. */
  @ParameterizedTest
  @CsvSource({"3, 10, 10, 3", "3, 10, 20, 7", "3, 10, 5, 1", "9, 10, 3, 2", "0, 1, 7, 3"})
  void slicesAreFoundOnAnotherGrid(int slice, int slices, int count, int expected) {
    Caption c = new Caption("a", Plane.AXIAL, slice, slices, "t", "m", null);
    assertEquals(expected, c.on(count).slice());
    assertEquals(count, c.on(count).slices());
    Caption prepared = new Caption("a", Plane.AXIAL, slice, "t", "m");
    assertEquals(prepared, prepared.on(count));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '#',
      value = {
        "nonsense | nonsense",
        "{\"volume\":\"a\",\"plane\":\"axial\",\"slice\":1,\"text\":\"t\" | line 2",
        "[1, 2] | no JSON object",
        "null | no JSON object",
        "{} garbage | line 2",
        "{\"plane\":\"axial\",\"slice\":1,\"text\":\"t\"} | \"volume\" is missing",
        "{\"volume\":\"a\",\"slice\":1,\"text\":\"t\"} | \"plane\" is missing",
        "{\"volume\":\"a\",\"plane\":\"axial\",\"text\":\"t\"} | \"slice\" is missing",
        "{\"volume\":\"a\",\"plane\":\"axial\",\"slice\":1} | \"text\" is missing",
        "{\"volume\":\"a\",\"plane\":\"axial\",\"slice\":1,\"text\":7} | \"text\" is 7",
        "{\"volume\":\"a\",\"plane\":\"axial\",\"slice\":-1,\"text\":\"t\"} | \"slice\" is -1",
        "{\"volume\":\"a\",\"plane\":\"axial\",\"slice\":1.5,\"text\":\"t\"} | \"slice\" is 1.5",
        "{\"volume\":\"a\",\"plane\":\"axial\",\"slice\":3,\"slices\":3,\"text\":\"t\"} | \"slices\" is 3",
        "{\"volume\":\"a\",\"plane\":\"axial\",\"slice\":3,\"slices\":9.5,\"text\":\"t\"} | \"slices\" is 9.5",
        "{\"volume\":\"a\",\"plane\":\"axal\",\"slice\":1,\"text\":\"t\"} | no plane \"axal\""
      })
  void aBadLineIsNamed(String line, String words) throws IOException {
    Path file = Files.writeString(folder.resolve("captions.jsonl"), GOOD + line + "\n" + GOOD);
    Sentences.refused(() -> CaptionFile.read(file), file.toString(), "line 2", words);
  }

  @Test
  void filesThatCannotBeReadAreNamed() throws IOException {
    Path missing = folder.resolve("missing.jsonl");
    Sentences.refused(() -> CaptionFile.read(missing), missing.toString(), "is not there");
    Path bytes = Files.write(folder.resolve("bytes.jsonl"), new byte[] {(byte) 0xc3, 0x28});
    Sentences.refused(() -> CaptionFile.read(bytes), bytes.toString(), "UTF-8");
  }
}
