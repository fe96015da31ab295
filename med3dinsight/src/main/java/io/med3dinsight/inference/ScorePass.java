package io.med3dinsight.inference;

import io.med3dinsight.engine.cpu.Parallel;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.network.EncoderDecoder;
import io.med3dinsight.volume.ScoreStrip;
import java.util.ArrayList;
import java.util.List;

/**
 * One volume's way through the network, window by window, in layers along D. A plane of scores is
 * handed on as soon as no later layer reaches it. Where a layer's planes are too large for the
 * memory that scores may take, the volume is passed strip by strip along H; the windows that reach
 * two strips are then computed for both. Every voxel's scores are the same bits either way, because
 * the same windows are added in the same order.
 */
final class ScorePass {
  /** Takes complete planes. */
  interface Planes {
    /** The strips to pass, each with at most so many rows of scores. */
    List<ScoreStrip> strips(int mostRows);

    /** Takes plane d of a strip, [rows, W, C], averaged over windows and flips. */
    void plane(ScoreStrip strip, int d, float[] scores);
  }

  /** Follows the work. */
  interface Watch {
    void begin(int windows);

    /** Called before each batch; throws to stop the work. */
    void check();

    void done(int windows);
  }

  /** One pass of one window through the network. */
  private record Pass(int[] corner, int flip) {}

  private final SlidingWindow sliding;
  private final SegmentationPlan plan;
  private final EncoderDecoder network;
  private final InferenceOptions options;
  private final Parallel parallel;
  private final float[][] image;
  private final int[] extents;
  private long networkNanos;

  ScorePass(
      SegmentationPlan plan,
      EncoderDecoder network,
      InferenceOptions options,
      float[][] image,
      int[] extents) {
    this.plan = plan;
    this.network = network;
    this.options = options;
    this.image = image;
    this.extents = extents;
    sliding = new SlidingWindow(plan.window(), extents, options.overlap());
    parallel = Segmenter.parallel(network.device());
  }

  /**
   * Passes the whole volume.
   *
   * @param bytes how many the scores may take; one row of labels at a time is the least
   */
  void run(Planes planes, long bytes, Watch watch) {
    long row = ScoreSlab.rowBytes(sliding.planes(), extents[2], plan.classes());
    long longest = Integer.MAX_VALUE / ((long) extents[2] * plan.classes());
    int most = (int) Math.min(extents[1], Math.max(2, Math.min(bytes / row, longest)));
    List<ScoreStrip> strips = planes.strips(most);
    int windows = 0;
    for (ScoreStrip strip : strips) {
      for (int layer : sliding.layers()) {
        windows += passes(strip, layer).size();
      }
    }
    watch.begin(windows);
    strips.forEach(strip -> run(strip, planes, watch));
  }

  /** Time spent on cutting windows and computing them. */
  long networkNanos() {
    return networkNanos;
  }

  private List<Pass> passes(ScoreStrip strip, int layer) {
    List<Pass> passes = new ArrayList<>();
    for (int[] corner : sliding.corners(layer, strip.firstRow(), strip.rows())) {
      for (int flip = 0; flip < flips(); flip++) {
        passes.add(new Pass(corner, flip));
      }
    }
    return passes;
  }

  private int flips() {
    return options.mirror() ? 8 : 1;
  }

  private void run(ScoreStrip strip, Planes planes, Watch watch) {
    ScoreSlab slab =
        new ScoreSlab(sliding.planes(), strip.firstRow(), strip.rows(), extents[2], plan.classes());
    int[] layers = sliding.layers();
    int complete = 0;
    for (int k = 0; k < layers.length; k++) {
      slab.advance(Math.min(extents[0], layers[k] + plan.window()[0]));
      List<Pass> passes = passes(strip, layers[k]);
      for (int i = 0; i < passes.size(); i += options.batch()) {
        watch.check();
        int n = Math.min(options.batch(), passes.size() - i);
        batch(passes.subList(i, i + n), slab);
        watch.done(n);
      }
      int from = complete;
      complete = k + 1 < layers.length ? layers[k + 1] : extents[0];
      parallel.run(complete - from, i -> sliding.normalize(slab, from + i, flips()));
      for (int d = from; d < complete; d++) {
        planes.plane(strip, d, slab.plane(d));
      }
    }
  }

  private void batch(List<Pass> batch, ScoreSlab slab) {
    int size = sliding.size();
    int classes = plan.classes();
    float[] output = compute(batch);
    if (output.length != (long) batch.size() * size * classes) {
      throw new IllegalStateException(
          "the network gave "
              + output.length
              + " scores, expected "
              + (long) batch.size() * size * classes);
    }
    // Planes are independent of each other; within one, windows are added in their order.
    parallel.run(
        plan.window()[0],
        z -> {
          for (int i = 0; i < batch.size(); i++) {
            Pass pass = batch.get(i);
            sliding.add(output, i * size * classes, pass.flip(), z, pass.corner(), slab);
          }
        });
  }

  private float[] compute(List<Pass> batch) {
    long begin = System.nanoTime();
    int size = sliding.size();
    float[] input = new float[batch.size() * image.length * size];
    for (int i = 0; i < batch.size(); i++) {
      Pass pass = batch.get(i);
      sliding.cut(image, pass.corner(), pass.flip(), input, i * image.length * size);
    }
    int[] w = plan.window();
    Device device = network.device();
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.of(device, input, batch.size(), w[0], w[1], w[2], image.length);
      return network.call(x).toFloats();
    } finally {
      networkNanos += System.nanoTime() - begin;
    }
  }
}
