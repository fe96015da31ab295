package io.med3dinsight;

import io.med3dinsight.classification.Classifier;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.inference.InferenceOptions;
import io.med3dinsight.inference.ModelKind;
import io.med3dinsight.inference.Segmenter;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Volume;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/**
 * A trained model inside another program. A model either segments or classifies, as {@link #kind}
 * says; both embed.
 *
 * <pre>{@code
 * try (var model = Med3DInsight.load(Path.of("runs/hippocampus"))) {
 *   LabelVolume labels = model.segment(Volume.read(Path.of("scan.nii.gz")));
 *   labels.write(Path.of("segmentation.nii.gz"));
 * }
 * try (var model = Med3DInsight.load(Path.of("runs/adrenal"))) {
 *   Map<String, Double> probabilities = model.classify(Volume.read(Path.of("scan.nii.gz")));
 *   float[] vector = model.embed(Volume.read(Path.of("scan.nii.gz")));
 * }
 * }</pre>
 *
 * <p>Maven coordinates: {@code io.med3dinsight:med3dinsight}; module {@code io.med3dinsight}. Start
 * Java with {@code --add-modules jdk.incubator.vector}: without the Vector API everything works and
 * gives the same results up to rounding, only slower. The heap must hold the model, the activations
 * of one window (one input of a classifier) per thread that computes, and for each volume at work
 * about 16 bytes a voxel; class scores take at most a quarter of the heap a volume, however many
 * classes there are.
 *
 * <p>Thread-safe: load a model once, and let any number of threads use it. There is no global
 * state, nothing is fetched from a network and nothing ends the process. Errors come as {@link
 * DataException} (the volume), {@link io.med3dinsight.nn.checkpoint.CheckpointException} (the
 * model), {@link io.med3dinsight.engine.tensor.DeviceException} and {@link UsageException} (what is
 * asked of the model), each with one sentence for a person.
 */
public final class Med3DInsight implements AutoCloseable {
  /** Null in a model that classifies. */
  private final Segmenter segmenter;

  /** Null in a model that segments. */
  private final Classifier classifier;

  private Med3DInsight(Segmenter segmenter, Classifier classifier) {
    this.segmenter = segmenter;
    this.classifier = classifier;
  }

  /**
   * Loads a model for the CPU, with the standard options.
   *
   * @param model folder of a finished run, or a model.safetensors
   * @throws io.med3dinsight.nn.checkpoint.CheckpointException when it is missing or damaged, or
   *     holds neither a segmentation nor a classification model
   */
  public static Med3DInsight load(Path model) {
    return load(model, Device.cpu());
  }

  /** Loads a model for a device, such as {@code Device.cpu(4)}, with the standard options. */
  public static Med3DInsight load(Path model, Device device) {
    return load(model, device, InferenceOptions.standard());
  }

  /**
   * Loads a model for a device; see {@link #load(Path)}.
   *
   * @param options of a model that segments; a classifier has none
   */
  public static Med3DInsight load(Path model, Device device, InferenceOptions options) {
    return switch (ModelKind.of(model)) {
      case SEGMENTATION -> new Med3DInsight(Segmenter.load(model, device, options), null);
      case CLASSIFICATION -> new Med3DInsight(null, Classifier.load(model, device));
    };
  }

  /** What the model does. */
  public ModelKind kind() {
    return segmenter != null ? ModelKind.SEGMENTATION : ModelKind.CLASSIFICATION;
  }

  /**
   * The label of every voxel, on exactly the volume's grid, so that it can be written beside the
   * file that the volume was read from.
   *
   * @throws UsageException when the model does not segment
   * @throws DataException when a voxel is not a finite number
   */
  public LabelVolume segment(Volume volume) {
    return segment(volume, Progress.NONE, () -> false);
  }

  /**
   * The same for a caller that shows how far it is, or may change its mind.
   *
   * @param progress told about each window
   * @param cancelled asked before each window, on the calling thread
   * @throws CancellationException when {@code cancelled} said so
   * @throws UsageException when the model does not segment
   * @throws DataException when a voxel is not a finite number
   */
  public LabelVolume segment(Volume volume, Progress progress, BooleanSupplier cancelled) {
    return segment(List.of(volume), progress, cancelled);
  }

  /**
   * The label of every voxel of an image of several channels, such as CT and PET, on exactly their
   * grid.
   *
   * @param channels one volume for each channel, in the order of {@link #modality}
   * @throws DataException when there are more or fewer than {@link #channels}, they lie on
   *     different grids, or a voxel is not a finite number
   */
  public LabelVolume segment(List<Volume> channels) {
    return segment(channels, Progress.NONE, () -> false);
  }

  /** The same for a caller that shows how far it is, or may change its mind. */
  public LabelVolume segment(List<Volume> channels, Progress progress, BooleanSupplier cancelled) {
    if (segmenter == null) {
      throw new UsageException(
          "This is a " + this + ", which cannot segment: call classify, or load another model.");
    }
    return segmenter.segment(channels, progress, cancelled);
  }

  /** The probability of each class for an image of one channel; see {@link #classify(List)}. */
  public Map<String, Double> classify(Volume volume) {
    return classify(volume, Progress.NONE, () -> false);
  }

  /** The same for a caller that shows how far it is, or may change its mind. */
  public Map<String, Double> classify(Volume volume, Progress progress, BooleanSupplier cancelled) {
    return classify(List.of(volume), progress, cancelled);
  }

  /**
   * The probability of each class by its name, in the order of the classes; they sum to 1.
   *
   * @param channels one volume for each channel, in the order of {@link #modality}
   * @throws UsageException when the model does not classify
   * @throws DataException when there are more or fewer than {@link #channels}, they lie on
   *     different grids, or a voxel is not a finite number
   */
  public Map<String, Double> classify(List<Volume> channels) {
    return classify(channels, Progress.NONE, () -> false);
  }

  /**
   * The same for a caller that shows how far it is, or may change its mind.
   *
   * @param progress told about each view, that is flip of the input
   * @param cancelled asked before each view, on the calling thread
   * @throws CancellationException when {@code cancelled} said so
   */
  public Map<String, Double> classify(
      List<Volume> channels, Progress progress, BooleanSupplier cancelled) {
    if (classifier == null) {
      throw new UsageException(
          "This is a " + this + ", which cannot classify: call segment, or load another model.");
    }
    double[] probabilities = classifier.probabilities(channels, progress, cancelled);
    Map<String, Double> named = new LinkedHashMap<>();
    for (int c = 0; c < probabilities.length; c++) {
      named.put(classifier.plan().classes().get(c), probabilities[c]);
    }
    return Collections.unmodifiableMap(named);
  }

  /** What the encoder makes of an image of one channel; see {@link #embed(List)}. */
  public float[] embed(Volume volume) {
    return embed(volume, Progress.NONE, () -> false);
  }

  /** The same for a caller that shows how far it is, or may change its mind. */
  public float[] embed(Volume volume, Progress progress, BooleanSupplier cancelled) {
    return embed(List.of(volume), progress, cancelled);
  }

  /**
   * What the model's encoder makes of an image, one vector of the same length for every image: see
   * {@link Segmenter#embed} for a model that segments; of one that classifies what its linear layer
   * sees.
   *
   * @param channels one volume for each channel, in the order of {@link #modality}
   * @throws DataException when there are more or fewer than {@link #channels}, they lie on
   *     different grids, or a voxel is not a finite number
   */
  public float[] embed(List<Volume> channels) {
    return embed(channels, Progress.NONE, () -> false);
  }

  /**
   * The same for a caller that shows how far it is, or may change its mind.
   *
   * @param progress told about each window; a classifier has one
   * @param cancelled asked before each window, on the calling thread
   * @throws CancellationException when {@code cancelled} said so
   */
  public float[] embed(List<Volume> channels, Progress progress, BooleanSupplier cancelled) {
    return segmenter != null
        ? segmenter.embed(channels, progress, cancelled)
        : classifier.embed(channels, progress, cancelled);
  }

  /** How many channels an image must have. */
  public int channels() {
    return segmenter != null ? segmenter.plan().channels() : classifier.plan().channels();
  }

  /**
   * Label value to the structure's name, 0 being the background; of a classifier the number of each
   * class to its name.
   */
  public SortedMap<Integer, String> labels() {
    if (segmenter != null) {
      return segmenter.plan().labels();
    }
    SortedMap<Integer, String> names = new TreeMap<>();
    List<String> classes = classifier.plan().classes();
    for (int c = 0; c < classes.size(); c++) {
      names.put(c, classes.get(c));
    }
    return Collections.unmodifiableSortedMap(names);
  }

  /** Name of the data set that the model was trained on. */
  public String dataset() {
    return segmenter != null ? segmenter.plan().dataset() : classifier.plan().dataset();
  }

  /**
   * What the images were that the model was trained on, such as "MRI" or "CT"; the names of several
   * channels are joined by +. Empty where that was not said, as data sets for classification do not
   * by themselves.
   */
  public String modality() {
    return segmenter != null ? segmenter.plan().modality() : classifier.plan().modality();
  }

  /** One line that says what the model is. */
  @Override
  public String toString() {
    String of = modality().isEmpty() ? dataset() : dataset() + " (" + modality() + ")";
    return kind().word() + " model of " + of + " with the classes " + labels().values();
  }

  /** Waits for the calls at work, then frees the model. */
  @Override
  public void close() {
    if (segmenter != null) {
      segmenter.close();
    } else {
      classifier.close();
    }
  }
}
