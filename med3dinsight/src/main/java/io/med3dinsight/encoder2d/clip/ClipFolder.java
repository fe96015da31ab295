package io.med3dinsight.encoder2d.clip;

import io.med3dinsight.DataException;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.checkpoint.CheckpointException;
import io.med3dinsight.nn.checkpoint.LoadReport;
import io.med3dinsight.nn.checkpoint.TensorSource;
import io.med3dinsight.nn.checkpoint.Weights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/**
 * A folder with CLIP or BiomedCLIP: configuration, tokenizer and weights, in open_clip's layout
 * ({@code open_clip_config.json}) or Hugging Face's ({@code config.json}). Nothing is fetched.
 *
 * @param root the folder
 * @param config what the configuration says
 * @param tokenizer of its texts
 * @param small the files that were read so far
 */
record ClipFolder(Path root, ClipConfig config, TextTokenizer tokenizer, List<Path> small) {
  /**
   * Reads configuration and tokenizer, and checks that weights are there.
   *
   * @throws DataException when a file is missing or says what cannot be
   */
  static ClipFolder open(Path root) {
    if (!Files.isDirectory(root)) {
      throw new DataException(
          "Folder " + root + " is not there: expected a folder with CLIP or BiomedCLIP.");
    }
    boolean openClip = Files.isRegularFile(root.resolve(OpenClipLayout.FILE));
    Path file = root.resolve(openClip ? OpenClipLayout.FILE : HuggingFaceLayout.FILE);
    if (!Files.isRegularFile(file)) {
      throw new DataException(
          "Folder "
              + root
              + " has no configuration: expected "
              + OpenClipLayout.FILE
              + " (open_clip) or "
              + HuggingFaceLayout.FILE
              + " (Hugging Face); copy it from where the weights come from.");
    }
    ClipConfig config;
    try {
      config = openClip ? OpenClipLayout.read(root) : HuggingFaceLayout.read(root);
    } catch (IllegalArgumentException e) {
      throw new DataException(file + " describes " + e.getMessage() + ".", e);
    }
    TokenizerFiles files = new TokenizerFiles(root);
    TextTokenizer tokenizer = files.open(config);
    List<Path> small = new ArrayList<>(files.used());
    small.add(file);
    try (TensorSource weights = Weights.open(root)) {
      weights.names();
    }
    return new ClipFolder(root, config, tokenizer, small);
  }

  /**
   * Finds out whether the weights fit, from their names and shapes.
   *
   * @throws CheckpointException when the file holds another network or another size
   */
  void check() {
    try (DualEncoder towers = DualEncoder.of(Setup.of(Device.cpu(), 0), config)) {
      with(towers, Weights::compare);
    }
  }

  /**
   * The towers with their weights.
   *
   * @throws CheckpointException when the file holds another network or another size
   */
  DualEncoder load(Device device) {
    DualEncoder towers = DualEncoder.of(Setup.of(device, 0), config);
    try {
      with(towers, Weights::load);
      return towers;
    } catch (RuntimeException e) {
      towers.close();
      throw e;
    }
  }

  private void with(DualEncoder towers, BiFunction<Module, TensorSource, LoadReport> compare) {
    try (TensorSource file = Weights.open(root)) {
      boolean theirs = file.names().stream().anyMatch(n -> n.startsWith("vision_model."));
      TensorSource source = theirs ? new HuggingFaceNames(file) : file;
      check(compare.apply(towers, source), file.path());
    }
  }

  private void check(LoadReport report, Path file) {
    List<String> others = report.unexpected().stream().filter(n -> !harmless(n)).toList();
    if (!report.missing().isEmpty() || !report.wrongShape().isEmpty() || !others.isEmpty()) {
      LoadReport shown =
          new LoadReport(
              report.matched(),
              report.missing(),
              others,
              report.wrongShape(),
              report.repeated(),
              report.renaming());
      throw new CheckpointException(
          "Weights '"
              + file
              + "' do not belong to the configuration of their folder: "
              + shown.summary()
              + "; expected weights of that architecture and size.");
    }
  }

  /** What published files hold beside the towers. */
  private static boolean harmless(String name) {
    return name.endsWith("logit_scale")
        || name.endsWith("logit_bias")
        || name.endsWith("position_ids")
        || name.endsWith("attn_mask")
        || name.contains("transformer.pooler.dense.");
  }
}
