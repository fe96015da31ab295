package io.med3dinsight.kernels.ptx;

import static io.med3dinsight.kernels.ptx.Kernels.LANES;

/** setp, set, selp and slct. */
final class CompareDecoder {
  private CompareDecoder() {}

  static Instruction decode(Names n) {
    return switch (n.statement.op()) {
      case "setp" -> setp(n);
      case "set" -> set(n);
      case "selp" -> selp(n);
      default -> slct(n);
    };
  }

  private static Instruction setp(Names n) {
    Statement s = n.statement;
    Kernels.Bits compare = comparison(n, s.opcode().get(1), s.type(), s.has("ftz"));
    Operand d = s.operand(0);
    boolean pair = d.kind() == Operand.Kind.PAIR;
    int p = n.predDest(pair ? d.parts().get(0) : d);
    Kernels.Bits first = combine(n, compare, false);
    if (!pair) {
      return new Kernels.BitInstruction(p, first);
    }
    int q = n.predDest(d.parts().get(1));
    Kernels.Bits second = combine(n, compare, true);
    return new Kernels.TwoBitsInstruction(p, first, q, second);
  }

  /** Joins a comparison (or its complement) with the predicate of .and, .or, .xor. */
  private static Kernels.Bits combine(Names n, Kernels.Bits compare, boolean complement) {
    Statement s = n.statement;
    Kernels.Bits base = complement ? w -> ~compare.run(w) : compare;
    if (s.operands().size() < 4) {
      return base;
    }
    Operand c = s.operand(3);
    int pred = n.pred(c);
    boolean inverted = c.inverts();
    if (s.has("and")) {
      return w -> base.run(w) & (inverted ? ~w.preds[pred] : w.preds[pred]);
    }
    if (s.has("or")) {
      return w -> base.run(w) | (inverted ? ~w.preds[pred] : w.preds[pred]);
    }
    return w -> base.run(w) ^ (inverted ? ~w.preds[pred] : w.preds[pred]);
  }

  private static Kernels.Bits comparison(Names n, String op, String type, boolean ftz) {
    return switch (type) {
      case "f32" -> floats(op, n.i(1), n.i(2), ftz, n.statement);
      case "f64" -> longs(n.l(1), n.l(2), test(op, n.statement));
      case "s64", "u64", "b64" ->
          longs(n.l(1), n.l(2), integers(op, Types.isSigned(type), n.statement));
      case "f16", "bf16" -> halves(n, HalfDecoder.Format.of(type), test(op, n.statement));
      case "s16", "u16", "b16" ->
          shorts(n, integers(op, Types.isSigned(type), n.statement), Types.isSigned(type));
      default -> words(op, n.i(1), n.i(2), Types.isSigned(type), n.statement);
    };
  }

  private interface LongTest {
    boolean test(long a, long b);
  }

  private static Kernels.Bits longs(int a, int b, LongTest f) {
    return w -> {
      int r = 0;
      for (int i = 0; i < LANES; i++) {
        r |= f.test(w.longs[a][i], w.longs[b][i]) ? 1 << i : 0;
      }
      return r;
    };
  }

  private static Kernels.Bits shorts(Names n, LongTest f, boolean signed) {
    int a = n.i(1);
    int b = n.i(2);
    return w -> {
      int r = 0;
      for (int i = 0; i < LANES; i++) {
        long x = IntegerDecoder.extend(w.ints[a][i], signed);
        r |= f.test(x, IntegerDecoder.extend(w.ints[b][i], signed)) ? 1 << i : 0;
      }
      return r;
    };
  }

  private static Kernels.Bits halves(Names n, HalfDecoder.Format t, LongTest f) {
    int a = n.i(1);
    int b = n.i(2);
    return w -> {
      int r = 0;
      for (int i = 0; i < LANES; i++) {
        long x = Double.doubleToRawLongBits(t.decode(w.ints[a][i]));
        r |= f.test(x, Double.doubleToRawLongBits(t.decode(w.ints[b][i]))) ? 1 << i : 0;
      }
      return r;
    };
  }

  private static LongTest integers(String op, boolean signed, Statement s) {
    long flip = signed ? 0 : Long.MIN_VALUE;
    return switch (op) {
      case "eq" -> (x, y) -> x == y;
      case "ne" -> (x, y) -> x != y;
      case "lt", "lo" -> (x, y) -> (x ^ flip) < (y ^ flip);
      case "le", "ls" -> (x, y) -> (x ^ flip) <= (y ^ flip);
      case "gt", "hi" -> (x, y) -> (x ^ flip) > (y ^ flip);
      case "ge", "hs" -> (x, y) -> (x ^ flip) >= (y ^ flip);
      default -> throw s.unsupported("comparison");
    };
  }

  private interface DoubleTest {
    boolean test(double a, double b);
  }

  /** A comparison of doubles given by their bits; the u forms are true for NaN. */
  private static LongTest test(String op, Statement s) {
    DoubleTest f = doubles(op, s);
    return (x, y) -> f.test(Double.longBitsToDouble(x), Double.longBitsToDouble(y));
  }

  private static DoubleTest doubles(String op, Statement s) {
    return switch (op) {
      case "eq" -> (x, y) -> x == y;
      case "ne" -> (x, y) -> x < y || x > y;
      case "lt" -> (x, y) -> x < y;
      case "le" -> (x, y) -> x <= y;
      case "gt" -> (x, y) -> x > y;
      case "ge" -> (x, y) -> x >= y;
      case "equ" -> (x, y) -> !(x < y || x > y);
      case "neu" -> (x, y) -> x != y;
      case "ltu" -> (x, y) -> !(x >= y);
      case "leu" -> (x, y) -> !(x > y);
      case "gtu" -> (x, y) -> !(x <= y);
      case "geu" -> (x, y) -> !(x < y);
      case "num" -> (x, y) -> !Double.isNaN(x) && !Double.isNaN(y);
      case "nan" -> (x, y) -> Double.isNaN(x) || Double.isNaN(y);
      default -> throw s.unsupported("comparison");
    };
  }

  private static Kernels.Bits floats(String op, int a, int b, boolean ftz, Statement s) {
    DoubleTest f = doubles(op, s);
    if (!ftz && (op.equals("lt") || op.equals("geu"))) {
      int flip = op.equals("lt") ? 0 : -1;
      return w -> flip ^ less(w.ints[a], w.ints[b]);
    }
    if (!ftz && (op.equals("gt") || op.equals("leu"))) {
      int flip = op.equals("gt") ? 0 : -1;
      return w -> flip ^ less(w.ints[b], w.ints[a]);
    }
    return w -> {
      int r = 0;
      for (int i = 0; i < LANES; i++) {
        float x = Float.intBitsToFloat(w.ints[a][i]);
        float y = Float.intBitsToFloat(w.ints[b][i]);
        boolean yes = ftz ? f.test(Floats.flush(x), Floats.flush(y)) : f.test(x, y);
        r |= yes ? 1 << i : 0;
      }
      return r;
    };
  }

  private static int less(int[] x, int[] y) {
    int r = 0;
    for (int i = 0; i < LANES; i++) {
      r |= Float.intBitsToFloat(x[i]) < Float.intBitsToFloat(y[i]) ? 1 << i : 0;
    }
    return r;
  }

  private static Kernels.Bits words(String op, int a, int b, boolean signed, Statement s) {
    int flip = signed ? 0 : Integer.MIN_VALUE;
    return switch (op) {
      case "eq" -> w -> equal(w.ints[a], w.ints[b]);
      case "ne" -> w -> ~equal(w.ints[a], w.ints[b]);
      case "lt", "lo" -> w -> less(w.ints[a], w.ints[b], flip);
      case "ge", "hs" -> w -> ~less(w.ints[a], w.ints[b], flip);
      case "gt", "hi" -> w -> less(w.ints[b], w.ints[a], flip);
      case "le", "ls" -> w -> ~less(w.ints[b], w.ints[a], flip);
      default -> throw s.unsupported("comparison");
    };
  }

  private static int equal(int[] x, int[] y) {
    int r = 0;
    for (int i = 0; i < LANES; i++) {
      r |= x[i] == y[i] ? 1 << i : 0;
    }
    return r;
  }

  private static int less(int[] x, int[] y, int flip) {
    int r = 0;
    for (int i = 0; i < LANES; i++) {
      r |= (x[i] ^ flip) < (y[i] ^ flip) ? 1 << i : 0;
    }
    return r;
  }

  private static Instruction set(Names n) {
    Statement s = n.statement;
    String to = s.opcode().get(s.opcode().size() - 2);
    if (s.type().endsWith("x2")) {
      return setPacked(n);
    }
    Kernels.Bits bits = combine(n, comparison(n, s.opcode().get(1), s.type(), s.has("ftz")), false);
    int yes =
        switch (to) {
          case "f32" -> Float.floatToRawIntBits(1f);
          case "f16" -> 0x3c00;
          case "bf16" -> 0x3f80;
          default -> -1;
        };
    return n.ints(
        (w, o) -> {
          int r = bits.run(w);
          for (int i = 0; i < LANES; i++) {
            o[i] = (r >>> i & 1) != 0 ? yes : 0;
          }
        });
  }

  private static Instruction setPacked(Names n) {
    HalfDecoder.Format t = HalfDecoder.Format.of(n.statement.type());
    DoubleTest f = doubles(n.statement.opcode().get(1), n.statement);
    int one = t.encode(1f);
    return n.ints(
        Kernels.ints(
            n.i(1),
            n.i(2),
            (x, y) ->
                (f.test(t.decode(x), t.decode(y)) ? one : 0)
                    | (f.test(t.decode(x >>> 16), t.decode(y >>> 16)) ? one << 16 : 0)));
  }

  private static Instruction selp(Names n) {
    Operand c = n.statement.operand(3);
    int pred = n.pred(c);
    int flip = c.inverts() ? -1 : 0;
    if (Types.isLong(n.statement.type())) {
      int a = n.l(1);
      int b = n.l(2);
      return n.longs(
          (w, o) -> {
            int p = w.preds[pred] ^ flip;
            for (int i = 0; i < LANES; i++) {
              o[i] = (p >>> i & 1) != 0 ? w.longs[a][i] : w.longs[b][i];
            }
          });
    }
    int a = n.i(1);
    int b = n.i(2);
    return n.ints(
        (w, o) -> {
          int p = w.preds[pred] ^ flip;
          int[] x = w.ints[a];
          int[] y = w.ints[b];
          for (int i = 0; i < LANES; i++) {
            o[i] = (p >>> i & 1) != 0 ? x[i] : y[i];
          }
        });
  }

  private static Instruction slct(Names n) {
    boolean real = n.statement.type().equals("f32");
    int c = n.i(3);
    String type = n.statement.opcode().get(n.statement.opcode().size() - 2);
    if (Types.isLong(type)) {
      int a = n.l(1);
      int b = n.l(2);
      return n.longs(
          (w, o) -> {
            for (int i = 0; i < LANES; i++) {
              o[i] = first(w.ints[c][i], real) ? w.longs[a][i] : w.longs[b][i];
            }
          });
    }
    return n.ints(Kernels.ints(n.i(1), n.i(2), c, (x, y, z) -> first(z, real) ? x : y));
  }

  private static boolean first(int c, boolean real) {
    return real ? Float.intBitsToFloat(c) >= 0 : c >= 0;
  }
}
