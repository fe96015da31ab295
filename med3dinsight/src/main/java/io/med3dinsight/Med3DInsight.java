package io.med3dinsight;

import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.inference.InferenceOptions;
import io.med3dinsight.inference.Segmenter;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Volume;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/**
 * A trained model inside another program.
 *
 * <pre>{@code
 * try (var model = Med3DInsight.load(Path.of("runs/hippocampus"))) {
 *   LabelVolume labels = model.segment(Volume.read(Path.of("scan.nii.gz")));
 *   labels.write(Path.of("segmentation.nii.gz"));
 * }
 * }</pre>
 *
 * <p>Maven coordinates: {@code io.med3dinsight:med3dinsight}; module {@code io.med3dinsight}. Start
 * Java with {@code --add-modules jdk.incubator.vector}: without the Vector API everything works and
 * gives the same segmentation up to rounding, only slower. The heap must hold the model, the
 * activations of one window per thread that segments, and for each volume at work about 16 bytes a
 * voxel; class scores take at most a quarter of the heap a volume, however many classes there are.
 *
 * <p>Thread-safe: load a model once, and let any number of threads segment with it. There is no
 * global state, nothing is fetched from a network and nothing ends the process. Errors come as
 * {@link DataException} (the volume), {@link io.med3dinsight.nn.checkpoint.CheckpointException}
 * (the model), {@link io.med3dinsight.engine.tensor.DeviceException} and {@link UsageException},
 * each with one sentence for a person.
 */
public final class Med3DInsight implements AutoCloseable {
  private final Segmenter segmenter;

  private Med3DInsight(Segmenter segmenter) {
    this.segmenter = segmenter;
  }

  /**
   * Loads a model for the CPU, with the standard options.
   *
   * @param model folder of a finished run, or a model.safetensors
   * @throws io.med3dinsight.nn.checkpoint.CheckpointException when it is missing or damaged, or
   *     holds something else than a segmentation model
   */
  public static Med3DInsight load(Path model) {
    return load(model, Device.cpu());
  }

  /** Loads a model for a device, such as {@code Device.cpu(4)}, with the standard options. */
  public static Med3DInsight load(Path model, Device device) {
    return load(model, device, InferenceOptions.standard());
  }

  /** Loads a model for a device; see {@link #load(Path)}. */
  public static Med3DInsight load(Path model, Device device, InferenceOptions options) {
    return new Med3DInsight(Segmenter.load(model, device, options));
  }

  /**
   * The label of every voxel, on exactly the volume's grid, so that it can be written beside the
   * file that the volume was read from.
   *
   * @throws DataException when a voxel is not a finite number
   */
  public LabelVolume segment(Volume volume) {
    return segmenter.segment(volume);
  }

  /**
   * The same for a caller that shows how far it is, or may change its mind.
   *
   * @param progress told about each window
   * @param cancelled asked before each window, on the calling thread
   * @throws CancellationException when {@code cancelled} said so
   * @throws DataException when a voxel is not a finite number
   */
  public LabelVolume segment(Volume volume, Progress progress, BooleanSupplier cancelled) {
    return segmenter.segment(volume, progress, cancelled);
  }

  /**
   * What the model's encoder makes of a volume, one vector of the same length for every volume; see
   * {@link Segmenter#embed}.
   *
   * @throws DataException when a voxel is not a finite number
   */
  public float[] embed(Volume volume) {
    return embed(volume, Progress.NONE, () -> false);
  }

  /**
   * The same for a caller that shows how far it is, or may change its mind.
   *
   * @param progress told about each window
   * @param cancelled asked before each window, on the calling thread
   * @throws CancellationException when {@code cancelled} said so
   * @throws DataException when a voxel is not a finite number
   */
  public float[] embed(Volume volume, Progress progress, BooleanSupplier cancelled) {
    return segmenter.embed(volume, progress, cancelled);
  }

  /** Label value to the structure's name; 0 is the background. */
  public SortedMap<Integer, String> labels() {
    return segmenter.plan().labels();
  }

  /** What the images were that the model was trained on, such as "MRI" or "CT". */
  public String modality() {
    return segmenter.plan().modality();
  }

  /** Waits for the calls at work, then frees the model. */
  @Override
  public void close() {
    segmenter.close();
  }
}
