package io.med3dinsight.inference;

import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.network.EncoderDecoder;
import io.med3dinsight.volume.Grid;
import java.util.ArrayList;
import java.util.List;

/** What an encoder makes of a volume of any size: the mean of what it makes of each window. */
final class WindowEmbedding {
  private final SegmentationPlan plan;
  private final EncoderDecoder network;
  private final InferenceOptions options;

  WindowEmbedding(SegmentationPlan plan, EncoderDecoder network, InferenceOptions options) {
    this.plan = plan;
    this.network = network;
    this.options = options;
  }

  /**
   * The vector [C] of a preprocessed volume.
   *
   * @param prepared [channel][D, H, W] on {@code grid}
   */
  float[] of(float[][] prepared, Grid grid, ScorePass.Watch watch) {
    int[] extents = {grid.depth(), grid.height(), grid.width()};
    SlidingWindow sliding = new SlidingWindow(plan.window(), extents, options.overlap());
    List<int[]> corners = new ArrayList<>();
    for (int layer : sliding.layers()) {
      corners.addAll(sliding.corners(layer, 0, grid.height()));
    }
    int[] channels = network.encoder().channels();
    double[] sums = new double[channels[channels.length - 1]];
    watch.begin(corners.size());
    for (int[] corner : corners) {
      watch.check();
      float[] vector = window(sliding, prepared, corner);
      for (int c = 0; c < sums.length; c++) {
        sums[c] += vector[c];
      }
      watch.done(1);
    }
    float[] mean = new float[sums.length];
    for (int c = 0; c < mean.length; c++) {
      mean[c] = (float) (sums[c] / corners.size());
    }
    return mean;
  }

  private float[] window(SlidingWindow sliding, float[][] image, int[] corner) {
    float[] input = new float[image.length * sliding.size()];
    sliding.cut(image, corner, 0, input, 0);
    try (Scope scope = Scope.open()) {
      int[] w = plan.window();
      Tensor x = Tensor.of(network.device(), input, 1, w[0], w[1], w[2], image.length);
      return network.encoder().embedding(x).toFloats();
    }
  }
}
