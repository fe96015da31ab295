package io.med3dinsight.kernels.ptx;

import static io.med3dinsight.kernels.ptx.Kernels.LANES;

import io.med3dinsight.kernels.ptx.Floats.Rounding;

/**
 * Single-precision arithmetic. The .approx operations are computed in double precision and rounded
 * to float, which is more exact than the hardware's (a few units in the last place).
 */
final class FloatDecoder {
  private FloatDecoder() {}

  static Instruction decode(Names n) {
    Statement s = n.statement;
    if (s.op().equals("testp")) {
      return testp(n);
    }
    boolean plain = !s.has("ftz") && !s.has("sat") && rounding(s) == Rounding.RN;
    Instruction in = n.ints(plain ? fast(n) : slow(n));
    in.flops = flops(s.op());
    return in;
  }

  static Rounding rounding(Statement s) {
    return s.has("rz")
        ? Rounding.RZ
        : s.has("rm") ? Rounding.RM : s.has("rp") ? Rounding.RP : Rounding.RN;
  }

  static int flops(String op) {
    return switch (op) {
      case "fma", "mad" -> 2;
      case "abs", "neg", "copysign" -> 0;
      default -> 1;
    };
  }

  private static Kernels.Ints fast(Names n) {
    return switch (n.statement.op()) {
      case "add" -> add(n.i(1), n.i(2));
      case "sub" -> sub(n.i(1), n.i(2));
      case "mul" -> mul(n.i(1), n.i(2));
      case "fma", "mad" -> fma(n.i(1), n.i(2), n.i(3));
      case "abs" -> Kernels.ints(n.i(1), x -> x & 0x7fffffff);
      case "neg" -> Kernels.ints(n.i(1), x -> x ^ 0x80000000);
      case "copysign" -> Kernels.ints(n.i(1), n.i(2), (x, y) -> x & 0x80000000 | y & 0x7fffffff);
      default -> slow(n);
    };
  }

  private static Kernels.Ints add(int a, int b) {
    return (w, o) -> {
      int[] x = w.ints[a];
      int[] y = w.ints[b];
      for (int i = 0; i < LANES; i++) {
        o[i] = Floats.bits(Float.intBitsToFloat(x[i]) + Float.intBitsToFloat(y[i]));
      }
    };
  }

  private static Kernels.Ints sub(int a, int b) {
    return (w, o) -> {
      int[] x = w.ints[a];
      int[] y = w.ints[b];
      for (int i = 0; i < LANES; i++) {
        o[i] = Floats.bits(Float.intBitsToFloat(x[i]) - Float.intBitsToFloat(y[i]));
      }
    };
  }

  private static Kernels.Ints mul(int a, int b) {
    return (w, o) -> {
      int[] x = w.ints[a];
      int[] y = w.ints[b];
      for (int i = 0; i < LANES; i++) {
        o[i] = Floats.bits(Float.intBitsToFloat(x[i]) * Float.intBitsToFloat(y[i]));
      }
    };
  }

  private static Kernels.Ints fma(int a, int b, int c) {
    return (w, o) -> {
      int[] x = w.ints[a];
      int[] y = w.ints[b];
      int[] z = w.ints[c];
      for (int i = 0; i < LANES; i++) {
        o[i] =
            Floats.bits(
                Math.fma(
                    Float.intBitsToFloat(x[i]),
                    Float.intBitsToFloat(y[i]),
                    Float.intBitsToFloat(z[i])));
      }
    };
  }

  private static Kernels.Ints slow(Names n) {
    Statement s = n.statement;
    boolean ftz = s.has("ftz");
    boolean sat = s.has("sat");
    Rounding mode = rounding(s);
    return switch (s.operands().size()) {
      case 2 -> {
        Kernels.FloatUnary f = unary(s, mode);
        yield Kernels.floats(n.i(1), x -> end(f.apply(begin(x, ftz)), ftz, sat));
      }
      case 3 -> {
        Kernels.FloatBinary f = binary(s, mode);
        yield Kernels.floats(
            n.i(1), n.i(2), (x, y) -> end(f.apply(begin(x, ftz), begin(y, ftz)), ftz, sat));
      }
      case 4 -> {
        Kernels.FloatTernary f = ternary(s, mode);
        yield Kernels.floats(
            n.i(1),
            n.i(2),
            n.i(3),
            (x, y, z) -> end(f.apply(begin(x, ftz), begin(y, ftz), begin(z, ftz)), ftz, sat));
      }
      default -> throw s.unsupported("number of operands");
    };
  }

  private static float begin(float x, boolean ftz) {
    return ftz ? Floats.flush(x) : x;
  }

  private static float end(float r, boolean ftz, boolean sat) {
    float f = ftz ? Floats.flush(r) : r;
    return sat ? Floats.saturate(f) : f;
  }

  private static final double LN2 = Math.log(2);

  private static Kernels.FloatUnary unary(Statement s, Rounding mode) {
    return switch (s.op()) {
      case "abs" -> Math::abs;
      case "neg" -> x -> -x;
      case "rcp" -> s.has("approx") ? x -> 1f / x : x -> Floats.div(1f, x, mode);
      case "sqrt" -> s.has("approx") ? x -> (float) Math.sqrt(x) : x -> Floats.sqrt(x, mode);
      case "rsqrt" -> x -> (float) (1 / Math.sqrt(x));
      case "sin" -> x -> (float) Math.sin(x);
      case "cos" -> x -> (float) Math.cos(x);
      case "lg2" -> x -> (float) (Math.log(x) / LN2);
      case "ex2" -> x -> (float) Math.exp(x * LN2);
      case "tanh" -> x -> (float) Math.tanh(x);
      default -> throw s.unsupported("instruction");
    };
  }

  private static Kernels.FloatBinary binary(Statement s, Rounding mode) {
    boolean nan = s.has("NaN");
    return switch (s.op()) {
      case "add" -> (x, y) -> Floats.add(x, y, mode);
      case "sub" -> (x, y) -> Floats.add(x, -y, mode);
      case "mul" -> (x, y) -> Floats.mul(x, y, mode);
      case "div" ->
          s.has("approx") || s.has("full") ? (x, y) -> x / y : (x, y) -> Floats.div(x, y, mode);
      case "min" -> extremum(s, nan ? Math::min : Floats::min);
      case "max" -> extremum(s, nan ? Math::max : Floats::max);
      case "copysign" -> (x, y) -> Math.copySign(y, x);
      default -> throw s.unsupported("instruction");
    };
  }

  private static Kernels.FloatBinary extremum(Statement s, Kernels.FloatBinary f) {
    if (s.has("xorsign")) {
      return (x, y) -> {
        float r = Math.abs(f.apply(Math.abs(x), Math.abs(y)));
        int sign = (Float.floatToRawIntBits(x) ^ Float.floatToRawIntBits(y)) & 0x80000000;
        return sign != 0 ? -r : r;
      };
    }
    return f;
  }

  private static Kernels.FloatTernary ternary(Statement s, Rounding mode) {
    return switch (s.op()) {
      case "fma", "mad" -> (x, y, z) -> Floats.fma(x, y, z, mode);
      case "min" ->
          s.has("NaN")
              ? (x, y, z) -> Math.min(Math.min(x, y), z)
              : (x, y, z) -> Floats.min(Floats.min(x, y), z);
      case "max" ->
          s.has("NaN")
              ? (x, y, z) -> Math.max(Math.max(x, y), z)
              : (x, y, z) -> Floats.max(Floats.max(x, y), z);
      default -> throw s.unsupported("instruction");
    };
  }

  private interface FloatTest {
    boolean test(float x);
  }

  private static Instruction testp(Names n) {
    FloatTest f =
        switch (n.statement.opcode().get(1)) {
          case "finite" -> x -> Float.isFinite(x);
          case "infinite" -> x -> Float.isInfinite(x);
          case "number" -> x -> !Float.isNaN(x);
          case "notanumber" -> x -> Float.isNaN(x);
          case "normal" -> x -> Float.isFinite(x) && Math.abs(x) >= Float.MIN_NORMAL;
          case "subnormal" -> x -> x != 0 && Math.abs(x) < Float.MIN_NORMAL;
          default -> throw n.statement.unsupported("test");
        };
    int a = n.i(1);
    return new Kernels.BitInstruction(
        n.pd(0),
        w -> {
          int r = 0;
          for (int i = 0; i < LANES; i++) {
            r |= f.test(Float.intBitsToFloat(w.ints[a][i])) ? 1 << i : 0;
          }
          return r;
        });
  }
}
