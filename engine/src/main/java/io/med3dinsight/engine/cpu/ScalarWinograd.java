package io.med3dinsight.engine.cpu;

/** {@link WinogradKernels} in plain loops. */
final class ScalarWinograd implements WinogradKernels {
  @Override
  public void input(float[] x, int[] at, float[] v, int vo, int step, int n) {
    for (int i = 0; i < n; i++) {
      input(x, at, i, v, vo + i, step);
    }
  }

  private static void input(float[] x, int[] at, int i, float[] v, int o, int step) {
    float d1 = x[at[1] + i];
    float d2 = x[at[2] + i];
    float d3 = x[at[3] + i];
    float d4 = x[at[4] + i];
    float a = Math.fma(-4f, d2, d4);
    float b = Math.fma(-4f, d1, d3);
    float c = d4 - d2;
    float e = d3 - d1;
    v[o] = Math.fma(4f, x[at[0] + i] - d2, c);
    v[o + step] = a + b;
    v[o + 2 * step] = a - b;
    v[o + 3 * step] = Math.fma(2f, e, c);
    v[o + 4 * step] = Math.fma(-2f, e, c);
    v[o + 5 * step] = Math.fma(-4f, e, x[at[5] + i] - d3);
  }

  @Override
  public void output(
      float[] m, int mo, int step, int width, int n, int valid, float[] y, int[] at, int ys) {
    for (int p = 0; p < n; p++) {
      for (int i = 0; i < valid; i++) {
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
    for (int p = 0; p < n; p++) {
      for (int i = 0; i < width; i++) {
        int from = p * gs + i;
        int o = eo + p * width + i;
        boolean in = i < valid;
        float g0 = in ? g[at[0] + from] : 0f;
        float g1 = in ? g[at[1] + from] : 0f;
        float g2 = in ? g[at[2] + from] : 0f;
        float g3 = in ? g[at[3] + from] : 0f;
        float even = g0 + g2;
        float odd = g1 + g3;
        float even2 = Math.fma(4f, g2, g0);
        float odd2 = Math.fma(4f, g3, g1);
        e[o] = g0;
        e[o + step] = even + odd;
        e[o + 2 * step] = even - odd;
        e[o + 3 * step] = Math.fma(2f, odd2, even2);
        e[o + 4 * step] = Math.fma(-2f, odd2, even2);
        e[o + 5 * step] = g3;
      }
    }
  }
}
