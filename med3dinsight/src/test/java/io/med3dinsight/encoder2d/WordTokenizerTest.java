package io.med3dinsight.encoder2d;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.med3dinsight.UsageException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WordTokenizerTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void wordsNumbersAndPunctuationAreTokens() {
    assertEquals(
        List.of("axial", "t1", "slice", ",", "35", "percent", "(", "1.5", "mm", ")", ".")
            .toString()
            .replace("t1", "t, 1"),
        WordTokenizer.split("Axial  T1 slice, 35 percent (1.5 mm).").toString());
    assertEquals(List.of("größe", "12", "."), WordTokenizer.split("GRÖSSE 12.".replace("SS", "ß")));
    assertEquals(List.of(), WordTokenizer.split(" \n\t"));
  }

  @Test
  void frequentWordsComeFirstAndEqualsAreInAlphabeticalOrder() throws Exception {
    WordTokenizer t = WordTokenizer.of(List.of("b a c.", "c b. b", "d ."));
    assertEquals("[\".\",\"b\",\"c\",\"a\",\"d\"]", JSON.writeValueAsString(t.toJson()));
    assertEquals(8, t.size());
  }

  @Test
  void textsStartWithTheStartTokenAndEndWhereTheyMust() {
    WordTokenizer t = WordTokenizer.of(List.of("b a c.", "c b. b", "d ."));
    assertArrayEquals(new int[] {2, 4, 1, 3}, t.encode("B zebra.", 10));
    assertArrayEquals(new int[] {2, 4, 1}, t.encode("B zebra.", 3));
    assertArrayEquals(new int[] {2}, t.encode("", 10));
  }

  @Test
  void theVocabularyTravelsAsJson() throws Exception {
    WordTokenizer t = WordTokenizer.of(List.of("The \"left\" side: 10 mm, ö."));
    WordTokenizer back = WordTokenizer.fromJson(JSON.readTree(t.toJson().toString()));
    assertEquals(t.toJson(), back.toJson());
    assertArrayEquals(t.encode("left ö 10", 9), back.encode("left ö 10", 9));
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "[\"a\", \"a\"]", "[\"a\", 3]", "\"a\"", "[\"\"]"})
  void otherJsonIsRefused(String text) throws Exception {
    var json = JSON.readTree(text);
    UsageException e = assertThrows(UsageException.class, () -> WordTokenizer.fromJson(json));
    assertTrue(e.getMessage().contains("vocabulary"), e.getMessage());
  }

  @Test
  void shorterTextsArePadded() {
    TokenBatch b = TokenBatch.of(List.of(new int[] {2, 5}, new int[] {2, 3, 4}, new int[] {2}));
    assertEquals(3, b.length());
    assertArrayEquals(new int[] {2, 5, 0, 2, 3, 4, 2, 0, 0}, b.ids());
  }
}
