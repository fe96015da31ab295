package io.med3dinsight.report;

import java.time.Duration;
import java.util.Locale;

/** Numbers and words as the pictures and the page show them. */
final class Text {
  private Text() {}

  /** A score between 0 and 1, three digits after the point. */
  static String score(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }

  /** A distance in mm, two digits after the point. */
  static String mm(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }

  /** Any number, about four digits of it; whole numbers in full. */
  static String number(double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1e9) {
      return String.format(Locale.ROOT, "%.0f", value);
    }
    double size = Math.abs(value);
    if (size >= 1e6 || size < 1e-3) {
      return String.format(Locale.ROOT, "%.3g", value);
    }
    int digits = size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4;
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }

  /** Such as "1 h 02 min", "3 min 20 s" or "12 s". */
  static String duration(Duration d) {
    long s = Math.round(d.toMillis() / 1000.0);
    if (s >= 3600) {
      return String.format(Locale.ROOT, "%d h %02d min", s / 3600, s % 3600 / 60);
    }
    return s >= 60 ? String.format(Locale.ROOT, "%d min %02d s", s / 60, s % 60) : s + " s";
  }

  /** Such as "1 case" and "6 cases". */
  static String count(long n, String one) {
    return n + " " + one + (n == 1 ? "" : "s");
  }

  /** Safe inside HTML, in text and in quoted attributes. */
  static String html(String text) {
    StringBuilder safe = new StringBuilder(text.length() + 16);
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> safe.append("&amp;");
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '"' -> safe.append("&quot;");
                case '\'' -> safe.append("&#39;");
                default -> safe.appendCodePoint(allowed(c) ? c : 0xFFFD);
              }
            });
    return safe.toString();
  }

  /** HTML and XML have no way to write other control characters. */
  private static boolean allowed(int c) {
    return c == '\n'
        || c == '\t'
        || (c >= 0x20 && c < 0x7F)
        || (c >= 0xA0 && c < 0xD800)
        || (c >= 0xE000 && c < 0xFFFE)
        || c >= 0x10000;
  }
}
