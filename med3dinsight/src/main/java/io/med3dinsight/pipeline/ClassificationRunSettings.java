package io.med3dinsight.pipeline;

import io.med3dinsight.UsageException;
import io.med3dinsight.classification.ClassificationSettings;
import io.med3dinsight.classification.InputSettings;
import io.med3dinsight.network.NetworkSettings;
import io.med3dinsight.volume.Normalization;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Everything that decides the results of a classification run, as it stands in {@code config.yaml}.
 *
 * @param data .npz of MedMNIST3D, .csv or folder of classes
 * @param validationShare share of each class for validation where the data has no split
 * @param testShare share of each class held out where the data has no split
 * @param seed of every random number
 * @param checkpointSeconds time between two checkpoints
 * @param spacing x, y, z of the network's voxels in mm; null to cover the median image
 * @param window intensities that become -1 and 1 where one scale is for the whole data set; null to
 *     measure it
 * @param channels what each channel of the images is, such as CT and PET; null where that is not
 *     known
 * @param normalization how each channel's intensities are normalised; null to follow from its name
 * @param network architecture and shape of the encoder; {@code patch} is the input's extents and
 *     {@code weights} the pretrained checkpoint to start from
 * @param classification fine-tuning
 */
public record ClassificationRunSettings(
    Path data,
    double validationShare,
    double testShare,
    long seed,
    int checkpointSeconds,
    double[] spacing,
    double[] window,
    List<String> channels,
    List<Normalization.Scheme> normalization,
    NetworkSettings network,
    ClassificationSettings classification) {

  public ClassificationRunSettings {
    if (checkpointSeconds < 1) {
      throw new UsageException(
          "checkpointSeconds is " + checkpointSeconds + ": expected at least 1.");
    }
    // What is said of the input must be usable.
    new InputSettings(spacing, window, channels, normalization);
  }

  /** What is said of the input. */
  public InputSettings input() {
    return new InputSettings(spacing, window, channels, normalization);
  }

  /** Settings for some minutes on two processors. */
  public static ClassificationRunSettings standard() {
    NetworkSettings network =
        new NetworkSettings(new int[] {8, 16, 32, 64}, 2, true, null, 96 * 96 * 96);
    return new ClassificationRunSettings(
        null, 0.15, 0.2, 1, 60, null, null, null, null, network, ClassificationSettings.standard());
  }

  /** The same with another data set. */
  public ClassificationRunSettings withData(Path newData) {
    return with(newData, seed, network);
  }

  /** The same with another seed. */
  public ClassificationRunSettings withSeed(long newSeed) {
    return with(data, newSeed, network);
  }

  /** The same with another file of weights to start from; null for none. */
  public ClassificationRunSettings withWeights(Path weights) {
    return with(data, seed, network.withWeights(weights));
  }

  /** The same with another network. */
  public ClassificationRunSettings withNetwork(NetworkSettings other) {
    return with(data, seed, other);
  }

  /** The same with another number of steps in an epoch. */
  public ClassificationRunSettings withSteps(int steps) {
    return new ClassificationRunSettings(
        data,
        validationShare,
        testShare,
        seed,
        checkpointSeconds,
        spacing,
        window,
        channels,
        normalization,
        network,
        classification.withSteps(steps));
  }

  /** The same with paths that hold in any working directory. */
  public ClassificationRunSettings withAbsolutePaths() {
    Path absolute = data == null ? null : data.toAbsolutePath().normalize();
    return with(absolute, seed, network.withAbsolutePaths());
  }

  private ClassificationRunSettings with(Path newData, long newSeed, NetworkSettings newNetwork) {
    return new ClassificationRunSettings(
        newData,
        validationShare,
        testShare,
        newSeed,
        checkpointSeconds,
        spacing,
        window,
        channels,
        normalization,
        newNetwork,
        classification);
  }

  /** Files that are hashed into the run's provenance. */
  public List<Path> inputFiles() {
    return Stream.of(data, network.weights())
        .filter(p -> p != null && Files.isRegularFile(p))
        .toList();
  }
}
