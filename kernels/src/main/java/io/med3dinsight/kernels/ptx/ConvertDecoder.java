package io.med3dinsight.kernels.ptx;

import static io.med3dinsight.kernels.ptx.Kernels.LANES;

import io.med3dinsight.kernels.ptx.Floats.Rounding;

/** cvt between all integer and floating-point types. */
final class ConvertDecoder {
  /** A value of one lane as a long: an integer, or the bits of a double. */
  private interface Lane {
    long get(Warp w, int lane);
  }

  /** From an integer or the bits of a double to the bits of the result. */
  private interface Conversion {
    long apply(long v);
  }

  private ConvertDecoder() {}

  static Instruction decode(Names n) {
    Statement s = n.statement;
    String to = s.opcode().get(s.opcode().size() - 2);
    String from = s.type();
    if (s.operands().size() == 3) {
      return packed(n, to);
    }
    Instruction common = common(n, to, from);
    if (common != null) {
      return common;
    }
    Lane source = source(n, from, s.has("ftz"));
    Conversion f =
        Types.isFloat(from) ? fromFloat(s, to) : fromInteger(s, to, Types.isSigned(from));
    Names.Register d = n.register(s.operand(0));
    if (d != null && d.file() == Names.File.LONG) {
      return n.longs(
          (w, o) -> {
            for (int i = 0; i < LANES; i++) {
              o[i] = f.apply(source.get(w, i));
            }
          });
    }
    return n.ints(
        (w, o) -> {
          for (int i = 0; i < LANES; i++) {
            o[i] = (int) f.apply(source.get(w, i));
          }
        });
  }

  /** The conversions of index arithmetic and of loops over pixels, with their own loops. */
  private static Instruction common(Names n, String to, String from) {
    Statement s = n.statement;
    Names.Register a = n.register(s.operand(1));
    Names.Register d = n.register(s.operand(0));
    if (a == null || d == null || s.has("sat")) {
      return null;
    }
    int x = a.index();
    boolean word = a.file() == Names.File.INT;
    return switch (to + "." + from) {
      case "s64.s32", "u64.s32" -> word ? n.longs(extend(x)) : null;
      case "u64.u32", "s64.u32" -> word ? n.longs(Kernels.fromInts(x, v -> v & 0xffffffffL)) : null;
      case "u32.u64", "s32.s64", "u32.s64", "s32.u64" -> n.ints(Kernels.fromLongs(x, v -> (int) v));
      case "f32.s32" ->
          word && s.has("rn")
              ? n.ints(Kernels.ints(x, v -> Float.floatToRawIntBits((float) v)))
              : null;
      default -> null;
    };
  }

  private static Kernels.Longs extend(int a) {
    return (w, o) -> {
      int[] x = w.ints[a];
      for (int i = 0; i < LANES; i++) {
        o[i] = x[i];
      }
    };
  }

  private static Lane source(Names n, String type, boolean ftz) {
    Operand o = n.statement.operand(1);
    Names.Register r = n.register(o);
    boolean wide = r == null ? Types.isLong(type) : r.file() == Names.File.LONG;
    int a = wide ? n.l(1) : n.i(1);
    Lane raw = wide ? (w, i) -> w.longs[a][i] : (w, i) -> w.ints[a][i];
    return switch (type) {
      case "s8" -> (w, i) -> (byte) raw.get(w, i);
      case "u8", "b8" -> (w, i) -> raw.get(w, i) & 0xff;
      case "s16" -> (w, i) -> (short) raw.get(w, i);
      case "u16", "b16" -> (w, i) -> raw.get(w, i) & 0xffff;
      case "s32" -> (w, i) -> (int) raw.get(w, i);
      case "u32", "b32" -> (w, i) -> raw.get(w, i) & 0xffffffffL;
      case "f32" ->
          (w, i) -> {
            float x = Float.intBitsToFloat((int) raw.get(w, i));
            return Double.doubleToRawLongBits(ftz ? Floats.flush(x) : x);
          };
      case "f16", "bf16" -> {
        HalfDecoder.Format t = HalfDecoder.Format.of(type);
        yield (w, i) -> Double.doubleToRawLongBits(t.decode((int) raw.get(w, i)));
      }
      default -> raw;
    };
  }

  private static Rounding rounding(Statement s, boolean integral) {
    String i = integral ? "i" : "";
    return s.has("rz" + i)
        ? Rounding.RZ
        : s.has("rm" + i)
            ? Rounding.RM
            : s.has("rp" + i) ? Rounding.RP : s.has("rna") ? Rounding.RNA : Rounding.RN;
  }

  private static Conversion fromInteger(Statement s, String to, boolean signed) {
    boolean sat = s.has("sat");
    Rounding mode = rounding(s, false);
    boolean wide = Types.isLong(s.type());
    return switch (to) {
      case "f64" -> v -> Double.doubleToRawLongBits(integerToDouble(v, signed || !wide));
      case "f32" ->
          v -> {
            float f = integerToFloat(v, signed || !wide, mode);
            return Float.floatToRawIntBits(sat ? Floats.saturate(f) : f);
          };
      case "f16", "bf16" -> {
        HalfDecoder.Format t = HalfDecoder.Format.of(to);
        yield v -> t.encode(integerToFloat(v, signed || !wide, mode == Rounding.RN ? null : mode));
      }
      default -> toInteger(to, sat, signed, wide);
    };
  }

  private static double integerToDouble(long v, boolean signed) {
    if (signed || v >= 0) {
      return v;
    }
    // Halve with the lost bit kept sticky, so that the rounding stays right.
    return 2.0 * (v >>> 1 | v & 1);
  }

  /** Rounds to float; a null mode rounds to odd for a second rounding. */
  private static float integerToFloat(long v, boolean signed, Rounding mode) {
    if (mode == Rounding.RN) {
      return signed || v >= 0 ? (float) v : 2f * (float) (v >>> 1 | v & 1);
    }
    double s = integerToDouble(v, signed);
    double e = signed || v >= 0 ? (double) (v - (long) s) : 0;
    if (s == 0x1p63 && v == Long.MAX_VALUE) {
      e = -1;
    }
    return mode == null ? Floats.toOdd(s, e) : Floats.round(s, e, mode);
  }

  private static Conversion toInteger(
      String to, boolean sat, boolean signedSource, boolean wideSource) {
    int bits = 8 * Types.bytes(to);
    boolean signed = Types.isSigned(to);
    if (!sat) {
      return v -> truncate(v, bits, signed);
    }
    boolean large = wideSource && !signedSource;
    return v -> {
      if (signed) {
        long max = bits == 64 ? Long.MAX_VALUE : (1L << bits - 1) - 1;
        return large && v < 0 ? max : Math.max(-max - 1, Math.min(max, v));
      }
      if (signedSource && v < 0) {
        return 0;
      }
      return bits == 64 ? v : large && v < 0 ? (1L << bits) - 1 : Math.min(v, (1L << bits) - 1);
    };
  }

  private static long truncate(long v, int bits, boolean signed) {
    int unused = 64 - bits;
    return signed ? v << unused >> unused : v << unused >>> unused;
  }

  private static Conversion fromFloat(Statement s, String to) {
    if (!Types.isFloat(to)) {
      return floatToInteger(to, rounding(s, true));
    }
    boolean sat = s.has("sat");
    boolean relu = s.has("relu");
    boolean ftz = s.has("ftz");
    boolean integral = s.has("rni") || s.has("rzi") || s.has("rmi") || s.has("rpi");
    Rounding mode = rounding(s, integral);
    return bits -> {
      double v = Double.longBitsToDouble(bits);
      v = integral ? Floats.integral(v, mode) : v;
      v = sat ? Floats.saturate(v) : v;
      v = relu && v <= 0 ? 0 : v;
      return encode(v, to, integral ? Rounding.RN : mode, ftz);
    };
  }

  private static long encode(double v, String to, Rounding mode, boolean ftz) {
    switch (to) {
      case "f64":
        return Double.doubleToRawLongBits(v);
      case "f32":
        float f = Floats.round(v, 0, mode);
        return Floats.bits(ftz ? Floats.flush(f) : f);
      case "tf32":
        return Floats.toTf32(Float.floatToRawIntBits((float) v));
      default:
        float odd = Floats.toOdd(v, 0);
        return to.equals("bf16") ? Floats.toBf16(odd, mode) : Floats.toF16(odd, mode);
    }
  }

  private static Conversion floatToInteger(String to, Rounding mode) {
    int bits = 8 * Types.bytes(to);
    boolean signed = Types.isSigned(to);
    return b -> {
      double v = Floats.integral(Double.longBitsToDouble(b), mode);
      if (Double.isNaN(v)) {
        return 0;
      }
      if (signed) {
        long max = bits == 64 ? Long.MAX_VALUE : (1L << bits - 1) - 1;
        return Math.max(-max - 1, Math.min(max, (long) v));
      }
      if (v <= 0) {
        return 0;
      }
      if (bits == 64) {
        return v >= 0x1p64 ? -1 : v >= 0x1p63 ? (long) (v - 0x1p63) ^ Long.MIN_VALUE : (long) v;
      }
      return Math.min((1L << bits) - 1, (long) v);
    };
  }

  /** cvt.rn.bf16x2.f32 d, a, b: a becomes the upper half, b the lower. */
  private static Instruction packed(Names n, String to) {
    Statement s = n.statement;
    boolean brain = to.equals("bf16x2");
    if (!brain && !to.equals("f16x2")) {
      throw s.unsupported("packed conversion");
    }
    Rounding mode = rounding(s, false);
    boolean relu = s.has("relu");
    return n.ints(
        Kernels.ints(
            n.i(1),
            n.i(2),
            (a, b) -> half(a, brain, relu, mode) << 16 | half(b, brain, relu, mode)));
  }

  private static int half(int bits, boolean brain, boolean relu, Rounding mode) {
    float x = Float.intBitsToFloat(bits);
    x = relu && x <= 0 ? 0f : x;
    return brain ? Floats.toBf16(x, mode) : Floats.toF16(x, mode);
  }
}
