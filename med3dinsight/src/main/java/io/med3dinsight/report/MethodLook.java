package io.med3dinsight.report;

import java.awt.Color;
import java.util.ArrayList;
import java.util.List;

/**
 * How the methods of a chart are told apart: by colour what stands before the comma of their names,
 * by mark and line what stands behind it.
 *
 * @param variant 0 for the first that stands behind a comma, and for names without one
 */
record MethodLook(Color color, int variant) {
  static List<MethodLook> of(List<String> names) {
    List<String> kinds = new ArrayList<>();
    List<String> variants = new ArrayList<>();
    List<MethodLook> looks = new ArrayList<>();
    for (String name : names) {
      Color color = Palette.line(number(kinds, kind(name)));
      String variant = variant(name);
      looks.add(new MethodLook(color, variant.isEmpty() ? 0 : number(variants, variant)));
    }
    return looks;
  }

  /** What stands before the comma. */
  static String kind(String name) {
    int comma = name.indexOf(", ");
    return comma < 0 ? name : name.substring(0, comma);
  }

  /** The comma and what stands behind it; empty without one. */
  static String variant(String name) {
    return name.substring(kind(name).length());
  }

  private static int number(List<String> known, String word) {
    if (!known.contains(word)) {
      known.add(word);
    }
    return known.indexOf(word);
  }
}
