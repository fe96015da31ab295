package io.med3dinsight.engine.cpu;

import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;

/** Walks two operands under broadcasting in the largest rows whose steps are constant. */
public final class Broadcast {
  /** {@code y[yo+i] = f(a[ao + i*as], b[bo + i*bs])} for i in [0, n); steps are 0 or 1. */
  @FunctionalInterface
  public interface Rows {
    void run(float[] a, int ao, int as, float[] b, int bo, int bs, float[] y, int yo, int n);
  }

  private static final int GRAIN = 1 << 15;

  private Broadcast() {}

  /** Computes {@code y = f(a, b)}; {@code y} has the broadcast shape of both. */
  public static void binary(CpuBackend cpu, Tensor a, Tensor b, Tensor y, Rows f) {
    float[] fa = a.hostFloats();
    float[] fb = b.hostFloats();
    float[] fy = y.hostFloats();
    int ao = a.hostOffset();
    int bo = b.hostOffset();
    int yo = y.hostOffset();
    Plan p = Plan.of(a.shape(), b.shape(), y.shape());
    if (p.rows == 0 || p.length == 0) {
      return;
    }
    if (p.rows == 1) {
      cpu.parallel()
          .range(
              p.length,
              GRAIN,
              (s, e) ->
                  f.run(
                      fa,
                      ao + s * p.stepA,
                      p.stepA,
                      fb,
                      bo + s * p.stepB,
                      p.stepB,
                      fy,
                      yo + s,
                      e - s));
      return;
    }
    cpu.parallel()
        .range(
            p.rows,
            Math.max(1, GRAIN / p.length),
            (s, e) -> {
              for (int r = s; r < e; r++) {
                int ra = ao + p.offset(r, p.stridesA);
                int rb = bo + p.offset(r, p.stridesB);
                f.run(fa, ra, p.stepA, fb, rb, p.stepB, fy, yo + r * p.length, p.length);
              }
            });
  }

  /**
   * The broadcast shape with neighbouring axes merged where both operands allow it; the last axis
   * is the row.
   */
  private static final class Plan {
    int rows = 1;
    int length;
    int stepA;
    int stepB;
    int[] extents;
    int[] stridesA;
    int[] stridesB;

    static Plan of(Shape a, Shape b, Shape y) {
      int rank = Math.max(1, y.rank());
      int[] e = new int[rank];
      boolean[] inA = new boolean[rank];
      boolean[] inB = new boolean[rank];
      int n = 0; // merged axes, innermost first
      for (int i = 1; i <= y.rank(); i++) {
        int extent = y.dim(-i);
        if (extent == 1) {
          continue;
        }
        boolean pa = i <= a.rank() && a.dim(-i) != 1;
        boolean pb = i <= b.rank() && b.dim(-i) != 1;
        if (n > 0 && inA[n - 1] == pa && inB[n - 1] == pb) {
          e[n - 1] *= extent;
        } else {
          e[n] = extent;
          inA[n] = pa;
          inB[n++] = pb;
        }
      }
      Plan p = new Plan();
      p.length = n == 0 ? 1 : e[0];
      p.stepA = n > 0 && inA[0] ? 1 : 0;
      p.stepB = n > 0 && inB[0] ? 1 : 0;
      int outer = Math.max(0, n - 1);
      p.extents = new int[outer];
      p.stridesA = new int[outer];
      p.stridesB = new int[outer];
      int sa = p.stepA == 1 ? p.length : 1;
      int sb = p.stepB == 1 ? p.length : 1;
      for (int i = 0; i < outer; i++) {
        p.extents[i] = e[i + 1];
        p.stridesA[i] = inA[i + 1] ? sa : 0;
        p.stridesB[i] = inB[i + 1] ? sb : 0;
        sa *= inA[i + 1] ? e[i + 1] : 1;
        sb *= inB[i + 1] ? e[i + 1] : 1;
        p.rows *= e[i + 1];
      }
      return p;
    }

    int offset(int row, int[] strides) {
      int o = 0;
      int r = row;
      for (int i = 0; i < extents.length; i++) {
        o += r % extents[i] * strides[i];
        r /= extents[i];
      }
      return o;
    }
  }
}
