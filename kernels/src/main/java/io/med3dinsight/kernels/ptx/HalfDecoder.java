package io.med3dinsight.kernels.ptx;

import io.med3dinsight.kernels.ptx.Floats.Rounding;

/**
 * Arithmetic on f16, bf16 and their packed pairs: computed exactly or rounded to odd in float, then
 * rounded once.
 */
final class HalfDecoder {
  private HalfDecoder() {}

  /** One of the two formats. */
  record Format(boolean brain) {
    static Format of(String type) {
      return new Format(type.startsWith("bf"));
    }

    float decode(int bits) {
      return brain ? Floats.fromBf16(bits & 0xffff) : Floats.fromF16(bits & 0xffff);
    }

    int encode(float x) {
      return brain ? Floats.toBf16(x, Rounding.RN) : Floats.toF16(x, Rounding.RN);
    }

    /** Rounds s + e once. */
    int encode(double s, double e) {
      return encode(Floats.toOdd(s, e));
    }
  }

  static Instruction decode(Names n) {
    Statement s = n.statement;
    Format format = Format.of(s.type());
    boolean packed = s.type().endsWith("x2");
    Kernels.TernaryInt f = operation(s, format);
    Kernels.TernaryInt lanes = packed ? packed(f) : f;
    int a = n.i(1);
    int b = s.operands().size() > 2 ? n.i(2) : a;
    int c = s.operands().size() > 3 ? n.i(3) : a;
    Instruction in = n.ints(Kernels.ints(a, b, c, lanes));
    in.flops = FloatDecoder.flops(s.op()) * (packed ? 2 : 1);
    return in;
  }

  private static Kernels.TernaryInt packed(Kernels.TernaryInt f) {
    return (a, b, c) ->
        f.apply(a & 0xffff, b & 0xffff, c & 0xffff) | f.apply(a >>> 16, b >>> 16, c >>> 16) << 16;
  }

  private static Kernels.TernaryInt operation(Statement s, Format t) {
    boolean relu = s.has("relu");
    boolean sat = s.has("sat");
    Kernels.TernaryInt f = exact(s, t);
    if (relu) {
      return (a, b, c) -> {
        int r = f.apply(a, b, c);
        return (r & 0x8000) != 0 && !Float.isNaN(t.decode(r)) ? 0 : r;
      };
    }
    return sat ? (a, b, c) -> t.encode(Floats.saturate(t.decode(f.apply(a, b, c)))) : f;
  }

  private static Kernels.TernaryInt exact(Statement s, Format t) {
    boolean nan = s.has("NaN");
    return switch (s.op()) {
      case "add" -> (a, b, c) -> sum(t, t.decode(a), t.decode(b));
      case "sub" -> (a, b, c) -> sum(t, t.decode(a), -t.decode(b));
      case "mul" -> (a, b, c) -> t.encode((double) t.decode(a) * t.decode(b), 0);
      case "fma" -> (a, b, c) -> sum(t, (double) t.decode(a) * t.decode(b), t.decode(c));
      case "neg" -> (a, b, c) -> a & 0xffff ^ 0x8000;
      case "abs" -> (a, b, c) -> a & 0x7fff;
      case "min" ->
          nan
              ? (a, b, c) -> t.encode(Math.min(t.decode(a), t.decode(b)))
              : (a, b, c) -> t.encode(Floats.min(t.decode(a), t.decode(b)));
      case "max" ->
          nan
              ? (a, b, c) -> t.encode(Math.max(t.decode(a), t.decode(b)))
              : (a, b, c) -> t.encode(Floats.max(t.decode(a), t.decode(b)));
      case "ex2" -> (a, b, c) -> t.encode((float) Math.exp(t.decode(a) * Math.log(2)));
      case "tanh" -> (a, b, c) -> t.encode((float) Math.tanh(t.decode(a)));
      default -> throw s.unsupported("instruction");
    };
  }

  private static int sum(Format t, double a, double b) {
    double r = a + b;
    return t.encode(r, Floats.twoSumError(a, b, r));
  }
}
