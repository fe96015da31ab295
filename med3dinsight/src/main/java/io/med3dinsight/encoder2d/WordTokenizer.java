package io.med3dinsight.encoder2d;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.med3dinsight.UsageException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Splits text into lower-case words, numbers and single punctuation marks, and numbers them. The
 * vocabulary is what the training captions hold, the most frequent first; ids 0, 1 and 2 stand for
 * padding, a word that is not in the vocabulary, and the start of a text.
 */
public final class WordTokenizer {
  public static final int PADDING = 0;
  public static final int UNKNOWN = 1;
  public static final int START = 2;

  private static final int SPECIAL = 3;
  private static final Pattern TOKEN =
      Pattern.compile("\\p{L}[\\p{L}\\p{M}]*|\\p{N}+(?:\\.\\p{N}+)?|[^\\s\\p{L}\\p{N}]");

  private final List<String> words;
  private final Map<String, Integer> ids = new HashMap<>();

  private WordTokenizer(List<String> words) {
    this.words = List.copyOf(words);
    for (String w : this.words) {
      ids.put(w, SPECIAL + ids.size());
    }
  }

  /**
   * The vocabulary of {@code texts}, by falling frequency, equals in the order of their code units.
   */
  public static WordTokenizer of(Collection<String> texts) {
    Map<String, Integer> counts = new HashMap<>();
    for (String t : texts) {
      split(t).forEach(w -> counts.merge(w, 1, Integer::sum));
    }
    Comparator<Map.Entry<String, Integer>> order =
        Map.Entry.<String, Integer>comparingByValue().reversed();
    return new WordTokenizer(
        counts.entrySet().stream()
            .sorted(order.thenComparing(Map.Entry.comparingByKey()))
            .map(Map.Entry::getKey)
            .toList());
  }

  /** The tokens of a text as strings. */
  static List<String> split(String text) {
    List<String> out = new ArrayList<>();
    Matcher m = TOKEN.matcher(text.toLowerCase(Locale.ROOT));
    while (m.find()) {
      out.add(m.group());
    }
    return out;
  }

  /** Number of ids, the special ones included. */
  public int size() {
    return SPECIAL + words.size();
  }

  /**
   * The ids of a text after {@link #START}.
   *
   * @param most ids at most, at least 1; what comes after is cut off
   */
  public int[] encode(String text, int most) {
    List<String> tokens = split(text);
    int[] out = new int[Math.min(most, 1 + tokens.size())];
    out[0] = START;
    for (int i = 1; i < out.length; i++) {
      out[i] = ids.getOrDefault(tokens.get(i - 1), UNKNOWN);
    }
    return out;
  }

  /** The words in the order of their ids, from 3. */
  public ArrayNode toJson() {
    ArrayNode n = new ObjectMapper().createArrayNode();
    words.forEach(n::add);
    return n;
  }

  /**
   * Reads what {@link #toJson} wrote.
   *
   * @throws UsageException when it is not a list of distinct words
   */
  public static WordTokenizer fromJson(JsonNode n) {
    List<String> words = new ArrayList<>();
    for (JsonNode w : n) {
      words.add(w.isTextual() ? w.textValue() : "");
    }
    WordTokenizer t = new WordTokenizer(words);
    if (!n.isArray() || words.contains("") || t.ids.size() != words.size()) {
      throw new UsageException(
          "the vocabulary is not a list of distinct words; expected [\"word\", ...].");
    }
    return t;
  }
}
