package io.med3dinsight.cli;

import io.med3dinsight.config.Configuration;
import io.med3dinsight.pipeline.PretrainRun;
import io.med3dinsight.pipeline.PretrainRunSettings;
import io.med3dinsight.pipeline.RunFolder;
import io.med3dinsight.pipeline.RunSettings;
import io.med3dinsight.report.RunReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Pretrains an encoder and leaves a run folder. */
@Command(
    name = "pretrain",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Pretrain an encoder on volumes without labels: describe, encode, pretrain, report.",
      "`finetune --from RUN` and `classify train --from RUN` go on from what it leaves. Without"
          + " --data it uses the built-in sample."
    })
final class PretrainCommand implements Callable<Integer>, Computes {
  @Spec private CommandSpec spec;

  @Option(
      names = {"-d", "--data"},
      paramLabel = "DIR|FILE.csv",
      description =
          "Folder of images or DICOM series, also in folders below it; a data set in MSD or nnU-Net"
              + " layout; or a table with columns file and, where wanted, modality and series.")
  private Path data;

  @Option(
      names = "--modality",
      paramLabel = "NAME",
      description =
          "What made the volumes, where the data do not say it: CT, MRI, T1, PET or the like; the"
              + " same as modality.")
  private String modality;

  @Option(
      names = "--captions",
      paramLabel = "FILE.jsonl",
      description =
          "Ready-made captions, as `caption` writes them; without them slices are described by"
              + " rules. The same as describe.captions.")
  private Path captions;

  @Mixin private PretrainOptions run = new PretrainOptions();
  @Mixin private ComputeOptions compute = new ComputeOptions();

  @Override
  public Integer call() throws IOException {
    RunSession session =
        new RunSession(
            run, compute, spec.commandLine().getParent().getParseResult().originalArgs());
    PretrainRunSettings standard = PretrainRunSettings.standard();
    RunSettings wider = RunSettings.standard();
    PretrainRunSettings settings =
        session.settings(
            standard,
            wider,
            Configuration.namesWithout(wider, standard),
            s -> s.with(data, modality, captions, run.seed()));
    RunFolder folder = session.folder();
    Integer volumes =
        session.run(
            settings,
            settings.seed(),
            settings.checkpointSeconds(),
            settings.inputFiles(),
            "pretrain",
            context -> new PretrainRun(settings, folder, context).run());
    if (volumes == null) {
      return StopSignal.EXIT_CODE;
    }
    PretrainRun.writePage(folder);
    PrintWriter out = spec.commandLine().getOut();
    out.printf("Pretrained on %d volumes: %s%n", volumes, folder.pretrained());
    out.printf("Encoder alone: %s%n", folder.encoder());
    out.printf("Report: %s%n", folder.root().resolve(RunReport.FILE));
    out.flush();
    return 0;
  }
}
