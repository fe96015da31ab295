package io.med3dinsight.pipeline;

import io.med3dinsight.DataException;
import io.med3dinsight.UsageException;
import io.med3dinsight.config.Configuration;
import io.med3dinsight.report.MetricsLog;
import io.med3dinsight.report.Provenance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Names of the files in a run's folder. */
public record RunFolder(Path root) {
  /** The settings in force. */
  public Path config() {
    return root.resolve("config.yaml");
  }

  /** The built-in sample, where the run uses it. */
  public Path sample() {
    return root.resolve("data");
  }

  /** What resuming goes on from. */
  public Path checkpoints() {
    return root.resolve("checkpoints");
  }

  /** Prepared cases that do not fit memory; there while the run computes. */
  public Path prepared() {
    return root.resolve("prepared");
  }

  /** Descriptions of slices. */
  public Path captions() {
    return root.resolve("captions.jsonl");
  }

  /** The trained slice-text encoder. */
  public Path sliceTextEncoder() {
    return root.resolve("encoder2d.safetensors");
  }

  /** Embeddings by an encoder that the run did not train. */
  public Path embeddings() {
    return root.resolve("embeddings");
  }

  /** The pretrained networks. */
  public Path pretrained() {
    return root.resolve("pretrained.safetensors");
  }

  /** The encoder alone, which a run that only pretrains leaves. */
  public Path encoder() {
    return root.resolve("encoder.safetensors");
  }

  /** The segmentation network, which {@code predict} loads. */
  public Path model() {
    return root.resolve("model.safetensors");
  }

  /** Finished cells of a comparison. */
  public Path cells() {
    return root.resolve("cells.jsonl");
  }

  /** Folders of a comparison's cells. */
  public Path cell(String name) {
    return root.resolve("cells").resolve(name);
  }

  /** Label maps of the test cases. */
  public Path prediction(String id) {
    return root.resolve("predictions").resolve(id + ".nii.gz");
  }

  /** Picture of a test case. */
  public Path overlay(String id) {
    return root.resolve("overlays").resolve(id + ".png");
  }

  /**
   * Makes the folder for a new run and writes its settings. A run that ended before it had any
   * result, for want of a file or a device, is begun again.
   *
   * @throws UsageException when it holds results of a run already
   */
  public void begin(Record settings) throws IOException {
    if (hasResults()) {
      throw new UsageException(
          "Folder "
              + root
              + " holds a run already: give --resume to go on with it, or another --output.");
    }
    Files.createDirectories(root);
    Configuration.write(settings, config());
  }

  private boolean hasResults() {
    return Stream.of(
            captions(), checkpoints(), pretrained(), model(), cells(), root.resolve("cells"))
        .anyMatch(Files::exists);
  }

  /**
   * Takes {@link #begin} back where nothing has been computed: data or settings that turn out to be
   * unusable leave no run behind, and the next attempt may have the same folder.
   */
  public void abandon() throws IOException {
    Path metrics = root.resolve(MetricsLog.FILE);
    if (hasResults() || (Files.exists(metrics) && Files.size(metrics) > 0)) {
      return;
    }
    Files.deleteIfExists(config());
    Files.deleteIfExists(root.resolve(Provenance.FILE));
    Files.deleteIfExists(metrics);
  }

  /**
   * Whether the settings are those of a run that only pretrains.
   *
   * @throws DataException when they cannot be read
   */
  public boolean isPretraining() {
    try (Stream<String> lines = Files.lines(config())) {
      return lines.anyMatch(line -> line.startsWith("learnFromHeldOut:"));
    } catch (IOException e) {
      throw DataException.of(config(), "read", e);
    }
  }

  /**
   * The settings of a run to be resumed.
   *
   * @throws UsageException when there is no run
   */
  public RunSettings settings() {
    return settings(RunSettings.standard());
  }

  /** The settings of another kind of run to be resumed, given that kind's defaults. */
  public <R extends Record> R settings(R defaults) {
    if (!Files.exists(config())) {
      throw new UsageException(
          "Folder "
              + root
              + " holds no run to resume: there is no "
              + config().getFileName()
              + ".");
    }
    return Configuration.read(defaults, config(), List.of());
  }
}
