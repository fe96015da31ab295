package io.med3dinsight.engine.cpu;

import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.Arrays;

/**
 * Max and average pooling of [N,D,H,W,C] and their gradients. Gradients gather: each input voxel
 * asks the windows it lies in, so that overlapping windows need no atomic additions and the order
 * of sums is fixed.
 */
public final class Pool {
  private final CpuBackend cpu;
  private final Shape x;
  private final Shape y;
  private final PoolAxis[] axes = new PoolAxis[3];
  private final int channels;
  private final int volume;

  /**
   * @param x shape before pooling
   * @param y shape after pooling
   */
  public Pool(CpuBackend cpu, Shape x, Shape y, int[] kernel, int[] stride, int[] padding) {
    this.cpu = cpu;
    this.x = x;
    this.y = y;
    for (int a = 0; a < 3; a++) {
      axes[a] = new PoolAxis(x.dim(a + 1), y.dim(a + 1), kernel[a], stride[a], padding[a]);
    }
    this.channels = x.dim(-1);
    this.volume = kernel[0] * kernel[1] * kernel[2];
  }

  /** What is done with one voxel of [N,D,H,W]; {@code o} is its first channel's position. */
  @FunctionalInterface
  private interface Voxel {
    void run(int n, int d, int h, int w, int o);
  }

  private void each(Shape s, Voxel f) {
    int depth = s.dim(1);
    int height = s.dim(2);
    int width = s.dim(3);
    int grain = Math.max(1, (1 << 12) / Math.max(1, width * channels));
    cpu.parallel()
        .range(
            s.dim(0) * depth * height,
            grain,
            (from, to) -> {
              for (int r = from; r < to; r++) {
                for (int w = 0; w < width; w++) {
                  int h = r % height;
                  int d = r / height % depth;
                  f.run(r / height / depth, d, h, w, (r * width + w) * channels);
                }
              }
            });
  }

  /** Position of the first channel of a voxel of shape {@code s}. */
  private static int at(Shape s, int n, int d, int h, int w) {
    return (((n * s.dim(1) + d) * s.dim(2) + h) * s.dim(3) + w) * s.dim(4);
  }

  /**
   * The largest value of each window and where it is, as a position within x; NaN counts as
   * largest.
   */
  public void max(Tensor in, Tensor out, Tensor where) {
    float[] fx = in.hostFloats();
    float[] fy = out.hostFloats();
    int[] fi = where.hostInts();
    int xo = in.hostOffset();
    int yo = out.hostOffset();
    int io = where.hostOffset();
    each(
        y,
        (n, d, h, w, o) -> {
          Arrays.fill(fy, yo + o, yo + o + channels, Float.NEGATIVE_INFINITY);
          int first = at(x, n, axes[0].from(d), axes[1].from(h), axes[2].from(w));
          for (int c = 0; c < channels; c++) {
            fi[io + o + c] = first + c;
          }
          for (int a = axes[0].from(d); a < axes[0].to(d); a++) {
            for (int b = axes[1].from(h); b < axes[1].to(h); b++) {
              for (int e = axes[2].from(w); e < axes[2].to(w); e++) {
                larger(fx, xo, at(x, n, a, b, e), fy, yo + o, fi, io + o);
              }
            }
          }
        });
  }

  private void larger(float[] x, int xo, int from, float[] y, int yo, int[] where, int io) {
    for (int c = 0; c < channels; c++) {
      float v = x[xo + from + c];
      if (v > y[yo + c] || Float.isNaN(v)) {
        y[yo + c] = v;
        where[io + c] = from + c;
      }
    }
  }

  /** Gradient of {@link #max}. */
  public void maxGradient(Tensor dy, Tensor where, Tensor dx) {
    float[] fg = dy.hostFloats();
    int[] fi = where.hostInts();
    int go = dy.hostOffset();
    int io = where.hostOffset();
    gather(
        dx,
        (from, o, fx, xo, scale) -> {
          for (int c = 0; c < channels; c++) {
            if (fi[io + from + c] == o + c) {
              fx[xo + o + c] += fg[go + from + c];
            }
          }
        },
        true);
  }

  /**
   * The mean of each window.
   *
   * @param includePad whether padding counts, as zeros
   */
  public void average(Tensor in, Tensor out, boolean includePad) {
    float[] fx = in.hostFloats();
    float[] fy = out.hostFloats();
    int xo = in.hostOffset();
    int yo = out.hostOffset();
    each(
        y,
        (n, d, h, w, o) -> {
          Arrays.fill(fy, yo + o, yo + o + channels, 0f);
          for (int a = axes[0].from(d); a < axes[0].to(d); a++) {
            for (int b = axes[1].from(h); b < axes[1].to(h); b++) {
              for (int e = axes[2].from(w); e < axes[2].to(w); e++) {
                int from = xo + at(x, n, a, b, e);
                for (int c = 0; c < channels; c++) {
                  fy[yo + o + c] += fx[from + c];
                }
              }
            }
          }
          float share = share(d, h, w, includePad);
          for (int c = 0; c < channels; c++) {
            fy[yo + o + c] *= share;
          }
        });
  }

  private float share(int d, int h, int w, boolean includePad) {
    return includePad ? 1f / volume : 1f / (extent(0, d) * extent(1, h) * extent(2, w));
  }

  private int extent(int axis, int o) {
    return axes[axis].to(o) - axes[axis].from(o);
  }

  /** Gradient of {@link #average}. */
  public void averageGradient(Tensor dy, Tensor dx, boolean includePad) {
    float[] fg = dy.hostFloats();
    int go = dy.hostOffset();
    gather(
        dx,
        (from, o, fx, xo, scale) -> {
          for (int c = 0; c < channels; c++) {
            fx[xo + o + c] += scale * fg[go + from + c];
          }
        },
        includePad);
  }

  /** Adds what one window, at {@code from} in y, gives to the voxel at {@code o} in x. */
  @FunctionalInterface
  private interface Give {
    void run(int from, int o, float[] fx, int xo, float scale);
  }

  private void gather(Tensor dx, Give f, boolean includePad) {
    float[] fx = dx.hostFloats();
    int xo = dx.hostOffset();
    each(
        x,
        (n, d, h, w, o) -> {
          Arrays.fill(fx, xo + o, xo + o + channels, 0f);
          for (int a = axes[0].first(d); a <= axes[0].last(d); a++) {
            for (int b = axes[1].first(h); b <= axes[1].last(h); b++) {
              for (int e = axes[2].first(w); e <= axes[2].last(w); e++) {
                f.run(at(y, n, a, b, e), o, fx, xo, share(a, b, e, includePad));
              }
            }
          }
        });
  }
}
