package io.med3dinsight.engine.cpu;

import java.util.Arrays;

/** Zero-padded channels-last copies. */
final class ConvPadding {
  private ConvPadding() {}

  /** Elements that outputs along an axis reach, from the first to the last. */
  static int reach(ConvAxis a) {
    return (a.out() - 1) * a.stride() + (a.kernel() - 1) * a.dilation() + 1;
  }

  static boolean needed(ConvGeometry g) {
    return g.d().pad() > 0 || g.h().pad() > 0 || g.w().pad() > 0;
  }

  /** All that the outputs reach of x [N,D,H,W,C], as [N,reach D,reach H,reach W,C]. */
  static void all(CpuBackend cpu, ConvGeometry g, float[] x, int xo, float[] to, int o) {
    int depth = reach(g.d());
    int height = reach(g.h());
    int width = reach(g.w());
    int c = g.inChannels();
    cpu.parallel()
        .run(
            g.batch() * depth,
            t -> {
              int z = t % depth - g.d().pad();
              for (int i = 0; i < height; i++) {
                int y = i - g.h().pad();
                boolean inside = z >= 0 && z < g.d().in() && y >= 0 && y < g.h().in();
                int from = xo + ((t / depth * g.d().in() + z) * g.h().in() + y) * g.w().in() * c;
                row(
                    x,
                    from,
                    inside ? g.w().in() : 0,
                    -g.w().pad(),
                    width,
                    c,
                    c,
                    to,
                    o + (t * height + i) * width * c);
              }
            });
  }

  /**
   * {@code width} columns from column {@code first} on of a row of {@code columns} columns, c
   * channels each; the copy has {@code pitch} channels. What lies outside is zero.
   */
  static void row(
      float[] x, int from, int columns, int first, int width, int c, int pitch, float[] to, int o) {
    int lo = Math.min(width, Math.max(0, -first));
    int hi = Math.max(lo, Math.min(width, columns - first));
    Arrays.fill(to, o, o + lo * pitch, 0f);
    if (pitch == c) {
      System.arraycopy(
          x, columns == 0 ? 0 : from + (first + lo) * c, to, o + lo * c, (hi - lo) * c);
    } else {
      for (int i = lo; i < hi; i++) {
        System.arraycopy(x, from + (first + i) * c, to, o + i * pitch, c);
        Arrays.fill(to, o + i * pitch + c, o + (i + 1) * pitch, 0f);
      }
    }
    Arrays.fill(to, o + hi * pitch, o + width * pitch, 0f);
  }
}
