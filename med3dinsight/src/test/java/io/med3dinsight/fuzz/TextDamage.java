package io.med3dinsight.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Damages a text within a file: its tokens (numbers, quoted words, or whatever a pattern finds)
 * become hostile ones, go, come twice or a thousand times.
 */
final class TextDamage implements Damage {
  /** Numbers at which arithmetic turns over, and what is none. */
  static final String[] NUMBERS = {
    "0",
    "1",
    "-1",
    "2",
    "7",
    "255",
    "65536",
    "2147483647",
    "2147483648",
    "4294967296",
    "3037000500",
    "9223372036854775807",
    "9223372036854775808",
    "99999999999999999999999",
    "1e999",
    "-0",
    "0.5",
    "nan",
    "inf",
    "1e-320",
    "00000000000000000001",
    "0x10",
    ""
  };

  private final Pattern token;
  private final int within;
  private final String[] words;

  /**
   * @param token what is replaced
   * @param within bytes of the file that can be text
   * @param words that mean something here, beside numbers
   */
  TextDamage(String token, int within, String... words) {
    this.token = Pattern.compile(token);
    this.within = within;
    this.words = words;
  }

  @Override
  public byte[] apply(byte[] good, Random random) {
    String text = new String(good, 0, Math.min(good.length, within), StandardCharsets.ISO_8859_1);
    List<MatchResult> found = new ArrayList<>(token.matcher(text).results().toList());
    if (found.isEmpty()) {
      return good;
    }
    if (good.length > within && random.nextInt(3) == 0) {
      // What the text describes, so that some files stay readable.
      byte[] bytes = good.clone();
      bytes[within + random.nextInt(good.length - within)] ^= (byte) (1 << random.nextInt(8));
      return bytes;
    }
    MatchResult m = found.get(random.nextInt(found.size()));
    String old = m.group();
    String by =
        switch (random.nextInt(8)) {
          case 0, 1 -> NUMBERS[random.nextInt(NUMBERS.length)];
          case 2, 3 -> words.length == 0 ? "" : words[random.nextInt(words.length)];
          case 4 -> found.get(random.nextInt(found.size())).group();
          case 5 -> old + old;
          case 6 -> repeated(old, random);
          default -> "";
        };
    return Damage.replaced(good, m.start(), m.end(), by.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static String repeated(String old, Random random) {
    if (random.nextInt(3) > 0) {
      return old + " " + old;
    }
    String piece = Damage.any(random, old, old + " ", old + ",", " ", "(", "[", "{", "\\");
    return piece.repeat(1 << random.nextInt(16));
  }
}
