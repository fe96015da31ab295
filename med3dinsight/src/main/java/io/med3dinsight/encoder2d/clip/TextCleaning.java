package io.med3dinsight.encoder2d.clip;

import java.text.Normalizer;
import java.util.regex.Pattern;

/**
 * What open_clip does to a text before it is cut into tokens: the repairs of ftfy 6 (Speer 2019,
 * doi 10.5281/zenodo.2591652), two rounds of HTML decoding, and single spaces for white space. One
 * repair is left out: text that was decoded with a wrong encoding ("Ã©" for "é") stays as it is.
 */
final class TextCleaning {
  private static final Pattern TERMINAL = Pattern.compile("\u001b\\[[\\p{Nd};]*[a-zA-Z]");
  private static final String LONG_S_T = "\ufb05";
  private static final int SEGMENT = 1_000_000;

  private TextCleaning() {}

  /** The cleaned text, with its case. */
  static String clean(String text) {
    return singleSpaces(HtmlText.unescape(HtmlText.unescape(repair(text))));
  }

  private static String repair(String text) {
    StringBuilder out = new StringBuilder();
    boolean markup = false;
    int from = 0;
    while (from < text.length()) {
      int newline = text.indexOf('\n', from);
      int to = newline < 0 ? text.length() : newline + 1;
      if (text.codePointCount(from, to) > SEGMENT) {
        to = text.offsetByCodePoints(from, SEGMENT);
      }
      String segment = text.substring(from, to);
      // Where a bracket was seen, references may be meant as they stand, there and afterwards.
      markup |= segment.indexOf('<') >= 0;
      out.append(repairSegment(segment, !markup));
      from = to;
    }
    return out.toString();
  }

  private static String repairSegment(String segment, boolean decode) {
    String before;
    String s = segment;
    do {
      before = s;
      s = decode ? HtmlText.unescapeStrict(s) : s;
      s = replaceCharacters(s);
      s = s.replace("\r\n", "\n").replace('\r', '\n');
      s = s.replace('\u2028', '\n').replace('\u2029', '\n').replace('\u0085', '\n');
      s = TERMINAL.matcher(s).replaceAll("");
      s = removeControls(s);
      s = Normalizer.normalize(s, Normalizer.Form.NFC);
    } while (!s.equals(before));
    return s;
  }

  /** C1 controls, ligatures, widths, quotation marks and surrogates without their other half. */
  private static String replaceCharacters(String s) {
    StringBuilder out = new StringBuilder(s.length());
    s.codePoints()
        .forEach(
            c -> {
              int plain = windows(c);
              if (c >= 0xd800 && c <= 0xdfff) {
                out.append('\ufffd');
              } else if (c == LONG_S_T.charAt(0)) {
                out.append("\u017ft");
              } else if (ligature(plain) || (c >= 0xff01 && c < 0xfff0)) {
                out.append(Normalizer.normalize(Character.toString(c), Normalizer.Form.NFKC));
              } else {
                out.appendCodePoint(quote(plain));
              }
            });
    return out.toString();
  }

  private static int windows(int c) {
    int there = c >= 0x80 && c <= 0x9f ? HtmlText.WINDOWS.charAt(c - 0x80) : 0;
    return there == 0 ? c : there;
  }

  private static boolean ligature(int c) {
    return c == 0x132
        || c == 0x133
        || c == 0x149
        || (c >= 0x1c4 && c <= 0x1cc)
        || (c >= 0x1f1 && c <= 0x1f3)
        || (c >= 0xfb00 && c <= 0xfb06);
  }

  private static int quote(int c) {
    if (c == 0x3000) {
      return ' ';
    }
    if (c == 0x2bc || (c >= 0x2018 && c <= 0x201b)) {
      return '\'';
    }
    return c >= 0x201c && c <= 0x201f ? '"' : c;
  }

  private static String removeControls(String s) {
    StringBuilder out = new StringBuilder(s.length());
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      boolean control =
          (c < 0x20 && c != '\t' && c != '\n' && c != '\f' && c != '\r')
              || c == 0x7f
              || (c >= 0x206a && c <= 0x206f)
              || c == 0xfeff
              || (c >= 0xfff9 && c <= 0xfffc);
      if (!control) {
        out.append(c);
      }
    }
    return out.toString();
  }

  /** White space as Python's {@code str.split} sees it; all of it lies in the basic plane. */
  private static boolean space(char c) {
    return (c >= 9 && c <= 13)
        || (c >= 28 && c <= 32)
        || c == 0x85
        || c == 0xa0
        || c == 0x1680
        || (c >= 0x2000 && c <= 0x200a)
        || c == 0x2028
        || c == 0x2029
        || c == 0x202f
        || c == 0x205f
        || c == 0x3000;
  }

  private static String singleSpaces(String s) {
    StringBuilder out = new StringBuilder(s.length());
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (!space(c)) {
        if (i > 0 && space(s.charAt(i - 1)) && out.length() > 0) {
          out.append(' ');
        }
        out.append(c);
      }
    }
    return out.toString();
  }
}
