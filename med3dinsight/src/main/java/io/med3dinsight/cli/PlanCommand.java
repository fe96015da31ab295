package io.med3dinsight.cli;

import io.med3dinsight.UsageException;
import io.med3dinsight.dataset.Case;
import io.med3dinsight.dataset.DataFacts;
import io.med3dinsight.dataset.MsdDataset;
import io.med3dinsight.dataset.Split;
import io.med3dinsight.network.NetworkType;
import io.med3dinsight.pipeline.PreparedData;
import io.med3dinsight.pipeline.RunSettings;
import io.med3dinsight.planning.DatasetPlan;
import io.med3dinsight.planning.PlanText;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.progress.TerminalProgress;
import io.med3dinsight.volume.AtomicFile;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes settings that suit a data set and a memory. */
@Command(
    name = "plan",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Measure a data set and write settings for it: voxel size, patch, batch, depth of the network.",
      "The file says why for each choice; change what you like, then `train --config FILE`, or",
      "`pretrain --config FILE` and `finetune --config FILE`."
    })
final class PlanCommand implements Callable<Integer> {
  private static final Pattern SIZE = Pattern.compile("(\\d{1,6})([gGmM])");

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "DIR",
      description = "Folder with dataset.json, imagesTr and labelsTr (MSD or nnU-Net layout).")
  private Path data;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE.yaml",
      description = "Where the plan goes; printed without it.")
  private Path output;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      description =
          "Memory that training will have (its -Xmx), such as 8g or 6000m; this program's without"
              + " it.")
  private String memory;

  @Option(
      names = "--fold",
      paramLabel = "N",
      defaultValue = "0",
      description = "Fold of a splits_final.json, from 0 (default: ${DEFAULT-VALUE}).")
  private int fold;

  @Option(
      names = "--encoder",
      paramLabel = "TYPE",
      defaultValue = "unet",
      description =
          "Architecture: unet, nnformer, swin_unetr or unetr, the last three in their published"
              + " shape (default: ${DEFAULT-VALUE}).")
  private NetworkType encoder;

  @Option(names = "--force", description = "Replace a file that is there already.")
  private boolean force;

  @Override
  public Integer call() {
    long bytes = memory == null ? Runtime.getRuntime().maxMemory() : bytes(memory);
    if (output != null && Files.exists(output) && !force) {
      throw new UsageException(
          output + " is there already: choose another --output, or add --force to replace it.");
    }
    MsdDataset dataset = MsdDataset.read(data);
    RunSettings standard = RunSettings.standard();
    // The cases that will train, so that nothing is learnt of those held out.
    Split split = Split.of(dataset, standard.testShare(), standard.seed(), fold);
    List<Case> training = dataset.cases(split.train());
    Progress progress = TerminalProgress.standard();
    DataFacts facts;
    try (Progress.Task task = progress.start("measure", training.size(), "cases")) {
      facts =
          DataFacts.of(
              PreparedData.scans(dataset, training, task),
              dataset.channels().size(),
              dataset.classes());
    }
    DatasetPlan plan =
        DatasetPlan.of(encoder, facts, dataset.channels().size(), dataset.classes(), bytes);
    Path folder = data.toAbsolutePath().normalize();
    String text = PlanText.of(folder, fold, bytes, dataset, facts, plan);
    PrintWriter out = spec.commandLine().getOut();
    if (output == null) {
      out.print(text);
    } else {
      AtomicFile.write(output, o -> o.write(text.getBytes(StandardCharsets.UTF_8)));
      out.println(
          "Plan written to "
              + output
              + "; go on with: java -Xmx"
              + (bytes >> 20)
              + "m -jar med3dinsight.jar train --config "
              + output);
    }
    out.flush();
    return 0;
  }

  private static long bytes(String text) {
    Matcher m = SIZE.matcher(text);
    if (!m.matches() || Long.parseLong(m.group(1)) == 0) {
      throw new UsageException("--memory is '" + text + "': expected a size such as 8g or 6000m.");
    }
    int shift = m.group(2).toLowerCase(Locale.ROOT).equals("g") ? 30 : 20;
    return Long.parseLong(m.group(1)) << shift;
  }
}
