package io.med3dinsight.kernels.ptx;

import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntBinaryOperator;
import java.util.function.IntUnaryOperator;
import java.util.function.LongBinaryOperator;
import java.util.function.LongUnaryOperator;

/**
 * The computation of an instruction over all 32 lanes, from the warp's registers into an array of
 * results; the caller merges the results of the active lanes. Lanes that are not active compute on
 * whatever their registers hold, so nothing here may throw. The loops of frequent instructions are
 * written out where they are decoded; the rest maps a function of one lane.
 */
final class Kernels {
  interface Ints {
    void run(Warp w, int[] out);
  }

  interface Longs {
    void run(Warp w, long[] out);
  }

  /** Results as one bit per lane. */
  interface Bits {
    int run(Warp w);
  }

  interface TernaryInt {
    int apply(int a, int b, int c);
  }

  interface TernaryLong {
    long apply(long a, long b, long c);
  }

  interface LongToInt {
    int apply(long a);
  }

  interface IntToLong {
    long apply(int a);
  }

  interface IntsToLong {
    long apply(int a, int b);
  }

  interface FloatUnary {
    float apply(float a);
  }

  interface FloatBinary {
    float apply(float a, float b);
  }

  interface FloatTernary {
    float apply(float a, float b, float c);
  }

  interface DoubleTernary {
    double apply(double a, double b, double c);
  }

  static final int LANES = Instruction.LANES;

  private Kernels() {}

  static Ints ints(int a, IntUnaryOperator f) {
    return (w, o) -> {
      int[] x = w.ints[a];
      for (int i = 0; i < LANES; i++) {
        o[i] = f.applyAsInt(x[i]);
      }
    };
  }

  static Ints ints(int a, int b, IntBinaryOperator f) {
    return (w, o) -> {
      int[] x = w.ints[a];
      int[] y = w.ints[b];
      for (int i = 0; i < LANES; i++) {
        o[i] = f.applyAsInt(x[i], y[i]);
      }
    };
  }

  static Ints ints(int a, int b, int c, TernaryInt f) {
    return (w, o) -> {
      int[] x = w.ints[a];
      int[] y = w.ints[b];
      int[] z = w.ints[c];
      for (int i = 0; i < LANES; i++) {
        o[i] = f.apply(x[i], y[i], z[i]);
      }
    };
  }

  static Ints fromLongs(int a, LongToInt f) {
    return (w, o) -> {
      long[] x = w.longs[a];
      for (int i = 0; i < LANES; i++) {
        o[i] = f.apply(x[i]);
      }
    };
  }

  static Longs fromInts(int a, IntToLong f) {
    return (w, o) -> {
      int[] x = w.ints[a];
      for (int i = 0; i < LANES; i++) {
        o[i] = f.apply(x[i]);
      }
    };
  }

  static Longs fromInts(int a, int b, IntsToLong f) {
    return (w, o) -> {
      int[] x = w.ints[a];
      int[] y = w.ints[b];
      for (int i = 0; i < LANES; i++) {
        o[i] = f.apply(x[i], y[i]);
      }
    };
  }

  static Longs longs(int a, LongUnaryOperator f) {
    return (w, o) -> {
      long[] x = w.longs[a];
      for (int i = 0; i < LANES; i++) {
        o[i] = f.applyAsLong(x[i]);
      }
    };
  }

  static Longs longs(int a, int b, LongBinaryOperator f) {
    return (w, o) -> {
      long[] x = w.longs[a];
      long[] y = w.longs[b];
      for (int i = 0; i < LANES; i++) {
        o[i] = f.applyAsLong(x[i], y[i]);
      }
    };
  }

  static Longs longs(int a, int b, int c, TernaryLong f) {
    return (w, o) -> {
      long[] x = w.longs[a];
      long[] y = w.longs[b];
      long[] z = w.longs[c];
      for (int i = 0; i < LANES; i++) {
        o[i] = f.apply(x[i], y[i], z[i]);
      }
    };
  }

  static Ints floats(int a, FloatUnary f) {
    return (w, o) -> {
      int[] x = w.ints[a];
      for (int i = 0; i < LANES; i++) {
        o[i] = Floats.bits(f.apply(Float.intBitsToFloat(x[i])));
      }
    };
  }

  static Ints floats(int a, int b, FloatBinary f) {
    return (w, o) -> {
      int[] x = w.ints[a];
      int[] y = w.ints[b];
      for (int i = 0; i < LANES; i++) {
        o[i] = Floats.bits(f.apply(Float.intBitsToFloat(x[i]), Float.intBitsToFloat(y[i])));
      }
    };
  }

  static Ints floats(int a, int b, int c, FloatTernary f) {
    return (w, o) -> {
      int[] x = w.ints[a];
      int[] y = w.ints[b];
      int[] z = w.ints[c];
      for (int i = 0; i < LANES; i++) {
        float r =
            f.apply(
                Float.intBitsToFloat(x[i]), Float.intBitsToFloat(y[i]), Float.intBitsToFloat(z[i]));
        o[i] = Floats.bits(r);
      }
    };
  }

  static Longs doubles(int a, DoubleUnaryOperator f) {
    return longs(a, x -> Floats.bits(f.applyAsDouble(Double.longBitsToDouble(x))));
  }

  static Longs doubles(int a, int b, DoubleBinaryOperator f) {
    return longs(
        a,
        b,
        (x, y) ->
            Floats.bits(f.applyAsDouble(Double.longBitsToDouble(x), Double.longBitsToDouble(y))));
  }

  static Longs doubles(int a, int b, int c, DoubleTernary f) {
    return longs(
        a,
        b,
        c,
        (x, y, z) ->
            Floats.bits(
                f.apply(
                    Double.longBitsToDouble(x),
                    Double.longBitsToDouble(y),
                    Double.longBitsToDouble(z))));
  }

  /** An instruction with a 32-bit (or narrower) result. */
  static final class IntInstruction extends Instruction {
    private final int dest;
    private final Ints kernel;

    IntInstruction(int dest, Ints kernel) {
      this.dest = dest;
      this.kernel = kernel;
    }

    @Override
    void execute(Warp w, int mask) {
      w.active = mask;
      if ((mask | w.idle) == -1) {
        kernel.run(w, w.ints[dest]);
        return;
      }
      int[] scratch = w.intScratch;
      kernel.run(w, scratch);
      int[] out = w.ints[dest];
      for (int m = mask; m != 0; m &= m - 1) {
        int i = Integer.numberOfTrailingZeros(m);
        out[i] = scratch[i];
      }
    }
  }

  /** An instruction with a 64-bit result. */
  static final class LongInstruction extends Instruction {
    private final int dest;
    private final Longs kernel;

    LongInstruction(int dest, Longs kernel) {
      this.dest = dest;
      this.kernel = kernel;
    }

    @Override
    void execute(Warp w, int mask) {
      w.active = mask;
      if ((mask | w.idle) == -1) {
        kernel.run(w, w.longs[dest]);
        return;
      }
      long[] scratch = w.longScratch;
      kernel.run(w, scratch);
      long[] out = w.longs[dest];
      for (int m = mask; m != 0; m &= m - 1) {
        int i = Integer.numberOfTrailingZeros(m);
        out[i] = scratch[i];
      }
    }
  }

  /** An instruction whose result is a predicate. */
  static final class BitInstruction extends Instruction {
    private final int dest;
    private final Bits kernel;

    BitInstruction(int dest, Bits kernel) {
      this.dest = dest;
      this.kernel = kernel;
    }

    @Override
    void execute(Warp w, int mask) {
      int r = kernel.run(w);
      w.preds[dest] = (w.preds[dest] & ~mask) | (r & mask);
    }
  }

  /** An instruction with two predicates as results, which may be its sources too. */
  static final class TwoBitsInstruction extends Instruction {
    private final int p;
    private final Bits first;
    private final int q;
    private final Bits second;

    TwoBitsInstruction(int p, Bits first, int q, Bits second) {
      this.p = p;
      this.first = first;
      this.q = q;
      this.second = second;
    }

    @Override
    void execute(Warp w, int mask) {
      int x = first.run(w);
      int y = second.run(w);
      w.preds[p] = (w.preds[p] & ~mask) | (x & mask);
      w.preds[q] = (w.preds[q] & ~mask) | (y & mask);
    }
  }

  /** Several results of one instruction, for example the two halves of an unpacking move. */
  static final class Sequence extends Instruction {
    private final Instruction[] parts;

    Sequence(Instruction... parts) {
      this.parts = parts;
    }

    @Override
    void execute(Warp w, int mask) {
      for (Instruction part : parts) {
        part.execute(w, mask);
      }
    }
  }
}
