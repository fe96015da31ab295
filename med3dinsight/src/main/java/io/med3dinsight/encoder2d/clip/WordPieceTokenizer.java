package io.med3dinsight.encoder2d.clip;

import io.med3dinsight.DataException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * BERT's tokenizer (Devlin et al. 2019, arXiv 1810.04805): words and punctuation, each cut into the
 * longest pieces that the vocabulary has, from the left; a word that cannot be cut is unknown.
 */
final class WordPieceTokenizer implements TextTokenizer {
  private static final int LONGEST_WORD = 100;
  private static final String CONTINUED = "##";
  private static final Pattern SPECIAL = Pattern.compile("\\[(?:PAD|UNK|CLS|SEP|MASK)]");

  private final Map<String, Integer> ids = new HashMap<>();
  private final boolean lowerCase;
  private final int size;
  private final int padding;
  private final int unknown;
  private final int start;
  private final int end;

  /**
   * @param vocabulary pieces in the order of their ids
   * @param lowerCase whether case and accents are dropped
   * @param source named where a special token is missing
   */
  WordPieceTokenizer(List<String> vocabulary, boolean lowerCase, Path source) {
    for (int i = 0; i < vocabulary.size(); i++) {
      ids.put(vocabulary.get(i), i);
    }
    this.lowerCase = lowerCase;
    size = vocabulary.size();
    padding = special("[PAD]", source);
    unknown = special("[UNK]", source);
    start = special("[CLS]", source);
    end = special("[SEP]", source);
  }

  private int special(String token, Path source) {
    Integer id = ids.get(token);
    if (id == null) {
      throw new DataException(
          source + " has no token " + token + ": expected a vocabulary of BERT's tokenizer.");
    }
    return id;
  }

  @Override
  public int[] encode(String text, int most) {
    String clean = TextCleaning.clean(text);
    IntList out = new IntList();
    out.add(start);
    Matcher m = SPECIAL.matcher(clean);
    int from = 0;
    while (m.find()) {
      words(clean.substring(from, m.start()), out);
      out.add(ids.getOrDefault(m.group(), unknown));
      from = m.end();
    }
    words(clean.substring(from), out);
    out.add(end);
    int[] all = out.toArray();
    if (all.length > most) {
      all = Arrays.copyOf(all, most);
      all[most - 1] = end;
    }
    return all;
  }

  private void words(String text, IntList out) {
    StringBuilder word = new StringBuilder();
    normalized(text)
        .codePoints()
        .forEach(
            c -> {
              if (c == ' ' || punctuation(c)) {
                pieces(word, out);
              }
              if (c != ' ') {
                word.appendCodePoint(c);
              }
              if (punctuation(c)) {
                pieces(word, out);
              }
            });
    pieces(word, out);
  }

  /** Without control characters, ideographs apart; without case and accents where told so. */
  private String normalized(String text) {
    StringBuilder out = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              if (ideograph(c)) {
                out.append(' ').appendCodePoint(c).append(' ');
              } else if (c != 0 && c != 0xfffd && !other(c)) {
                out.appendCodePoint(space(c) ? ' ' : c);
              }
            });
    return lowerCase ? withoutAccents(out.toString()) : out.toString();
  }

  private static String withoutAccents(String s) {
    StringBuilder out = new StringBuilder();
    Normalizer.normalize(s, Normalizer.Form.NFD)
        .codePoints()
        .filter(c -> Character.getType(c) != Character.NON_SPACING_MARK)
        // Letter by letter, so that a final sigma is like any other.
        .forEach(c -> out.append(lower(c)));
    return out.toString();
  }

  private static String lower(int c) {
    return Character.toString(Character.toLowerCase(c));
  }

  private static boolean other(int c) {
    int t = Character.getType(c);
    return t == Character.CONTROL || t == Character.FORMAT || t == Character.PRIVATE_USE;
  }

  private static boolean space(int c) {
    return Character.isSpaceChar(c);
  }

  private static boolean ideograph(int c) {
    return (c >= 0x4e00 && c <= 0x9fff)
        || (c >= 0x3400 && c <= 0x4dbf)
        || (c >= 0x20000 && c <= 0x2a6df)
        || (c >= 0x2a700 && c <= 0x2b73f)
        || (c >= 0x2b740 && c <= 0x2b81f)
        || (c >= 0x2b920 && c <= 0x2ceaf)
        || (c >= 0xf900 && c <= 0xfaff)
        || (c >= 0x2f800 && c <= 0x2fa1f);
  }

  private static boolean punctuation(int c) {
    if (c < 0x80) {
      return c > ' ' && c < 0x7f && !Character.isLetterOrDigit(c);
    }
    return switch (Character.getType(c)) {
      case Character.CONNECTOR_PUNCTUATION,
          Character.DASH_PUNCTUATION,
          Character.START_PUNCTUATION,
          Character.END_PUNCTUATION,
          Character.INITIAL_QUOTE_PUNCTUATION,
          Character.FINAL_QUOTE_PUNCTUATION,
          Character.OTHER_PUNCTUATION ->
          true;
      default -> false;
    };
  }

  private void pieces(StringBuilder word, IntList out) {
    String w = word.toString();
    word.setLength(0);
    if (w.isEmpty()) {
      return;
    }
    IntList found = new IntList();
    int from = w.codePointCount(0, w.length()) > LONGEST_WORD ? -1 : 0;
    while (from >= 0 && from < w.length()) {
      int to = w.length();
      Integer id = null;
      while (to > from && id == null) {
        id = ids.get((from > 0 ? CONTINUED : "") + w.substring(from, to));
        to = id == null ? w.offsetByCodePoints(to, -1) : to;
      }
      if (id != null) {
        found.add(id);
      }
      from = id == null ? -1 : to;
    }
    out.addAll(from < 0 ? new int[] {unknown} : found.toArray());
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public int padding() {
    return padding;
  }
}
