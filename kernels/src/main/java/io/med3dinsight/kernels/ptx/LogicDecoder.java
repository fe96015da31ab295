package io.med3dinsight.kernels.ptx;

import static io.med3dinsight.kernels.ptx.Kernels.LANES;

/** Bitwise logic, shifts and byte permutation; logic on predicates too. */
final class LogicDecoder {
  private LogicDecoder() {}

  static Instruction decode(Names n) {
    Statement s = n.statement;
    if (s.type().equals("pred")) {
      return predicates(n);
    }
    if (Types.isLong(s.type())) {
      return n.longs(longs(n));
    }
    return n.ints(Types.bytes(s.type()) == 2 ? halves(n) : words(n));
  }

  private static Instruction predicates(Names n) {
    Operand a = n.statement.operand(1);
    int x = n.pred(a);
    boolean nx = a.inverts();
    int d = n.pd(0);
    if (n.statement.op().equals("not")) {
      return new Kernels.BitInstruction(d, w -> nx ? w.preds[x] : ~w.preds[x]);
    }
    Operand b = n.statement.operand(2);
    int y = n.pred(b);
    boolean ny = b.inverts();
    return new Kernels.BitInstruction(
        d,
        switch (n.statement.op()) {
          case "and" -> w -> (nx ? ~w.preds[x] : w.preds[x]) & (ny ? ~w.preds[y] : w.preds[y]);
          case "or" -> w -> (nx ? ~w.preds[x] : w.preds[x]) | (ny ? ~w.preds[y] : w.preds[y]);
          case "xor" -> w -> (nx ? ~w.preds[x] : w.preds[x]) ^ (ny ? ~w.preds[y] : w.preds[y]);
          default -> throw n.statement.unsupported("on predicates");
        });
  }

  private static Kernels.Ints words(Names n) {
    Statement s = n.statement;
    int a = n.i(1);
    boolean signed = Types.isSigned(s.type());
    return switch (s.op()) {
      case "and" -> and(a, n.i(2));
      case "or" -> or(a, n.i(2));
      case "xor" -> xor(a, n.i(2));
      case "not" -> Kernels.ints(a, x -> ~x);
      case "cnot" -> Kernels.ints(a, x -> x == 0 ? 1 : 0);
      case "shl" -> shl(a, n.i(2));
      case "shr" -> signed ? Kernels.ints(a, n.i(2), (x, y) -> x >> clamp(y, 31)) : shr(a, n.i(2));
      case "lop3" -> lop3(n, a);
      case "shf" -> shf(n, a);
      case "prmt" -> prmt(n, a);
      default -> throw s.unsupported("instruction");
    };
  }

  /** Shift amounts are unsigned and clamp at the width. */
  private static int clamp(int amount, int most) {
    return amount < 0 || amount > most ? most : amount;
  }

  private static Kernels.Ints and(int a, int b) {
    return (w, o) -> {
      int[] x = w.ints[a];
      int[] y = w.ints[b];
      for (int i = 0; i < LANES; i++) {
        o[i] = x[i] & y[i];
      }
    };
  }

  private static Kernels.Ints or(int a, int b) {
    return (w, o) -> {
      int[] x = w.ints[a];
      int[] y = w.ints[b];
      for (int i = 0; i < LANES; i++) {
        o[i] = x[i] | y[i];
      }
    };
  }

  private static Kernels.Ints xor(int a, int b) {
    return (w, o) -> {
      int[] x = w.ints[a];
      int[] y = w.ints[b];
      for (int i = 0; i < LANES; i++) {
        o[i] = x[i] ^ y[i];
      }
    };
  }

  private static Kernels.Ints shl(int a, int b) {
    return (w, o) -> {
      int[] x = w.ints[a];
      int[] y = w.ints[b];
      for (int i = 0; i < LANES; i++) {
        o[i] = (y[i] & ~31) != 0 ? 0 : x[i] << y[i];
      }
    };
  }

  private static Kernels.Ints shr(int a, int b) {
    return (w, o) -> {
      int[] x = w.ints[a];
      int[] y = w.ints[b];
      for (int i = 0; i < LANES; i++) {
        o[i] = (y[i] & ~31) != 0 ? 0 : x[i] >>> y[i];
      }
    };
  }

  private static Kernels.Ints lop3(Names n, int a) {
    int table = (int) n.statement.operand(4).bits(32, n.statement.line());
    return Kernels.ints(
        a,
        n.i(2),
        n.i(3),
        (x, y, z) -> {
          int r = 0;
          for (int k = 0; k < 8; k++) {
            if ((table >>> k & 1) != 0) {
              r |= ((k & 4) != 0 ? x : ~x) & ((k & 2) != 0 ? y : ~y) & ((k & 1) != 0 ? z : ~z);
            }
          }
          return r;
        });
  }

  private static Kernels.Ints shf(Names n, int a) {
    boolean left = n.statement.has("l");
    boolean wrap = n.statement.has("wrap");
    return Kernels.ints(
        a,
        n.i(2),
        n.i(3),
        (lo, hi, c) -> {
          int k = wrap ? c & 31 : clamp(c, 32);
          long both = (long) hi << 32 | lo & 0xffffffffL;
          return left ? (int) (both << k >>> 32) : (int) (both >>> k);
        });
  }

  private static Kernels.Ints prmt(Names n, int a) {
    String mode = n.statement.type().equals("b32") ? "" : n.statement.type();
    if (!mode.isEmpty()) {
      throw n.statement.unsupported("prmt mode");
    }
    return Kernels.ints(
        a,
        n.i(2),
        n.i(3),
        (x, y, c) -> {
          long bytes = (long) y << 32 | x & 0xffffffffL;
          int r = 0;
          for (int k = 0; k < 4; k++) {
            int select = c >>> 4 * k & 15;
            int b = (int) (bytes >>> 8 * (select & 7)) & 255;
            r |= ((select & 8) != 0 ? (byte) b >> 7 & 255 : b) << 8 * k;
          }
          return r;
        });
  }

  private static Kernels.Ints halves(Names n) {
    Statement s = n.statement;
    int a = n.i(1);
    boolean signed = Types.isSigned(s.type());
    return switch (s.op()) {
      case "and" -> and(a, n.i(2));
      case "or" -> or(a, n.i(2));
      case "xor" -> xor(a, n.i(2));
      case "not" -> Kernels.ints(a, x -> ~x & 0xffff);
      case "cnot" -> Kernels.ints(a, x -> (x & 0xffff) == 0 ? 1 : 0);
      case "shl" -> Kernels.ints(a, n.i(2), (x, y) -> (x << clamp(y, 16)) & 0xffff);
      case "shr" ->
          Kernels.ints(
              a, n.i(2), (x, y) -> IntegerDecoder.extend(x, signed) >> clamp(y, 16) & 0xffff);
      default -> throw s.unsupported("instruction");
    };
  }

  private static Kernels.Longs longs(Names n) {
    Statement s = n.statement;
    int a = n.l(1);
    boolean signed = Types.isSigned(s.type());
    return switch (s.op()) {
      case "and" -> Kernels.longs(a, n.l(2), (x, y) -> x & y);
      case "or" -> Kernels.longs(a, n.l(2), (x, y) -> x | y);
      case "xor" -> Kernels.longs(a, n.l(2), (x, y) -> x ^ y);
      case "not" -> Kernels.longs(a, x -> ~x);
      case "cnot" -> Kernels.longs(a, x -> x == 0 ? 1 : 0);
      case "shl" -> shift(a, n.i(2), (x, k) -> k > 63 ? 0 : x << k);
      case "shr" ->
          shift(
              a, n.i(2), signed ? (x, k) -> x >> Math.min(k, 63) : (x, k) -> k > 63 ? 0 : x >>> k);
      default -> throw s.unsupported("instruction");
    };
  }

  private interface Shift {
    long apply(long x, int k);
  }

  private static Kernels.Longs shift(int a, int b, Shift f) {
    return (w, o) -> {
      long[] x = w.longs[a];
      int[] y = w.ints[b];
      for (int i = 0; i < LANES; i++) {
        o[i] = f.apply(x[i], clamp(y[i], 64));
      }
    };
  }
}
