package io.med3dinsight.inference;

import io.med3dinsight.DataException;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.network.EncoderDecoder;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Volume;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * Segments whole volumes with a trained network. Threads may share one segmenter; {@link #close}
 * waits for those that are at work.
 */
public final class Segmenter implements AutoCloseable {
  private static final BooleanSupplier NEVER = () -> false;

  private final SegmentationPlan plan;
  private final EncoderDecoder network;
  private final InferenceOptions options;
  private final boolean owner;
  private final ReentrantReadWriteLock use = new ReentrantReadWriteLock();
  private boolean closed;

  /**
   * A segmenter on a network that stays the caller's: closing the segmenter leaves it open.
   *
   * @param network with {@code plan.network()} and {@code plan.classes()} outputs
   * @throws IllegalArgumentException when the network is not the plan's
   */
  public Segmenter(SegmentationPlan plan, EncoderDecoder network, InferenceOptions options) {
    this(plan, network, options, false);
  }

  Segmenter(
      SegmentationPlan plan, EncoderDecoder network, InferenceOptions options, boolean owner) {
    if (!network.config().equals(plan.network())) {
      throw new IllegalArgumentException(
          "the network is " + network.config() + ", expected the plan's " + plan.network());
    }
    this.plan = plan;
    this.network = network;
    this.options = options;
    this.owner = owner;
  }

  /**
   * Loads what {@link #save} wrote.
   *
   * @param modelOrRunFolder a run folder with model.safetensors, or the file itself
   * @throws io.med3dinsight.nn.checkpoint.CheckpointException when the file is missing or damaged,
   *     or holds something else than a segmentation network
   */
  public static Segmenter load(Path modelOrRunFolder, Device device, InferenceOptions options) {
    return ModelFile.load(modelOrRunFolder, device, options);
  }

  /** Writes the weights with the plan, completely or not at all. */
  public static void save(Path file, SegmentationPlan plan, EncoderDecoder network) {
    ModelFile.save(file, plan, network);
  }

  /** What the network was trained for. */
  public SegmentationPlan plan() {
    return plan;
  }

  /**
   * The label of every voxel, on exactly the volume's grid.
   *
   * @throws DataException when a voxel is not a finite number, or the volume is too large
   */
  public LabelVolume segment(Volume volume) {
    return segment(volume, Progress.NONE, NEVER);
  }

  /**
   * The label of every voxel, on exactly the volume's grid.
   *
   * @param progress told about each window, under the name of the volume's file
   * @param cancelled asked before each window
   * @throws CancellationException when {@code cancelled} said so
   * @throws DataException when a voxel is not a finite number, or the volume is too large
   */
  public LabelVolume segment(Volume volume, Progress progress, BooleanSupplier cancelled) {
    volume.requireFinite();
    Volume prepared = plan.preprocessing().image(volume);
    Grid grid = prepared.grid();
    int[] extents = {grid.depth(), grid.height(), grid.width()};
    Watch watch = new Watch(volume.source(), progress, cancelled);
    float[] scores = scores(prepared.voxels(), extents, watch);
    return plan.preprocessing().restore(scores, plan.classes(), volume.grid());
  }

  /**
   * The label of every voxel of an image that is preprocessed already, such as a {@link
   * io.med3dinsight.dataset.TrainingCase}'s.
   *
   * @param image normalised intensities [D, H, W] on the network's grid
   * @param extents D, H, W
   * @return labels [D, H, W]
   */
  public int[] segmentPrepared(float[] image, int[] extents) {
    Watch watch = new Watch("(computed)", Progress.NONE, NEVER);
    return SlidingWindow.argmax(scores(image, extents, watch), plan.classes());
  }

  /**
   * Class scores [D, H, W, C] of a preprocessed image [D, H, W]: the network's outputs before the
   * softmax, averaged over windows and flips.
   */
  float[] scores(float[] image, int[] extents) {
    return scores(image, extents, new Watch("(computed)", Progress.NONE, NEVER));
  }

  /** Who follows one volume's segmentation. */
  private record Watch(String source, Progress progress, BooleanSupplier cancelled) {
    String name() {
      return source.substring(source.replace('\\', '/').lastIndexOf('/') + 1);
    }
  }

  /** One pass of one window through the network. */
  private record Pass(int[] corner, int flip) {}

  private float[] scores(float[] image, int[] extents, Watch watch) {
    long voxels = (long) extents[0] * extents[1] * extents[2];
    if (image.length != voxels) {
      throw new IllegalArgumentException(
          image.length + " intensities for extents " + Arrays.toString(extents));
    }
    if (voxels * plan.classes() > Integer.MAX_VALUE - 8) {
      throw new DataException(
          watch.source()
              + " has "
              + voxels
              + " voxels on the network's grid, too many for "
              + plan.classes()
              + " classes; cut it into parts or use a model with larger voxels.");
    }
    use.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException("this segmenter is closed");
      }
      float[][] result = new float[1][];
      // A caller's tape would keep every activation of every window.
      Tape.paused(() -> result[0] = slide(image, extents, watch));
      return result[0];
    } finally {
      use.readLock().unlock();
    }
  }

  private float[] slide(float[] image, int[] extents, Watch watch) {
    SlidingWindow sliding = new SlidingWindow(plan.window(), extents, options.overlap());
    int flips = options.mirror() ? 8 : 1;
    List<Pass> passes =
        sliding.corners().stream()
            .flatMap(c -> IntStream.range(0, flips).mapToObj(f -> new Pass(c, f)))
            .toList();
    float[] scores = new float[image.length * plan.classes()];
    try (Progress.Task task = watch.progress().start(watch.name(), passes.size(), "windows")) {
      for (int i = 0; i < passes.size(); i += options.batch()) {
        if (watch.cancelled().getAsBoolean()) {
          throw new CancellationException(
              "Stopped after " + i + " of " + passes.size() + " windows of " + watch.source());
        }
        int n = Math.min(options.batch(), passes.size() - i);
        run(passes.subList(i, i + n), sliding, image, scores);
        task.step(n);
      }
    }
    sliding.normalize(scores, plan.classes(), flips);
    return scores;
  }

  private void run(List<Pass> batch, SlidingWindow sliding, float[] image, float[] scores) {
    int size = sliding.size();
    int classes = plan.classes();
    float[] input = new float[batch.size() * size];
    for (int i = 0; i < batch.size(); i++) {
      sliding.cut(image, batch.get(i).corner(), batch.get(i).flip(), input, i * size);
    }
    float[] output;
    try (Scope scope = Scope.open()) {
      int[] w = plan.window();
      Tensor x = Tensor.of(network.device(), input, batch.size(), w[0], w[1], w[2], 1);
      output = network.call(x).toFloats();
    }
    if (output.length != input.length * classes) {
      throw new IllegalStateException(
          "the network gave " + output.length + " scores, expected " + input.length * classes);
    }
    for (int i = 0; i < batch.size(); i++) {
      Pass pass = batch.get(i);
      sliding.add(output, i * size * classes, pass.flip(), scores, classes, pass.corner());
    }
  }

  /**
   * Frees the weights of a loaded network, after the calls at work have ended; later calls fail.
   */
  @Override
  public void close() {
    if (use.getReadHoldCount() > 0) {
      throw new IllegalStateException("a segmenter cannot be closed from within its own call");
    }
    use.writeLock().lock();
    try {
      if (!closed && owner) {
        network.close();
      }
      closed = true;
    } finally {
      use.writeLock().unlock();
    }
  }
}
