package io.med3dinsight.kernels.ptx;

import java.util.Map;

/** Sizes and kinds of PTX's fundamental types. */
final class Types {
  private static final Map<String, Integer> BYTES =
      Map.ofEntries(
          Map.entry("b8", 1),
          Map.entry("u8", 1),
          Map.entry("s8", 1),
          Map.entry("b16", 2),
          Map.entry("u16", 2),
          Map.entry("s16", 2),
          Map.entry("f16", 2),
          Map.entry("bf16", 2),
          Map.entry("b32", 4),
          Map.entry("u32", 4),
          Map.entry("s32", 4),
          Map.entry("f32", 4),
          Map.entry("f16x2", 4),
          Map.entry("bf16x2", 4),
          Map.entry("tf32", 4),
          Map.entry("b64", 8),
          Map.entry("u64", 8),
          Map.entry("s64", 8),
          Map.entry("f64", 8));

  private Types() {}

  static boolean known(String type) {
    return BYTES.containsKey(type);
  }

  static int bytes(String type) {
    Integer n = BYTES.get(type);
    if (n == null) {
      throw new IllegalArgumentException("type ." + type + " is unknown");
    }
    return n;
  }

  static boolean isLong(String type) {
    return bytes(type) == 8;
  }

  static boolean isSigned(String type) {
    return type.charAt(0) == 's';
  }

  static boolean isUnsigned(String type) {
    return type.charAt(0) == 'u' || type.charAt(0) == 'b' && type.charAt(1) != 'f';
  }

  static boolean isFloat(String type) {
    return type.charAt(0) == 'f' || type.startsWith("bf") || type.equals("tf32");
  }
}
