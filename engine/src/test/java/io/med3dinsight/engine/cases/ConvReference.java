package io.med3dinsight.engine.cases;

import io.med3dinsight.engine.op.ConvSpec;
import io.med3dinsight.engine.op.Size3;
import io.med3dinsight.engine.testing.Nd;

/**
 * Convolution and its gradients by definition: one loop nest over every product that takes part.
 */
final class ConvReference {
  private ConvReference() {}

  /** Sees one product: indices of input, weight and output elements. */
  interface Product {
    void at(int x, int w, int y);
  }

  static int out(int in, int kernel, int stride, int pad, int dilation) {
    return (in + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
  }

  /** Extents [N,D',H',W',Cout] of the output. */
  static int[] output(ConvSpec s, int[] x, int[] w) {
    return new int[] {
      x[0],
      out(x[1], w[0], s.stride().d(), s.pad().d(), s.dilation().d()),
      out(x[2], w[1], s.stride().h(), s.pad().h(), s.dilation().h()),
      out(x[3], w[2], s.stride().w(), s.pad().w(), s.dilation().w()),
      s.outFirst() ? w[3] : w[4]
    };
  }

  /** All products of the convolution of x with w into y, extents given. */
  static void visit(ConvSpec s, int[] x, int[] w, int[] y, Product product) {
    for (int n = 0; n < x[0]; n++) {
      for (int oz = 0; oz < y[1]; oz++) {
        for (int oy = 0; oy < y[2]; oy++) {
          for (int ox = 0; ox < y[3]; ox++) {
            taps(s, x, w, y, new int[] {n, oz, oy, ox}, product);
          }
        }
      }
    }
  }

  private static void taps(ConvSpec s, int[] x, int[] w, int[] y, int[] o, Product product) {
    for (int kz = 0; kz < w[0]; kz++) {
      for (int ky = 0; ky < w[1]; ky++) {
        for (int kx = 0; kx < w[2]; kx++) {
          int iz = o[1] * s.stride().d() + kz * s.dilation().d() - s.pad().d();
          int iy = o[2] * s.stride().h() + ky * s.dilation().h() - s.pad().h();
          int ix = o[3] * s.stride().w() + kx * s.dilation().w() - s.pad().w();
          if (iz >= 0 && iz < x[1] && iy >= 0 && iy < x[2] && ix >= 0 && ix < x[3]) {
            int xi = (((o[0] * x[1] + iz) * x[2] + iy) * x[3] + ix) * x[4];
            int yi = (((o[0] * y[1] + o[1]) * y[2] + o[2]) * y[3] + o[3]) * y[4];
            channels(
                s, w, xi, ((kz * w[1] + ky) * w[2] + kx) * w[3] * w[4], yi, x[4], y[4], product);
          }
        }
      }
    }
  }

  private static void channels(
      ConvSpec s, int[] w, int xi, int wi, int yi, int cin, int cout, Product product) {
    int in = cin / s.groups();
    for (int o = 0; o < cout; o++) {
      int group = o / (cout / s.groups());
      for (int c = 0; c < in; c++) {
        product.at(xi + group * in + c, wi + (s.outFirst() ? o * w[4] + c : c * w[4] + o), yi + o);
      }
    }
  }

  static Nd forward(ConvSpec s, Nd x, Nd w, Nd bias) {
    Nd y = Nd.zeros(output(s, x.shape.toArray(), w.shape.toArray()));
    visit(
        s,
        x.shape.toArray(),
        w.shape.toArray(),
        y.shape.toArray(),
        (i, k, o) -> y.data[o] += x.data[i] * w.data[k]);
    return bias == null ? y : Nd.zip(y, bias, Double::sum);
  }

  static Nd inputGradient(ConvSpec s, Nd dy, Nd w, int[] x, Nd bias) {
    Nd dx = Nd.zeros(x);
    visit(
        s,
        x,
        w.shape.toArray(),
        dy.shape.toArray(),
        (i, k, o) -> dx.data[i] += dy.data[o] * w.data[k]);
    return bias == null ? dx : Nd.zip(dx, bias, Double::sum);
  }

  static Nd weightGradient(ConvSpec s, Nd x, Nd dy, int[] w) {
    Nd dw = Nd.zeros(w);
    visit(
        s,
        x.shape.toArray(),
        w,
        dy.shape.toArray(),
        (i, k, o) -> dw.data[k] += x.data[i] * dy.data[o]);
    return dw;
  }

  static ConvSpec spec(Size3 stride, Size3 pad, Size3 dilation, int groups, boolean outFirst) {
    return new ConvSpec(stride, pad, dilation, groups, outFirst);
  }
}
