package io.med3dinsight.engine.cpu.simd;

import io.med3dinsight.engine.cpu.WinogradKernels;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** {@link WinogradKernels} on the Vector API; what is left over is done one by one. */
final class SimdWinograd implements WinogradKernels {
  private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
  private static final int L = S.length();

  @Override
  public void input(float[] x, int[] at, float[] v, int vo, int step, int n) {
    int a0 = at[0];
    int a1 = at[1];
    int a2 = at[2];
    int a3 = at[3];
    int a4 = at[4];
    int a5 = at[5];
    FloatVector four = FloatVector.broadcast(S, 4f);
    FloatVector less = FloatVector.broadcast(S, -4f);
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += L) {
      FloatVector d1 = FloatVector.fromArray(S, x, a1 + i);
      FloatVector d2 = FloatVector.fromArray(S, x, a2 + i);
      FloatVector d3 = FloatVector.fromArray(S, x, a3 + i);
      FloatVector d4 = FloatVector.fromArray(S, x, a4 + i);
      FloatVector a = less.fma(d2, d4);
      FloatVector b = less.fma(d1, d3);
      FloatVector c = d4.sub(d2);
      FloatVector e = d3.sub(d1);
      FloatVector twice = e.add(e);
      int o = vo + i;
      four.fma(FloatVector.fromArray(S, x, a0 + i).sub(d2), c).intoArray(v, o);
      a.add(b).intoArray(v, o + step);
      a.sub(b).intoArray(v, o + 2 * step);
      c.add(twice).intoArray(v, o + 3 * step);
      c.sub(twice).intoArray(v, o + 4 * step);
      less.fma(e, FloatVector.fromArray(S, x, a5 + i).sub(d3)).intoArray(v, o + 5 * step);
    }
    for (int i = whole; i < n; i++) {
      float a = Math.fma(-4f, x[a2 + i], x[a4 + i]);
      float b = Math.fma(-4f, x[a1 + i], x[a3 + i]);
      float c = x[a4 + i] - x[a2 + i];
      float e = x[a3 + i] - x[a1 + i];
      int o = vo + i;
      v[o] = Math.fma(4f, x[a0 + i] - x[a2 + i], c);
      v[o + step] = a + b;
      v[o + 2 * step] = a - b;
      v[o + 3 * step] = Math.fma(2f, e, c);
      v[o + 4 * step] = Math.fma(-2f, e, c);
      v[o + 5 * step] = Math.fma(-4f, e, x[a5 + i] - x[a3 + i]);
    }
  }

  @Override
  public void output(
      float[] m, int mo, int step, int width, int n, int valid, float[] y, int[] at, int ys) {
    int rows = at.length;
    int y0 = at[0];
    int y1 = rows > 1 ? at[1] : 0;
    int y2 = rows > 2 ? at[2] : 0;
    int y3 = rows > 3 ? at[3] : 0;
    FloatVector two = FloatVector.broadcast(S, 2f);
    FloatVector four = FloatVector.broadcast(S, 4f);
    FloatVector eight = FloatVector.broadcast(S, 8f);
    int whole = S.loopBound(valid);
    for (int v = 0; v < whole; v += L) {
      for (int p = 0; p < n; p++) {
        int o = mo + p * width + v;
        int to = p * ys + v;
        FloatVector m1 = FloatVector.fromArray(S, m, o + step);
        FloatVector m2 = FloatVector.fromArray(S, m, o + 2 * step);
        FloatVector m3 = FloatVector.fromArray(S, m, o + 3 * step);
        FloatVector m4 = FloatVector.fromArray(S, m, o + 4 * step);
        FloatVector s1 = m1.add(m2);
        FloatVector d1 = m1.sub(m2);
        FloatVector s2 = m3.add(m4);
        FloatVector d2 = m3.sub(m4);
        FloatVector.fromArray(S, m, o).add(s1).add(s2).intoArray(y, y0 + to);
        if (rows > 1) {
          two.fma(d2, d1).intoArray(y, y1 + to);
        }
        if (rows > 2) {
          four.fma(s2, s1).intoArray(y, y2 + to);
        }
        if (rows > 3) {
          FloatVector m5 = FloatVector.fromArray(S, m, o + 5 * step);
          eight.fma(d2, d1).add(m5).intoArray(y, y3 + to);
        }
      }
    }
    rest(m, mo, step, width, n, whole, valid, y, at, ys);
  }

  private static void rest(
      float[] m,
      int mo,
      int step,
      int width,
      int n,
      int from,
      int valid,
      float[] y,
      int[] at,
      int ys) {
    for (int p = 0; p < n; p++) {
      for (int i = from; i < valid; i++) {
        int o = mo + p * width + i;
        float s1 = m[o + step] + m[o + 2 * step];
        float d1 = m[o + step] - m[o + 2 * step];
        float s2 = m[o + 3 * step] + m[o + 4 * step];
        float d2 = m[o + 3 * step] - m[o + 4 * step];
        int to = p * ys + i;
        y[at[0] + to] = m[o] + s1 + s2;
        if (at.length > 1) {
          y[at[1] + to] = Math.fma(2f, d2, d1);
        }
        if (at.length > 2) {
          y[at[2] + to] = Math.fma(4f, s2, s1);
        }
        if (at.length > 3) {
          y[at[3] + to] = Math.fma(8f, d2, d1) + m[o + 5 * step];
        }
      }
    }
  }

  @Override
  public void gradient(
      float[] g, int[] at, int gs, int valid, int n, float[] e, int eo, int step, int width) {
    int a0 = at[0];
    int a1 = at[1];
    int a2 = at[2];
    int a3 = at[3];
    FloatVector four = FloatVector.broadcast(S, 4f);
    int whole = S.loopBound(valid);
    for (int v = 0; v < whole; v += L) {
      for (int p = 0; p < n; p++) {
        int from = p * gs + v;
        FloatVector g0 = FloatVector.fromArray(S, g, a0 + from);
        FloatVector g1 = FloatVector.fromArray(S, g, a1 + from);
        FloatVector g2 = FloatVector.fromArray(S, g, a2 + from);
        FloatVector g3 = FloatVector.fromArray(S, g, a3 + from);
        FloatVector even = g0.add(g2);
        FloatVector odd = g1.add(g3);
        FloatVector even2 = four.fma(g2, g0);
        FloatVector odd2 = four.fma(g3, g1);
        FloatVector twice = odd2.add(odd2);
        int o = eo + p * width + v;
        g0.intoArray(e, o);
        even.add(odd).intoArray(e, o + step);
        even.sub(odd).intoArray(e, o + 2 * step);
        even2.add(twice).intoArray(e, o + 3 * step);
        even2.sub(twice).intoArray(e, o + 4 * step);
        g3.intoArray(e, o + 5 * step);
      }
    }
    if (whole < width) {
      gradientRest(g, at, gs, whole, valid, n, e, eo, step, width);
    }
  }

  private static void gradientRest(
      float[] g,
      int[] at,
      int gs,
      int first,
      int valid,
      int n,
      float[] e,
      int eo,
      int step,
      int width) {
    for (int p = 0; p < n; p++) {
      for (int i = first; i < width; i++) {
        int from = p * gs + i;
        int o = eo + p * width + i;
        boolean in = i < valid;
        float g0 = in ? g[at[0] + from] : 0f;
        float g1 = in ? g[at[1] + from] : 0f;
        float g2 = in ? g[at[2] + from] : 0f;
        float g3 = in ? g[at[3] + from] : 0f;
        float even2 = Math.fma(4f, g2, g0);
        float odd2 = Math.fma(4f, g3, g1);
        e[o] = g0;
        e[o + step] = g0 + g2 + (g1 + g3);
        e[o + 2 * step] = g0 + g2 - (g1 + g3);
        e[o + 3 * step] = Math.fma(2f, odd2, even2);
        e[o + 4 * step] = Math.fma(-2f, odd2, even2);
        e[o + 5 * step] = g3;
      }
    }
  }
}
