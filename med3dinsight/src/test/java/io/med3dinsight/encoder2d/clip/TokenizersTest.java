package io.med3dinsight.encoder2d.clip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Ids of both tokenizers against open_clip and Hugging Face's tokenizers (oracle/clip.py). */
class TokenizersTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path SOURCE = Path.of("fixture");

  @Test
  void bytePairsAreOpenClips() throws IOException {
    BytePairTokenizer t = bytePairs();
    assertEquals(49408, t.size());
    assertEquals(1584, agree(t, 1), "texts that have ids");
  }

  @Test
  void wordPiecesAreBerts() throws IOException {
    WordPieceTokenizer t = new WordPieceTokenizer(lines("bert.txt.gz"), true, SOURCE);
    assertEquals(30522, t.size());
    assertEquals(1594, agree(t, 2));
  }

  @Test
  void ofALongTextTheBeginningAndTheEndMarkAreKept() throws IOException {
    int[] ids = bytePairs().encode("liver ".repeat(500), 77);
    assertEquals(77, ids.length);
    assertEquals(49406, ids[0]);
    assertEquals(ids[1], ids[75]);
    assertEquals(49407, ids[76]);
    WordPieceTokenizer t = new WordPieceTokenizer(lines("bert.txt.gz"), true, SOURCE);
    ids = t.encode("liver ".repeat(500), 256);
    assertEquals(256, ids.length);
    assertEquals(101, ids[0]);
    assertEquals(102, ids[255]);
  }

  /**
   * Compares all texts; the column's ids have marks for WordPiece and none for byte pairs.
   *
   * @return number of texts that have ids
   */
  private static int agree(TextTokenizer t, int column) throws IOException {
    List<String> wrong = new ArrayList<>();
    int compared = 0;
    for (JsonNode row : Fixtures.json("texts.json.gz")) {
      int[] expected = JSON.treeToValue(row.get(column), int[].class);
      int[] found = t.encode(row.get(0).asText(), Integer.MAX_VALUE);
      if (column == 1) {
        found = Arrays.copyOfRange(found, 1, found.length - 1);
      }
      compared += expected.length > 0 ? 1 : 0;
      if (!Arrays.equals(expected, found)) {
        String text = row.get(0).asText();
        wrong.add(
            JSON.writeValueAsString(text.substring(0, Math.min(80, text.length())))
                + "\n expected "
                + shown(expected)
                + "\n found    "
                + shown(found));
      }
    }
    assertTrue(
        wrong.isEmpty(),
        () ->
            wrong.size()
                + " texts differ:\n"
                + String.join("\n", wrong.subList(0, Math.min(12, wrong.size()))));
    return compared;
  }

  private static String shown(int[] ids) {
    return Arrays.toString(Arrays.copyOf(ids, Math.min(40, ids.length)));
  }

  private static BytePairTokenizer bytePairs() throws IOException {
    List<String> lines = lines("bpe.txt.gz");
    return new BytePairTokenizer(lines.subList(1, lines.size()), SOURCE);
  }

  private static List<String> lines(String name) throws IOException {
    String text = new String(Fixtures.bytes(name), StandardCharsets.UTF_8);
    List<String> all = List.of(text.split("\n", -1));
    return all.subList(0, all.size() - 1);
  }

  @Test
  void referencesInHtml() {
    assertEquals("\u20ac<&", HtmlText.unescape("&#x80;&lt&amp;"));
    assertEquals("\u00acit;", HtmlText.unescape("&notit;"));
    assertEquals("&notit;", HtmlText.unescapeStrict("&notit;"));
    assertEquals("P\u00c9REZ", HtmlText.unescapeStrict("P&EACUTE;REZ"));
    assertEquals("\ufffd\ufffd", HtmlText.unescape("&#x110000;&#99999999999999999999;"));
    assertArrayEquals(new int[] {0xfffd}, HtmlText.unescape("&#0;").codePoints().toArray());
  }
}
