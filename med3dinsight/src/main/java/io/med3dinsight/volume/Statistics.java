package io.med3dinsight.volume;

/**
 * What the voxels of an image are, over all frames.
 *
 * @param min least finite intensity; NaN when there is none
 * @param max largest finite intensity; NaN when there is none
 * @param mean of the finite intensities; NaN when there is none
 * @param voxels number of voxels
 * @param notFinite how many of them are NaN or infinite
 */
public record Statistics(double min, double max, double mean, long voxels, long notFinite) {

  /** Measures what is put in. */
  static final class Sink extends VoxelSink {
    private double min = Double.POSITIVE_INFINITY;
    private double max = Double.NEGATIVE_INFINITY;
    private double sum;
    private long finite;
    private long voxels;

    @Override
    void put(double[] values, int count) {
      // Summed by piece, so that rounding does not grow with the image.
      double piece = 0;
      for (int i = 0; i < count; i++) {
        double v = values[i];
        if (Double.isFinite(v)) {
          min = Math.min(min, v);
          max = Math.max(max, v);
          piece += v;
          finite++;
        }
      }
      sum += piece;
      voxels += count;
    }

    Statistics statistics() {
      return finite == 0
          ? new Statistics(Double.NaN, Double.NaN, Double.NaN, voxels, voxels)
          : new Statistics(min, max, sum / finite, voxels, voxels - finite);
    }
  }
}
