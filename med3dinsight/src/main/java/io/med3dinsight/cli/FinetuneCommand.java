package io.med3dinsight.cli;

import io.med3dinsight.UsageException;
import io.med3dinsight.config.Configuration;
import io.med3dinsight.pipeline.PretrainedSource;
import io.med3dinsight.pipeline.RunSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Fine-tunes pretrained weights for segmentation and leaves a run folder. */
@Command(
    name = "finetune",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Fine-tune pretrained weights on labelled scans for segmentation, evaluate and report.",
      "From a run folder, network and patch are as they were in its pretraining. Without --data it"
          + " uses the built-in sample."
    })
final class FinetuneCommand implements Callable<Integer>, Computes {
  @Spec private CommandSpec spec;

  @Option(
      names = {"-d", "--data"},
      paramLabel = "DIR",
      description = "Folder with dataset.json, imagesTr and labelsTr (MSD or nnU-Net layout).")
  private Path data;

  @Option(
      names = "--from",
      paramLabel = "RUN|FILE",
      description =
          "Run folder of `pretrain` or `train`, or a file of weights: .safetensors, .pth, .pt or"
              + " .bin. All of the encoder must be in it.")
  private Path from;

  @Mixin private RunOptions run = new RunOptions();
  @Mixin private ComputeOptions compute = new ComputeOptions();

  @Override
  public Integer call() throws IOException {
    if (from == null && !run.resume()) {
      throw new UsageException(
          "--from is missing: expected the folder of a pretraining run or a file of weights;"
              + " training from scratch is `train pretrain.enabled=false`.");
    }
    RunSession session =
        new RunSession(
            run, compute, spec.commandLine().getParent().getParseResult().originalArgs());
    PretrainedSource source = from == null ? null : PretrainedSource.of(from);
    RunSettings standard = RunSettings.standard();
    if (source != null && source.network() != null) {
      standard = standard.withNetwork(source.network());
    }
    RunSettings settings =
        session.settings(
            standard,
            standard,
            List.copyOf(ofPretraining(standard).keySet()),
            s -> withOptions(s, source));
    requireUsed(settings);
    return TrainCommand.run(spec, session, settings, "finetune");
  }

  private RunSettings withOptions(RunSettings settings, PretrainedSource source) {
    RunSettings changed = data == null ? settings : settings.withData(data);
    changed = changed.startingFrom(source == null ? changed.network().weights() : source.weights());
    changed = changed.withAbsolutePaths();
    return run.seed() == null ? changed : changed.withSeed(run.seed());
  }

  /** Groups of settings that do nothing here; a file that `plan` wrote may have them. */
  private static Map<String, Record> ofPretraining(RunSettings s) {
    Map<String, Record> groups = new LinkedHashMap<>();
    groups.put("describe", s.describe());
    groups.put("encoder2d", s.encoder2d());
    groups.put("clip", s.clip());
    groups.put("pretrain", s.pretrain());
    return groups;
  }

  /** Settings that would do nothing are a mistake of whoever gave them. */
  private static void requireUsed(RunSettings settings) {
    Map<String, Record> standard = ofPretraining(RunSettings.standard().startingFrom(null));
    ofPretraining(settings).forEach((group, g) -> requireStandard(group, g, standard.get(group)));
  }

  private static void requireStandard(String group, Record given, Record standard) {
    if (!Configuration.toYaml(given).equals(Configuration.toYaml(standard))) {
      throw new UsageException(
          "Settings of " + group + " have no effect on fine-tuning: give them to `pretrain`.");
    }
  }
}
