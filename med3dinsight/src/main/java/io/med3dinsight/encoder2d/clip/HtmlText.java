package io.med3dinsight.encoder2d.clip;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Character references as HTML's standard decodes them (section 13.5 and the states of a numeric
 * reference's end), in the two readings that CLIP's text cleaning applies one after the other.
 */
final class HtmlText {
  /** What Windows-1252 has in place of U+0080 to U+009F; 0 where it has nothing. */
  static final String WINDOWS =
      "\u20ac\0\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\0\u017d\0"
          + "\0\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\0\u017e\u0178";

  private static final Pattern REFERENCE =
      Pattern.compile("&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\\t\\n\\f <&#;]{1,32};?)");
  private static final Pattern STRICT = Pattern.compile("&#?[0-9A-Za-z]{1,24};");
  private static final int REPLACEMENT = 0xfffd;

  /** With the semicolon, where the standard's table has one. */
  private static final Map<String, String> NAMES = names();

  private static final Map<String, String> UPPER = upper();

  private HtmlText() {}

  private static Map<String, String> names() {
    Map<String, String> names = new HashMap<>();
    try (InputStream in = HtmlText.class.getResourceAsStream("html5.txt");
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] words = line.split(" ");
        StringBuilder value = new StringBuilder();
        for (int i = 1; i < words.length; i++) {
          value.appendCodePoint(Integer.parseInt(words[i], 16));
        }
        names.put(words[0], value.toString());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return names;
  }

  /** Names of lower-case letters that are unambiguous in capitals as well: {@code &EACUTE;}. */
  private static Map<String, String> upper() {
    Map<String, String> upper = new HashMap<>();
    NAMES.forEach(
        (name, value) -> {
          String capitals = name.toUpperCase(Locale.ROOT);
          boolean lower = name.endsWith(";") && name.equals(name.toLowerCase(Locale.ROOT));
          if (lower && unescape("&" + capitals).equals("&" + capitals)) {
            upper.put(capitals, value.toUpperCase(Locale.ROOT));
          }
        });
    return upper;
  }

  /** All references, those without a semicolon included, as a browser reads them. */
  static String unescape(String text) {
    return text.indexOf('&') < 0
        ? text
        : REFERENCE.matcher(text).replaceAll(m -> Matcher.quoteReplacement(decoded(m.group(1))));
  }

  /** Only references that end in a semicolon, but also names in capitals. */
  static String unescapeStrict(String text) {
    return text.indexOf('&') < 0
        ? text
        : STRICT.matcher(text).replaceAll(m -> Matcher.quoteReplacement(strict(m.group())));
  }

  private static String strict(String reference) {
    String name = reference.substring(1);
    if (name.startsWith("#")) {
      String value = unescape(reference);
      return value.indexOf(';') >= 0 ? reference : value;
    }
    String value = NAMES.get(name);
    return value != null ? value : UPPER.getOrDefault(name, reference);
  }

  private static String decoded(String s) {
    if (s.startsWith("#")) {
      return number(s);
    }
    if (NAMES.containsKey(s)) {
      return NAMES.get(s);
    }
    for (int end = s.length() - 1; end > 1; end--) {
      String value = NAMES.get(s.substring(0, end));
      if (value != null) {
        return value + s.substring(end);
      }
    }
    return "&" + s;
  }

  private static String number(String s) {
    boolean hex = s.charAt(1) == 'x' || s.charAt(1) == 'X';
    String digits = s.substring(hex ? 2 : 1, s.endsWith(";") ? s.length() - 1 : s.length());
    int code = 0;
    for (int i = 0; i < digits.length() && code <= Character.MAX_CODE_POINT; i++) {
      code = code * (hex ? 16 : 10) + Character.digit(digits.charAt(i), 16);
    }
    if (code >= 0x80 && code <= 0x9f) {
      char c = WINDOWS.charAt(code - 0x80);
      return String.valueOf(c == 0 ? (char) code : c);
    }
    if (code == 0 || code > Character.MAX_CODE_POINT || (code >= 0xd800 && code <= 0xdfff)) {
      return Character.toString(REPLACEMENT);
    }
    boolean control = code < 0x20 && code != '\t' && code != '\n' && code != '\f' && code != '\r';
    boolean none = (code >= 0xfdd0 && code <= 0xfdef) || (code & 0xfffe) == 0xfffe;
    return control || code == 0x7f || none ? "" : Character.toString(code);
  }
}
