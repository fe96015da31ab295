package io.med3dinsight.cli;

import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** Options of a command that pretrains and makes a run folder; a mixin. */
final class PretrainOptions extends RunOptions {
  @Option(
      names = "--clip",
      paramLabel = "FOLDER",
      description =
          "CLIP or BiomedCLIP that embeds slices and texts, in open_clip's or Hugging Face's layout;"
              + " the same as clip.folder.")
  private Path clip;

  @Override
  List<String> chosen() {
    List<String> all = super.chosen();
    if (clip != null) {
      all.add(0, "clip.folder=" + clip);
    }
    return all;
  }
}
