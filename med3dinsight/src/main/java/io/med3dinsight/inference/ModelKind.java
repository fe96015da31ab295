package io.med3dinsight.inference;

import io.med3dinsight.nn.checkpoint.Checkpoint;
import io.med3dinsight.nn.checkpoint.CheckpointException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a trained model does with a volume. */
public enum ModelKind {
  /** A label for every voxel. */
  SEGMENTATION("segmentation", "`predict`"),
  /** Probabilities of classes for the whole. */
  CLASSIFICATION("classification", "`classify predict`");

  /** The model's name in a run folder. */
  private static final String FILE = "model.safetensors";

  private final String word;
  private final String command;

  ModelKind(String word, String command) {
    this.word = word;
    this.command = command;
  }

  /** The kind as a checkpoint and a person call it. */
  public String word() {
    return word;
  }

  /**
   * The kind of a model.
   *
   * @param modelOrRunFolder a run folder with model.safetensors, or the file itself
   * @throws CheckpointException when it is missing or damaged, or a network of another kind, such
   *     as one that is only pretrained
   */
  public static ModelKind of(Path modelOrRunFolder) {
    Path file = file(modelOrRunFolder);
    String stored = storedKind(file);
    for (ModelKind kind : values()) {
      if (kind.word.equals(stored)) {
        return kind;
      }
    }
    throw new CheckpointException(
        "Checkpoint '"
            + file
            + "' holds a network of the kind '"
            + stored
            + "', but a model for segmentation or classification is expected; use the "
            + FILE
            + " of a finished run.");
  }

  private static String storedKind(Path file) {
    try (Checkpoint checkpoint = Checkpoint.open(file)) {
      return checkpoint.network().kind();
    }
  }

  /**
   * Makes sure that a model is of this kind.
   *
   * @param stored kind that its checkpoint names
   * @throws CheckpointException when it is of another
   */
  public void require(Path file, String stored) {
    if (stored.equals(word)) {
      return;
    }
    String remedy = "use the " + FILE + " of a finished run";
    for (ModelKind kind : values()) {
      if (kind.word.equals(stored)) {
        remedy = kind.command + " applies it";
      }
    }
    throw new CheckpointException(
        "Checkpoint '"
            + file
            + "' holds a network of the kind '"
            + stored
            + "', but one of the kind '"
            + word
            + "' is expected; "
            + remedy
            + ".");
  }

  /**
   * The file of a model.
   *
   * @param modelOrRunFolder a run folder with model.safetensors, or the file itself
   * @throws CheckpointException when there is none
   */
  public static Path file(Path modelOrRunFolder) {
    if (!Files.exists(modelOrRunFolder)) {
      throw new CheckpointException(
          modelOrRunFolder
              + " does not exist; expected a run folder with "
              + FILE
              + ", or that file.");
    }
    if (!Files.isDirectory(modelOrRunFolder)) {
      return modelOrRunFolder;
    }
    Path file = modelOrRunFolder.resolve(FILE);
    if (!Files.isRegularFile(file)) {
      throw new CheckpointException(
          modelOrRunFolder
              + " holds no "
              + FILE
              + "; choose the folder of a run that has finished.");
    }
    return file;
  }
}
