package io.med3dinsight.engine.cpu;

import io.med3dinsight.engine.tensor.Tensor;

/** Runs a row function over whole tensors of one shape, in parallel chunks. */
public final class Elementwise {
  private static final int GRAIN = 1 << 15;

  /** {@code y[yo+i] = f(x[xo+i])} for i in [0, n). */
  @FunctionalInterface
  public interface Unary {
    void run(float[] x, int xo, float[] y, int yo, int n);
  }

  /** {@code y[yo+i] = f(a[ao+i], b[bo+i])} for i in [0, n). */
  @FunctionalInterface
  public interface Binary {
    void run(float[] a, int ao, float[] b, int bo, float[] y, int yo, int n);
  }

  private Elementwise() {}

  public static void unary(CpuBackend cpu, Tensor x, Tensor y, Unary f) {
    float[] fx = x.hostFloats();
    float[] fy = y.hostFloats();
    int xo = x.hostOffset();
    int yo = y.hostOffset();
    cpu.parallel().range(x.size(), GRAIN, (s, e) -> f.run(fx, xo + s, fy, yo + s, e - s));
  }

  public static void binary(CpuBackend cpu, Tensor a, Tensor b, Tensor y, Binary f) {
    float[] fa = a.hostFloats();
    float[] fb = b.hostFloats();
    float[] fy = y.hostFloats();
    int ao = a.hostOffset();
    int bo = b.hostOffset();
    int yo = y.hostOffset();
    cpu.parallel()
        .range(a.size(), GRAIN, (s, e) -> f.run(fa, ao + s, fb, bo + s, fy, yo + s, e - s));
  }
}
