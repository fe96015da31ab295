package io.med3dinsight.engine.cpu;

import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.Arrays;

/**
 * Sums whose order depends on shapes alone: chunks of fixed size, then the chunks' sums one after
 * the other.
 */
public final class Reduce {
  private static final int CHUNK = 1 << 15;

  private Reduce() {}

  /**
   * {@code y} = {@code x} summed over the axes where {@code target} (aligned from the last axis)
   * has extent 1 or none.
   */
  public static void sum(CpuBackend cpu, Tensor x, Shape target, Tensor y) {
    int rank = x.rank();
    boolean[] kept = new boolean[rank];
    for (int i = 1; i <= rank; i++) {
      kept[rank - i] = i <= target.rank() && target.dim(-i) != 1;
    }
    // Merge neighbouring axes of one kind, then add along them one group at a time, outermost
    // first.
    int[] e = new int[rank];
    boolean[] k = new boolean[rank];
    int n = 0;
    for (int i = 0; i < rank; i++) {
      if (x.dim(i) == 1) {
        continue;
      }
      if (n > 0 && k[n - 1] == kept[i]) {
        e[n - 1] *= x.dim(i);
      } else {
        e[n] = x.dim(i);
        k[n++] = kept[i];
      }
    }
    reduceGroups(cpu, x.hostFloats(), x.hostOffset(), Arrays.copyOf(e, n), Arrays.copyOf(k, n), y);
  }

  private static void reduceGroups(
      CpuBackend cpu, float[] x, int xo, int[] e, boolean[] kept, Tensor y) {
    int axis = -1;
    for (int i = 0; i < e.length && axis < 0; i++) {
      axis = kept[i] ? -1 : i;
    }
    if (axis < 0) {
      System.arraycopy(x, xo, y.hostFloats(), y.hostOffset(), y.size());
      return;
    }
    int outer = 1;
    int inner = 1;
    for (int i = 0; i < e.length; i++) {
      outer *= i < axis ? e[i] : 1;
      inner *= i > axis ? e[i] : 1;
    }
    try (Scratch s = cpu.scratch(Math.max(1, outer * inner))) {
      middle(cpu, x, xo, outer, e[axis], inner, s.floats(), s.base());
      int[] rest = new int[e.length - 1];
      boolean[] restKept = new boolean[e.length - 1];
      for (int i = 0; i < rest.length; i++) {
        rest[i] = e[i < axis ? i : i + 1];
        restKept[i] = kept[i < axis ? i : i + 1];
      }
      reduceGroups(cpu, s.floats(), s.base(), rest, restKept, y);
    }
  }

  /** {@code y[o,i] = sum over m of x[o,m,i]}. */
  private static void middle(
      CpuBackend cpu, float[] x, int xo, int outer, int mid, int inner, float[] y, int yo) {
    int step = Math.max(1, CHUNK / Math.max(1, inner));
    int parts = Math.max(1, (mid + step - 1) / step);
    try (Scratch s = cpu.scratch(Math.max(1, outer * parts * inner))) {
      float[] p = s.floats();
      int po = s.base();
      cpu.parallel()
          .run(
              outer * parts,
              t -> {
                int o = t / parts;
                int from = t % parts * step;
                int to = Math.min(mid, from + step);
                int d = po + t * inner;
                Arrays.fill(p, d, d + inner, 0f);
                if (inner == 1) {
                  p[d] = (float) lanes(x, xo + o * mid + from, to - from);
                } else {
                  for (int m = from; m < to; m++) {
                    addRow(x, xo + (o * mid + m) * inner, p, d, inner);
                  }
                }
              });
      for (int o = 0; o < outer; o++) {
        for (int i = 0; i < inner; i++) {
          double sum = 0;
          for (int q = 0; q < parts; q++) {
            sum += p[po + (o * parts + q) * inner + i];
          }
          y[yo + o * inner + i] = (float) sum;
        }
      }
    }
  }

  /** Sum of n neighbours in double precision, on eight accumulators so that additions overlap. */
  private static double lanes(float[] x, int o, int n) {
    double[] s = new double[8];
    int i = 0;
    for (; i + 8 <= n; i += 8) {
      for (int l = 0; l < 8; l++) {
        s[l] += x[o + i + l];
      }
    }
    for (; i < n; i++) {
      s[0] += x[o + i];
    }
    return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
  }

  private static void addRow(float[] x, int xo, float[] y, int yo, int n) {
    for (int i = 0; i < n; i++) {
      y[yo + i] += x[xo + i];
    }
  }
}
