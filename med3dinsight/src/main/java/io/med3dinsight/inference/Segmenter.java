package io.med3dinsight.inference;

import io.med3dinsight.DataException;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.Parallel;
import io.med3dinsight.engine.tensor.Backend;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.network.EncoderDecoder;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.volume.Channels;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.ProbabilityMaps;
import io.med3dinsight.volume.ScoreRestorer;
import io.med3dinsight.volume.ScoreStrip;
import io.med3dinsight.volume.Volume;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/**
 * Segments whole volumes with a trained network. Threads may share one segmenter; {@link #close}
 * waits for those that are at work.
 */
public final class Segmenter implements AutoCloseable {
  private static final BooleanSupplier NEVER = () -> false;

  private final SegmentationPlan plan;
  private final EncoderDecoder network;
  private final InferenceOptions options;
  private final SharedNetwork shared;
  private long scoreBytes = Runtime.getRuntime().maxMemory() / 4;

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
    this.shared = new SharedNetwork("segmenter", network, owner);
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

  /** The labels of an image of one channel; see {@link #run}. */
  public LabelVolume segment(Volume volume) {
    return segment(volume, Progress.NONE, NEVER);
  }

  /** The labels of an image of one channel; see {@link #run}. */
  public LabelVolume segment(Volume volume, Progress progress, BooleanSupplier cancelled) {
    return segment(List.of(volume), progress, cancelled);
  }

  /** The labels of an image of several channels; see {@link #run}. */
  public LabelVolume segment(List<Volume> channels) {
    return segment(channels, Progress.NONE, NEVER);
  }

  /** The labels of an image of several channels; see {@link #run}. */
  public LabelVolume segment(List<Volume> channels, Progress progress, BooleanSupplier cancelled) {
    List<Volume> checked = checked(channels);
    ProbabilityMaps none = ProbabilityMaps.none(checked.get(0).grid());
    return run(checked, none, progress, cancelled).labels();
  }

  /**
   * The label of every voxel, on exactly the volume's grid, and where the time went. Beside the
   * volume, its preprocessed copy and the labels, memory holds the scores of at most a quarter of
   * the heap, however many classes there are. Probabilities that {@link
   * InferenceOptions#probabilities} asks for go into a temporary file.
   *
   * @param channels the volume's channels, in the order of the plan's modality
   * @param progress told about each window, under the name of the first channel's file
   * @param cancelled asked before each window
   * @return to be closed by the caller
   * @throws CancellationException when {@code cancelled} said so
   * @throws DataException when there are more or fewer channels than the model takes, they lie on
   *     different grids, a voxel is not a finite number, or the disk has no space for the
   *     probabilities
   */
  public Segmentation run(List<Volume> channels, Progress progress, BooleanSupplier cancelled) {
    return run(channels, Path.of(System.getProperty("java.io.tmpdir")), progress, cancelled);
  }

  /**
   * The same with a folder for the temporary file, such as the one where the maps will go.
   *
   * @param scratch 4 bytes a voxel and class must be free on its disk
   */
  public Segmentation run(
      List<Volume> channels, Path scratch, Progress progress, BooleanSupplier cancelled) {
    List<Volume> checked = checked(channels);
    Grid grid = checked.get(0).grid();
    ProbabilityMaps maps =
        options.probabilities()
            ? ProbabilityMaps.create(grid, plan.classes(), scratch)
            : ProbabilityMaps.none(grid);
    try {
      return run(checked, maps, progress, cancelled);
    } catch (RuntimeException | Error e) {
      maps.close();
      throw e;
    }
  }

  private Segmentation run(
      List<Volume> checked, ProbabilityMaps maps, Progress progress, BooleanSupplier cancelled) {
    long begin = System.nanoTime();
    Volume volume = checked.get(0);
    float[][] prepared = plan.preprocessing().images(checked);
    Grid grid = plan.preprocessing().grid(volume.grid());
    int[] extents = {grid.depth(), grid.height(), grid.width()};
    long ready = System.nanoTime();
    ScoreRestorer restorer =
        plan.preprocessing()
            .restorer(
                volume.grid(),
                plan.classes(),
                maps.classes() > 0 ? maps : null,
                parallel(network.device()));
    Watch watch = new Watch(volume.source(), progress, cancelled);
    long network = pass(prepared, extents, planes(restorer), watch);
    Components.keepLargest(volume.grid(), restorer.labels(), options.components());
    LabelVolume labels = LabelVolume.of(volume.grid(), restorer.labels());
    double restore = seconds(System.nanoTime() - ready - network);
    return new Segmentation(
        labels, maps, new Segmentation.Times(seconds(ready - begin), seconds(network), restore));
  }

  /** The same for an image of one channel. */
  public Segmentation run(Volume volume, Progress progress, BooleanSupplier cancelled) {
    return run(List.of(volume), progress, cancelled);
  }

  private List<Volume> checked(List<Volume> channels) {
    return Channels.checked(channels, plan.channels(), plan.wantedChannels());
  }

  private static double seconds(long nanos) {
    return nanos / 1e9;
  }

  /**
   * What the encoder makes of a volume, for search, clustering or a classifier: the mean over the
   * windows of the coarsest features' mean within each, [C]; windows lie and overlap as for {@link
   * #segment}, without flips. Memory is that of one batch of windows beside the volume.
   *
   * @param progress told about each window, under the name of the volume's file
   * @param cancelled asked before each window
   * @throws CancellationException when {@code cancelled} said so
   * @throws DataException when a voxel is not a finite number
   */
  public float[] embed(Volume volume, Progress progress, BooleanSupplier cancelled) {
    return embed(List.of(volume), progress, cancelled);
  }

  /** The same for an image of several channels, in the order of the plan's modality. */
  public float[] embed(List<Volume> channels, Progress progress, BooleanSupplier cancelled) {
    List<Volume> checked = checked(channels);
    Volume volume = checked.get(0);
    float[][] prepared = plan.preprocessing().images(checked);
    Grid grid = plan.preprocessing().grid(volume.grid());
    return shared.compute(
        () -> {
          try (Watch watch = new Watch(volume.source(), progress, cancelled)) {
            return new WindowEmbedding(plan, network, options).of(prepared, grid, watch);
          }
        });
  }

  /**
   * The label of every voxel of an image that is preprocessed already, such as a {@link
   * io.med3dinsight.dataset.TrainingCase}'s.
   *
   * @param image normalised intensities [channel][D, H, W] on the network's grid
   * @param extents D, H, W
   * @return labels [D, H, W]
   */
  public int[] segmentPrepared(float[][] image, int[] extents) {
    ScoreRestorer restorer =
        ScoreRestorer.same(extents, plan.classes(), parallel(network.device()));
    pass(image, extents, planes(restorer), new Watch("(computed)", Progress.NONE, NEVER));
    return restorer.labels();
  }

  private static ScorePass.Planes planes(ScoreRestorer restorer) {
    return new ScorePass.Planes() {
      @Override
      public List<ScoreStrip> strips(int mostRows) {
        return restorer.strips(mostRows);
      }

      @Override
      public void plane(ScoreStrip strip, int d, float[] scores) {
        restorer.plane(strip, d, scores);
      }
    };
  }

  /** The threads of the device, or those of the CPU beside a GPU. */
  static Parallel parallel(Device device) {
    Backend backend = device.backend();
    return (backend instanceof CpuBackend cpu ? cpu : (CpuBackend) Device.cpu().backend())
        .parallel();
  }

  /** Who follows one volume's segmentation. */
  private static final class Watch implements ScorePass.Watch, AutoCloseable {
    private final String source;
    private final Progress progress;
    private final BooleanSupplier cancelled;
    private Progress.Task task;
    private int windows;
    private int done;

    Watch(String source, Progress progress, BooleanSupplier cancelled) {
      this.source = source;
      this.progress = progress;
      this.cancelled = cancelled;
    }

    @Override
    public void begin(int total) {
      windows = total;
      String name = source.substring(source.replace('\\', '/').lastIndexOf('/') + 1);
      task = progress.start(name, total, "windows");
    }

    @Override
    public void check() {
      if (cancelled.getAsBoolean()) {
        throw new CancellationException(
            "Stopped after " + done + " of " + windows + " windows of " + source);
      }
    }

    @Override
    public void done(int n) {
      done += n;
      task.step(n);
    }

    @Override
    public void close() {
      if (task != null) {
        task.close();
      }
    }
  }

  /** Passes an image through the network; returns the nanoseconds that took. */
  private long pass(float[][] image, int[] extents, ScorePass.Planes planes, Watch watch) {
    for (float[] channel : image) {
      if (channel.length != (long) extents[0] * extents[1] * extents[2]) {
        throw new IllegalArgumentException(
            channel.length + " intensities for extents " + Arrays.toString(extents));
      }
    }
    if (image.length != plan.channels()) {
      throw new IllegalArgumentException(image.length + " channels, expected " + plan.channels());
    }
    return shared.compute(
        () -> {
          ScorePass pass = new ScorePass(plan, network, options, image, extents);
          try (watch) {
            pass.run(planes, scoreBytes, watch);
          }
          return pass.networkNanos();
        });
  }

  /**
   * Class scores [D, H, W, C] of a preprocessed image [channel][D, H, W]: the network's outputs
   * before the softmax, averaged over windows and flips.
   *
   * @param planes takes them plane by plane
   */
  void scores(float[][] image, int[] extents, ScorePass.Planes planes) {
    pass(image, extents, planes, new Watch("(computed)", Progress.NONE, NEVER));
  }

  /** How many bytes of scores are held at a time; a quarter of the heap unless a test says so. */
  void limitScores(long bytes) {
    scoreBytes = bytes;
  }

  /**
   * Frees the weights of a loaded network, after the calls at work have ended; later calls fail.
   */
  @Override
  public void close() {
    shared.close();
  }
}
