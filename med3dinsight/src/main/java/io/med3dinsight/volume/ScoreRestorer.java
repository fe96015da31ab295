package io.med3dinsight.volume;

import io.med3dinsight.engine.cpu.Parallel;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns a network's class scores, which arrive plane by plane, into labels on a file's grid: they
 * are interpolated trilinearly, and each voxel takes the class with the largest (the lowest of
 * equals). Never more than two planes of scores are needed, and one of probabilities, so memory
 * does not grow with the classes times the voxels; and a plane may be cut into strips of rows that
 * come one after the other.
 */
public final class ScoreRestorer {
  private final LinearAxis x;
  private final LinearAxis y;
  private final LinearAxis z;
  private final int width;
  private final int classes;
  private final int start;
  private final int[] strides;
  private final Parallel parallel;
  private final int[] labels;
  private final ProbabilityMaps maps;
  private float[][] probabilities;
  private int next;
  private int plane = -1;
  private float[] previous;

  /**
   * @param from extents D, H, W of the scores
   * @param to extents of the labels in RAS order
   * @param start index of RAS voxel 0 in the file's order
   * @param strides of the RAS axes W, H, D in the file's order
   * @param maps take every class's probability; null for none
   */
  ScoreRestorer(
      int[] from,
      int[] to,
      int start,
      int[] strides,
      int classes,
      ProbabilityMaps maps,
      Parallel parallel) {
    x = LinearAxis.of(from[2], to[2]);
    y = LinearAxis.of(from[1], to[1]);
    z = LinearAxis.of(from[0], to[0]);
    width = from[2];
    this.classes = classes;
    this.start = start;
    this.strides = strides;
    this.parallel = parallel;
    int voxels = to[0] * to[1] * to[2];
    labels = new int[voxels];
    this.maps = maps;
  }

  /**
   * Labels on the scores' own grid, in its order.
   *
   * @param extents D, H, W
   */
  public static ScoreRestorer same(int[] extents, int classes, Parallel parallel) {
    int[] strides = {1, extents[2], extents[1] * extents[2]};
    return new ScoreRestorer(extents, extents, 0, strides, classes, null, parallel);
  }

  /**
   * Cuts the labels into as few strips as possible, about equally high, that need at most {@code
   * mostRows} rows of scores each; into single rows of labels where even those need more.
   */
  public List<ScoreStrip> strips(int mostRows) {
    int rows = y.low().length;
    for (int count = 1; count < rows; count++) {
      List<ScoreStrip> strips = cut(rows, count);
      if (strips.stream().allMatch(s -> s.rows() <= mostRows)) {
        return strips;
      }
    }
    return cut(rows, rows);
  }

  private List<ScoreStrip> cut(int rows, int count) {
    List<ScoreStrip> strips = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int from = (int) ((long) rows * i / count);
      int to = (int) ((long) rows * (i + 1) / count);
      int first = y.low()[from];
      strips.add(new ScoreStrip(from, to, first, y.last(to - 1) + 1 - first));
    }
    return strips;
  }

  /**
   * Takes the next plane of a strip. All planes of one strip come in order before another strip's.
   *
   * @param d number of the plane, 0 to D - 1
   * @param scores [rows, W, C], which stay as they are until the plane after the next comes
   */
  public void plane(ScoreStrip strip, int d, float[] scores) {
    if (d == 0) {
      next = 0;
      plane = -1;
      int values = (strip.to() - strip.from()) * x.low().length;
      probabilities = maps == null ? null : new float[classes][values];
    }
    if (d != plane + 1) {
      throw new IllegalArgumentException("plane " + d + " after plane " + plane);
    }
    while (next < z.low().length && z.last(next) <= d) {
      float[] low = z.low()[next] == d ? scores : previous;
      int target = next;
      int rows = strip.to() - strip.from();
      parallel.run(rows, i -> row(strip, target, strip.from() + i, low, scores));
      if (maps != null) {
        maps.put(target, strip.from(), rows, probabilities);
      }
      next++;
    }
    plane = d;
    previous = scores;
  }

  /** One row of labels, from the two planes around it. */
  private void row(ScoreStrip strip, int d, int h, float[] low, float[] high) {
    int length = width * classes;
    int a = (y.low()[h] - strip.firstRow()) * length;
    float[] row = low;
    int at = a;
    float wz = z.weight()[d];
    float wy = y.weight()[h];
    if (wz != 0 || wy != 0) {
      int b = (y.last(h) - strip.firstRow()) * length;
      row = new float[length];
      at = 0;
      for (int i = 0; i < length; i++) {
        float near = low[a + i] + (high[a + i] - low[a + i]) * wz;
        float far = low[b + i] + (high[b + i] - low[b + i]) * wz;
        row[i] = near + (far - near) * wy;
      }
    }
    int out = start + d * strides[2] + h * strides[1];
    float[] voxel = new float[classes];
    int inStrip = (h - strip.from()) * x.low().length;
    for (int w = 0; w < x.low().length; w++, out += strides[0]) {
      int l = at + x.low()[w] * classes;
      labels[out] = largest(row, l, at + x.last(w) * classes, x.weight()[w], voxel);
      if (maps != null) {
        softmax(voxel, inStrip + w);
      }
    }
  }

  /** Interpolates a voxel's scores; returns the class of the largest. */
  private int largest(float[] row, int l, int r, float weight, float[] voxel) {
    int best = 0;
    float bestScore = Float.NEGATIVE_INFINITY;
    for (int c = 0; c < classes; c++) {
      float score = row[l + c] + (row[r + c] - row[l + c]) * weight;
      voxel[c] = score;
      if (score > bestScore) {
        bestScore = score;
        best = c;
      }
    }
    return best;
  }

  private void softmax(float[] voxel, int out) {
    double largest = Double.NEGATIVE_INFINITY;
    for (float v : voxel) {
      largest = Math.max(largest, v);
    }
    double sum = 0;
    for (float v : voxel) {
      sum += Math.exp(v - largest);
    }
    for (int c = 0; c < classes; c++) {
      probabilities[c][out] = (float) (Math.exp(voxel[c] - largest) / sum);
    }
  }

  /** The labels in the file's order. */
  public int[] labels() {
    return labels;
  }
}
