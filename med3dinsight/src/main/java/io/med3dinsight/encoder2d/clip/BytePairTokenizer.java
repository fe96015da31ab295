package io.med3dinsight.encoder2d.clip;

import io.med3dinsight.DataException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * CLIP's tokenizer (Radford et al. 2021, arXiv 2103.00020): lower case, words and single digits,
 * whose UTF-8 bytes are joined in the order of a table of merges (Sennrich et al. 2016, arXiv
 * 1508.07909). Ids 0 to 255 are bytes, 256 to 511 bytes that end a word, then comes one for each
 * merge, then start and end of a text.
 */
final class BytePairTokenizer implements TextTokenizer {
  /** Merges that the published vocabulary uses. */
  static final int MOST_MERGES = 49152 - 256 - 2;

  private static final int BYTES = 256;
  private static final String START = "<start_of_text>";
  private static final String END = "<end_of_text>";

  /**
   * U+0345 is skipped: the published expression ignores case, and takes this mark for the iota
   * whose capital it has, so that it counts neither as a letter nor as anything else.
   */
  private static final Pattern WORD =
      Pattern.compile(
          START + "|" + END + "|'s|'t|'re|'ve|'m|'ll|'d|\\p{L}+|\\p{N}|[^ \\p{L}\\p{N}\u0345]+",
          Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);

  /** What two ids become, and how early: the pair in one long, the rank above the id. */
  private final Map<Long, Long> merges = new HashMap<>();

  private final int[] byteIds = new int[BYTES];
  private final int size;

  /**
   * @param merges pairs "a b" in their order; bytes are written as visible characters
   * @param source named where a merge joins what does not exist
   */
  BytePairTokenizer(List<String> merges, Path source) {
    Map<String, Integer> ids = new HashMap<>();
    String visible = visible();
    for (int i = 0; i < BYTES; i++) {
      ids.put(visible.substring(i, i + 1), i);
      ids.put(visible.charAt(i) + "</w>", BYTES + i);
    }
    for (int i = 0; i < merges.size(); i++) {
      // Of equal results the later number counts, as in the published code.
      ids.put(merges.get(i).replace(" ", ""), 2 * BYTES + i);
    }
    for (int rank = 0; rank < merges.size(); rank++) {
      String[] parts = merges.get(rank).split(" ", -1);
      Integer a = parts.length == 2 ? ids.get(parts[0]) : null;
      Integer b = parts.length == 2 ? ids.get(parts[1]) : null;
      if (a == null || b == null) {
        throw new DataException(
            source
                + ", merge "
                + (rank + 1)
                + ", '"
                + merges.get(rank)
                + "', does not join two earlier tokens: expected CLIP's table of merges.");
      }
      this.merges.put(pair(a, b), (long) rank << 32 | ids.get(parts[0] + parts[1]));
    }
    size = 2 * BYTES + merges.size() + 2;
  }

  private static long pair(int a, int b) {
    return (long) a << 32 | b;
  }

  /**
   * The characters that stand for bytes, in the order of their ids: printable ones for themselves,
   * then U+0100 and on for the others.
   */
  private String visible() {
    StringBuilder printable = new StringBuilder();
    StringBuilder others = new StringBuilder();
    int next = 0;
    for (int b = 0; b < BYTES; b++) {
      if ((b >= '!' && b <= '~') || (b >= 0xa1 && b <= 0xac) || b >= 0xae) {
        byteIds[b] = printable.length();
        printable.append((char) b);
      } else {
        byteIds[b] = -1;
        others.append((char) (BYTES + next++));
      }
    }
    next = printable.length();
    for (int b = 0; b < BYTES; b++) {
      byteIds[b] = byteIds[b] < 0 ? next++ : byteIds[b];
    }
    return printable.append(others).toString();
  }

  @Override
  public int[] encode(String text, int most) {
    String clean = TextCleaning.clean(text).toLowerCase(Locale.ROOT);
    IntList out = new IntList();
    out.add(size - 2);
    Matcher m = WORD.matcher(clean);
    while (m.find() && out.size() < most) {
      String word = m.group();
      switch (word) {
        case START -> out.add(size - 2);
        case END -> out.add(size - 1);
        default -> out.addAll(pieces(word.getBytes(StandardCharsets.UTF_8)));
      }
    }
    out.add(size - 1);
    int[] ids = out.toArray();
    if (ids.length > most) {
      ids = Arrays.copyOf(ids, most);
      ids[most - 1] = size - 1;
    }
    return ids;
  }

  /** Joins all occurrences of the earliest merge, then of the next. */
  private int[] pieces(byte[] bytes) {
    int[] ids = new int[bytes.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = byteIds[bytes[i] & 0xff];
    }
    ids[ids.length - 1] += BYTES;
    while (true) {
      long first = Long.MAX_VALUE;
      long joined = 0;
      for (int i = 0; i + 1 < ids.length; i++) {
        Long merge = merges.get(pair(ids[i], ids[i + 1]));
        if (merge != null && merge < first) {
          first = merge;
          joined = pair(ids[i], ids[i + 1]);
        }
      }
      if (first == Long.MAX_VALUE) {
        return ids;
      }
      ids = join(ids, joined, (int) first);
    }
  }

  private static int[] join(int[] ids, long joined, int result) {
    int count = 0;
    int[] out = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      boolean here = i + 1 < ids.length && pair(ids[i], ids[i + 1]) == joined;
      out[count++] = here ? result : ids[i];
      i += here ? 1 : 0;
    }
    return Arrays.copyOf(out, count);
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public int padding() {
    return 0;
  }
}
