package io.med3dinsight.engine.cpu;

import java.util.Arrays;

/** Copies that put rows and weights in the order in which the register tiles read them. */
final class ConvPacking {
  private ConvPacking() {}

  /**
   * The source rows of the tile at (qz, qy), each as [channel][column remainder modulo the
   * step][column], zero-padded. Rows outside the source are left out, for the sum leaves them out
   * too.
   */
  static void rows(
      ConvPlan p, float[] x, int xo, int group, int qz, int qy, int nz, int ny, float[] to, int o) {
    int z0 = qz * p.z.get(0).inStep() + p.minZ;
    int y0 = qy * p.y.get(0).inStep() + p.minY;
    int depth = (nz - 1) * p.z.get(0).inStep() + p.spanZ + 1;
    int height = (ny - 1) * p.y.get(0).inStep() + p.spanY + 1;
    for (int z = Math.max(0, -z0); z < Math.min(depth, p.sourceD - z0); z++) {
      for (int y = Math.max(0, -y0); y < Math.min(height, p.sourceH - y0); y++) {
        int from =
            xo + ((z0 + z) * p.sourceH + y0 + y) * p.sourceW * p.sourceC + group * p.groupSource;
        row(p, x, from, to, o + (z * p.tileHeight() + y) * p.rowSize);
      }
    }
  }

  private static void row(ConvPlan p, float[] x, int from, float[] to, int o) {
    int step = p.x.get(0).inStep();
    for (int f = 0; f < p.columnPhases; f++) {
      // Column i of this remainder is source column minX + f + i * step.
      int first = p.minX + f;
      int lo = Math.min(p.pitch, first >= 0 ? 0 : (-first + step - 1) / step);
      int hi =
          Math.max(
              lo, Math.min(p.pitch, first >= p.sourceW ? 0 : (p.sourceW - 1 - first) / step + 1));
      int rows = p.columnPhases * p.pitch;
      int d = o + f * p.pitch;
      for (int c = 0; c < p.groupSource; c++) {
        Arrays.fill(to, d + c * rows, d + c * rows + lo, 0f);
        Arrays.fill(to, d + c * rows + hi, d + c * rows + p.pitch, 0f);
      }
      transpose(
          x,
          from + (first + lo * step) * p.sourceC,
          step * p.sourceC,
          to,
          d + lo,
          rows,
          p.groupSource,
          hi - lo);
    }
  }

  /** {@code to[o + c * rows + i] = x[from + i * stride + c]}, four channels at a time. */
  static void transpose(
      float[] x, int from, int stride, float[] to, int o, int rows, int channels, int n) {
    int c = 0;
    for (; c + 4 <= channels; c += 4) {
      int s = from + c;
      int d = o + c * rows;
      for (int i = 0; i < n; i++, s += stride) {
        to[d + i] = x[s];
        to[d + i + rows] = x[s + 1];
        to[d + i + 2 * rows] = x[s + 2];
        to[d + i + 3 * rows] = x[s + 3];
      }
    }
    for (; c < channels; c++) {
      int s = from + c;
      int d = o + c * rows;
      for (int i = 0; i < n; i++, s += stride) {
        to[d + i] = x[s];
      }
    }
  }

  /**
   * Weights of one combination of phases and one group as [block of output channels][term][channel
   * of the block], the last block filled up with zeros to whole vectors.
   */
  static void weights(
      ConvPlan p,
      ConvGeometry g,
      int group,
      ConvPhase pz,
      ConvPhase py,
      ConvPhase px,
      float[] w,
      int wo,
      float[] to,
      int o) {
    int terms = p.terms(pz, py, px);
    int kernelStep = g.groupIn() * g.outChannels();
    int sourceStep = p.backward ? g.outStep() : g.inStep();
    int targetStep = p.backward ? g.inStep() : g.outStep();
    int base = wo + group * g.groupOut() * g.outStep();
    int block = p.vectors * p.lanes;
    for (int b = 0; b < p.blocks; b++) {
      int width = Math.min(block, p.paddedTarget() - b * block);
      int valid = Math.min(block, p.groupTarget - b * block);
      int d = o + b * block * terms;
      for (int kz : pz.tap()) {
        for (int ky : py.tap()) {
          for (int kx : px.tap()) {
            int from =
                base
                    + ((kz * g.h().kernel() + ky) * g.w().kernel() + kx) * kernelStep
                    + b * block * targetStep;
            for (int c = 0; c < p.groupSource; c++, from += sourceStep, d += width) {
              for (int v = 0; v < valid; v++) {
                to[d + v] = w[from + v * targetStep];
              }
              Arrays.fill(to, d + valid, d + width, 0f);
            }
          }
        }
      }
    }
  }
}
