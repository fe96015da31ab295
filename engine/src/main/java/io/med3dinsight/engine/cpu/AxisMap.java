package io.med3dinsight.engine.cpu;

import io.med3dinsight.engine.tensor.Tensor;
import java.util.Arrays;

/**
 * A sparse linear map along one axis: {@code y[o] = sum over k in [start[o], start[o+1]) of
 * weight[k] * x[index[k]]}.
 *
 * @param start one more than there are outputs
 */
public record AxisMap(int[] start, int[] index, float[] weight) {
  /** Nearest neighbour as PyTorch defines it: {@code x[floor(o * in / out)]}. */
  public static AxisMap nearest(int in, int out) {
    int[] start = new int[out + 1];
    int[] index = new int[out];
    float[] weight = new float[out];
    // Single precision, as in PyTorch: where in / out is not a float, both round the same way.
    float scale = (float) in / out;
    for (int o = 0; o < out; o++) {
      start[o + 1] = o + 1;
      index[o] = Math.min((int) Math.floor(o * scale), in - 1);
      weight[o] = 1;
    }
    return new AxisMap(start, index, weight);
  }

  /**
   * Linear interpolation at {@code (o + 0.5) * in / out - 0.5}, not below 0, or, with {@code
   * alignCorners}, at {@code o * (in - 1) / (out - 1)}.
   */
  public static AxisMap linear(int in, int out, boolean alignCorners) {
    int[] start = new int[out + 1];
    int[] index = new int[2 * out];
    float[] weight = new float[2 * out];
    for (int o = 0; o < out; o++) {
      double at =
          alignCorners
              ? (out > 1 ? (double) o * (in - 1) / (out - 1) : 0)
              : Math.max(0, (o + 0.5) * in / out - 0.5);
      int low = Math.min((int) at, in - 1);
      float part = (float) (at - low);
      start[o + 1] = 2 * o + 2;
      index[2 * o] = low;
      index[2 * o + 1] = Math.min(low + 1, in - 1);
      weight[2 * o] = 1 - part;
      weight[2 * o + 1] = part;
    }
    return new AxisMap(start, index, weight);
  }

  /**
   * The transposed map, from outputs to {@code in} inputs; its sums run over outputs in ascending
   * order.
   */
  public AxisMap transposed(int in) {
    int[] begin = new int[in + 1];
    for (int i : index) {
      begin[i + 1]++;
    }
    for (int i = 0; i < in; i++) {
      begin[i + 1] += begin[i];
    }
    int[] next = begin.clone();
    int[] from = new int[index.length];
    float[] by = new float[index.length];
    for (int o = 0; o + 1 < start.length; o++) {
      for (int k = start[o]; k < start[o + 1]; k++) {
        int to = next[index[k]]++;
        from[to] = o;
        by[to] = weight[k];
      }
    }
    return new AxisMap(begin, from, by);
  }

  /** Applies one map to each of the axes D, H, W: x [N,D,H,W,C] to y [N,D',H',W',C]. */
  public static void apply(CpuBackend cpu, Tensor x, AxisMap[] maps, Tensor y) {
    float[] fx = x.hostFloats();
    float[] fy = y.hostFloats();
    int xo = x.hostOffset();
    int yo = y.hostOffset();
    int depth = y.dim(1);
    int height = y.dim(2);
    int row = y.dim(3) * y.dim(4);
    int line = x.dim(3) * x.dim(4);
    cpu.parallel()
        .range(
            y.dim(0) * depth * height,
            Math.max(1, (1 << 12) / Math.max(1, row)),
            (from, to) -> {
              for (int r = from; r < to; r++) {
                int d = r / height % depth;
                int o = yo + r * row;
                Arrays.fill(fy, o, o + row, 0f);
                for (int a = maps[0].start[d]; a < maps[0].start[d + 1]; a++) {
                  int h = r % height;
                  int plane = r / height / depth * x.dim(1) + maps[0].index[a];
                  for (int b = maps[1].start[h]; b < maps[1].start[h + 1]; b++) {
                    int at = xo + (plane * x.dim(2) + maps[1].index[b]) * line;
                    float w = maps[0].weight[a] * maps[1].weight[b];
                    maps[2].addRow(fx, at, w, fy, o, x.dim(4));
                  }
                }
              }
            });
  }

  private void addRow(float[] x, int xo, float by, float[] y, int yo, int channels) {
    for (int o = 0; o + 1 < start.length; o++) {
      int to = yo + o * channels;
      for (int k = start[o]; k < start[o + 1]; k++) {
        int from = xo + index[k] * channels;
        float w = by * weight[k];
        for (int c = 0; c < channels; c++) {
          y[to + c] += w * x[from + c];
        }
      }
    }
  }
}
