package io.med3dinsight.kernels.ptx;

import static io.med3dinsight.kernels.ptx.Kernels.LANES;

import java.util.function.IntBinaryOperator;
import java.util.function.LongBinaryOperator;

/** Integer arithmetic of 16, 32 and 64 bits. */
final class IntegerDecoder {
  private IntegerDecoder() {}

  static Instruction decode(Names n) {
    Statement s = n.statement;
    String type = s.type();
    switch (s.op()) {
      case "popc" -> {
        return n.ints(
            type.equals("b64")
                ? Kernels.fromLongs(n.l(1), Long::bitCount)
                : Kernels.ints(n.i(1), Integer::bitCount));
      }
      case "clz" -> {
        return n.ints(
            type.equals("b64")
                ? Kernels.fromLongs(n.l(1), Long::numberOfLeadingZeros)
                : Kernels.ints(n.i(1), Integer::numberOfLeadingZeros));
      }
      case "bfind" -> {
        return bfind(n);
      }
      case "mul24", "mad24", "dp4a" -> throw s.unsupported("instruction");
      default -> {
        // By width below.
      }
    }
    return switch (Types.bytes(type)) {
      case 2 -> n.ints(narrow(n));
      case 4 -> wide(s) ? n.longs(mulWide(n)) : n.ints(word(n));
      default -> n.longs(LongDecoder.decode(n));
    };
  }

  private static boolean wide(Statement s) {
    return s.has("wide");
  }

  private static Kernels.Longs mulWide(Names n) {
    int a = n.i(1);
    int b = n.i(2);
    boolean signed = Types.isSigned(n.statement.type());
    if (n.statement.op().equals("mul")) {
      return signed
          ? signedProduct(a, b)
          : Kernels.fromInts(a, b, (x, y) -> (x & 0xffffffffL) * (y & 0xffffffffL));
    }
    int c = n.l(3);
    return (w, o) -> {
      int[] x = w.ints[a];
      int[] y = w.ints[b];
      long[] z = w.longs[c];
      for (int i = 0; i < LANES; i++) {
        o[i] = (signed ? (long) x[i] * y[i] : (x[i] & 0xffffffffL) * (y[i] & 0xffffffffL)) + z[i];
      }
    };
  }

  private static Kernels.Longs signedProduct(int a, int b) {
    return (w, o) -> {
      int[] x = w.ints[a];
      int[] y = w.ints[b];
      for (int i = 0; i < LANES; i++) {
        o[i] = (long) x[i] * y[i];
      }
    };
  }

  private static Kernels.Ints word(Names n) {
    Statement s = n.statement;
    boolean signed = Types.isSigned(s.type());
    boolean sat = s.has("sat");
    int a = n.i(1);
    return switch (s.op()) {
      case "add" -> sat ? Kernels.ints(a, n.i(2), (x, y) -> clamp((long) x + y)) : add(a, n.i(2));
      case "sub" -> sat ? Kernels.ints(a, n.i(2), (x, y) -> clamp((long) x - y)) : sub(a, n.i(2));
      case "mul" ->
          s.has("hi") ? Kernels.ints(a, n.i(2), (x, y) -> high(x, y, signed)) : mul(a, n.i(2));
      case "mad" -> mad(n, a, signed, sat);
      case "sad" ->
          Kernels.ints(a, n.i(2), n.i(3), (x, y, z) -> z + (less(x, y, signed) ? y - x : x - y));
      case "div" ->
          new Division(a, n.i(2), signed ? (x, y) -> x / y : Integer::divideUnsigned).kernel();
      case "rem" ->
          new Division(a, n.i(2), signed ? (x, y) -> x % y : Integer::remainderUnsigned).kernel();
      case "abs" -> Kernels.ints(a, Math::abs);
      case "neg" -> Kernels.ints(a, x -> -x);
      case "min" ->
          signed
              ? Kernels.ints(a, n.i(2), Math::min)
              : Kernels.ints(a, n.i(2), (x, y) -> less(x, y, false) ? x : y);
      case "max" ->
          signed
              ? Kernels.ints(a, n.i(2), Math::max)
              : Kernels.ints(a, n.i(2), (x, y) -> less(x, y, false) ? y : x);
      case "brev" -> Kernels.ints(a, Integer::reverse);
      case "bfe" ->
          Kernels.ints(a, n.i(2), n.i(3), (x, p, l) -> extract(x, p & 255, l & 255, signed));
      case "bfi" -> insert(a, n.i(2), n.i(3), n.i(4));
      default -> throw s.unsupported("instruction");
    };
  }

  private static Kernels.Ints mad(Names n, int a, boolean signed, boolean sat) {
    int b = n.i(2);
    int c = n.i(3);
    if (n.statement.has("hi")) {
      return Kernels.ints(
          a,
          b,
          c,
          (x, y, z) -> sat ? clamp((long) high(x, y, signed) + z) : high(x, y, signed) + z);
    }
    return (w, o) -> {
      int[] x = w.ints[a];
      int[] y = w.ints[b];
      int[] z = w.ints[c];
      for (int i = 0; i < LANES; i++) {
        o[i] = x[i] * y[i] + z[i];
      }
    };
  }

  private static Kernels.Ints add(int a, int b) {
    return (w, o) -> {
      int[] x = w.ints[a];
      int[] y = w.ints[b];
      for (int i = 0; i < LANES; i++) {
        o[i] = x[i] + y[i];
      }
    };
  }

  private static Kernels.Ints sub(int a, int b) {
    return (w, o) -> {
      int[] x = w.ints[a];
      int[] y = w.ints[b];
      for (int i = 0; i < LANES; i++) {
        o[i] = x[i] - y[i];
      }
    };
  }

  private static Kernels.Ints mul(int a, int b) {
    return (w, o) -> {
      int[] x = w.ints[a];
      int[] y = w.ints[b];
      for (int i = 0; i < LANES; i++) {
        o[i] = x[i] * y[i];
      }
    };
  }

  /** Division that reports a zero divisor of an active lane before it computes. */
  private record Division(int a, int b, IntBinaryOperator f) {
    Kernels.Ints kernel() {
      return (w, o) -> {
        int[] x = w.ints[a];
        int[] y = w.ints[b];
        for (int i = 0; i < LANES; i++) {
          if (y[i] == 0) {
            zeroDivisor(w, i);
            o[i] = 0;
          } else {
            o[i] = f.applyAsInt(x[i], y[i]);
          }
        }
      };
    }
  }

  /** Reports a division by zero when the lane is active. */
  static void zeroDivisor(Warp w, int lane) {
    if ((w.active >>> lane & 1) != 0) {
      throw w.fault(FaultKind.DIVISION_BY_ZERO, lane, 0, "the divisor is zero");
    }
  }

  static boolean less(int x, int y, boolean signed) {
    return signed ? x < y : Integer.compareUnsigned(x, y) < 0;
  }

  private static int clamp(long v) {
    return (int) Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, v));
  }

  private static int high(int x, int y, boolean signed) {
    return (int) ((signed ? (long) x * y : (x & 0xffffffffL) * (y & 0xffffffffL)) >>> 32);
  }

  private static int extract(int x, int pos, int len, boolean signed) {
    if (len == 0) {
      return 0;
    }
    int sign = signed ? x >> Math.min(pos + len - 1, 31) & 1 : 0;
    long bits = pos > 31 ? 0 : (x & 0xffffffffL) >>> pos;
    int kept = pos > 31 ? 0 : Math.min(len, 32 - pos);
    long mask = (1L << kept) - 1;
    return (int) (bits & mask | (sign != 0 ? ~mask : 0));
  }

  private static Kernels.Ints insert(int a, int b, int c, int d) {
    return (w, o) -> {
      int[] f = w.ints[a];
      int[] base = w.ints[b];
      int[] p = w.ints[c];
      int[] l = w.ints[d];
      for (int i = 0; i < LANES; i++) {
        int pos = p[i] & 255;
        int len = Math.min(l[i] & 255, 32);
        long mask = pos > 31 ? 0 : (1L << len) - 1 << pos;
        o[i] = (int) (base[i] & ~mask | ((long) f[i] << Math.min(pos, 63)) & mask);
      }
    };
  }

  private static Instruction bfind(Names n) {
    boolean shift = n.statement.has("shiftamt");
    boolean signed = Types.isSigned(n.statement.type());
    if (Types.isLong(n.statement.type())) {
      return n.ints(
          Kernels.fromLongs(
              n.l(1),
              x -> {
                long v = signed && x < 0 ? ~x : x;
                return v == 0
                    ? -1
                    : shift ? Long.numberOfLeadingZeros(v) : 63 - Long.numberOfLeadingZeros(v);
              }));
    }
    return n.ints(
        Kernels.ints(
            n.i(1),
            x -> {
              int v = signed && x < 0 ? ~x : x;
              return v == 0
                  ? -1
                  : shift ? Integer.numberOfLeadingZeros(v) : 31 - Integer.numberOfLeadingZeros(v);
            }));
  }

  /** 16-bit arithmetic; mul.wide gives 32 bits. */
  private static Kernels.Ints narrow(Names n) {
    Statement s = n.statement;
    boolean signed = Types.isSigned(s.type());
    int a = n.i(1);
    IntBinaryOperator f =
        switch (s.op()) {
          case "add" -> (x, y) -> x + y;
          case "sub" -> (x, y) -> x - y;
          case "mul" -> s.has("hi") ? (x, y) -> x * y >> 16 : (x, y) -> x * y;
          case "mad" -> (x, y) -> x * y;
          case "min" -> Math::min;
          case "max" -> Math::max;
          case "div" -> (x, y) -> x / y;
          case "rem" -> (x, y) -> x % y;
          case "neg" -> (x, y) -> -x;
          case "abs" -> (x, y) -> Math.abs(x);
          default -> throw s.unsupported("instruction");
        };
    boolean unary = s.operands().size() == 2;
    int b = unary ? a : n.i(2);
    int c = s.op().equals("mad") ? n.i(3) : -1;
    boolean wide = s.has("wide");
    boolean divides = s.op().equals("div") || s.op().equals("rem");
    return (w, o) -> {
      for (int i = 0; i < LANES; i++) {
        int x = extend(w.ints[a][i], signed);
        int y = extend(w.ints[b][i], signed);
        if (divides && y == 0) {
          zeroDivisor(w, i);
          continue;
        }
        int r = f.applyAsInt(x, y) + (c < 0 ? 0 : w.ints[c][i]);
        o[i] = wide ? r : r & 0xffff;
      }
    };
  }

  static int extend(int v, boolean signed) {
    return signed ? (short) v : v & 0xffff;
  }

  /** The 64-bit part. */
  static final class LongDecoder {
    private LongDecoder() {}

    static Kernels.Longs decode(Names n) {
      Statement s = n.statement;
      boolean signed = Types.isSigned(s.type());
      int a = n.l(1);
      return switch (s.op()) {
        case "add" -> add(a, n.l(2));
        case "sub" -> Kernels.longs(a, n.l(2), (x, y) -> x - y);
        case "mul" ->
            s.has("hi")
                ? Kernels.longs(a, n.l(2), signed ? Math::multiplyHigh : LongDecoder::unsignedHigh)
                : Kernels.longs(a, n.l(2), (x, y) -> x * y);
        case "mad" -> {
          LongBinaryOperator high = signed ? Math::multiplyHigh : LongDecoder::unsignedHigh;
          yield s.has("hi")
              ? Kernels.longs(a, n.l(2), n.l(3), (x, y, z) -> high.applyAsLong(x, y) + z)
              : Kernels.longs(a, n.l(2), n.l(3), (x, y, z) -> x * y + z);
        }
        case "div" -> division(a, n.l(2), signed ? (x, y) -> x / y : Long::divideUnsigned);
        case "rem" -> division(a, n.l(2), signed ? (x, y) -> x % y : Long::remainderUnsigned);
        case "abs" -> Kernels.longs(a, Math::abs);
        case "neg" -> Kernels.longs(a, x -> -x);
        case "min" ->
            Kernels.longs(
                a, n.l(2), signed ? Math::min : (x, y) -> Long.compareUnsigned(x, y) < 0 ? x : y);
        case "max" ->
            Kernels.longs(
                a, n.l(2), signed ? Math::max : (x, y) -> Long.compareUnsigned(x, y) > 0 ? x : y);
        case "brev" -> Kernels.longs(a, Long::reverse);
        case "bfe" -> bfe(a, n.i(2), n.i(3), signed);
        case "bfi" -> bfi(a, n.l(2), n.i(3), n.i(4));
        default -> throw s.unsupported("instruction");
      };
    }

    private static Kernels.Longs add(int a, int b) {
      return (w, o) -> {
        long[] x = w.longs[a];
        long[] y = w.longs[b];
        for (int i = 0; i < LANES; i++) {
          o[i] = x[i] + y[i];
        }
      };
    }

    static long unsignedHigh(long x, long y) {
      return Math.multiplyHigh(x, y) + (x >> 63 & y) + (y >> 63 & x);
    }

    private static Kernels.Longs division(int a, int b, LongBinaryOperator f) {
      return (w, o) -> {
        long[] x = w.longs[a];
        long[] y = w.longs[b];
        for (int i = 0; i < LANES; i++) {
          if (y[i] == 0) {
            zeroDivisor(w, i);
            o[i] = 0;
          } else {
            o[i] = f.applyAsLong(x[i], y[i]);
          }
        }
      };
    }

    private static Kernels.Longs bfe(int a, int b, int c, boolean signed) {
      return (w, o) -> {
        for (int i = 0; i < LANES; i++) {
          int pos = w.ints[b][i] & 255;
          int len = w.ints[c][i] & 255;
          long x = w.longs[a][i];
          long sign = signed && len > 0 ? x >> Math.min(pos + len - 1, 63) & 1 : 0;
          int kept = pos > 63 ? 0 : Math.min(len, 64 - pos);
          long mask = kept == 64 ? -1 : (1L << kept) - 1;
          o[i] = (pos > 63 ? 0 : x >>> pos & mask) | (sign != 0 ? ~mask : 0);
        }
      };
    }

    private static Kernels.Longs bfi(int a, int b, int c, int d) {
      return (w, o) -> {
        for (int i = 0; i < LANES; i++) {
          int pos = w.ints[c][i] & 255;
          int len = w.ints[d][i] & 255;
          long mask = pos > 63 ? 0 : (len > 63 ? -1 : (1L << len) - 1) << pos;
          o[i] = w.longs[b][i] & ~mask | (w.longs[a][i] << pos) & mask;
        }
      };
    }
  }
}
