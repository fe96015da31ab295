package io.med3dinsight.cli;

import io.med3dinsight.DataException;
import io.med3dinsight.metric.Evaluation;
import io.med3dinsight.pipeline.PretrainRun;
import io.med3dinsight.pipeline.RunFolder;
import io.med3dinsight.pipeline.SegmentationPage;
import io.med3dinsight.progress.TerminalProgress;
import io.med3dinsight.report.RunReport;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes the page of a run again. */
@Command(
    name = "report",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Write the report.html of a run folder, as `train`, `pretrain` and `finetune` do at their end.",
      "The label maps in the folder are scored again; the run's data must be where they were."
    })
final class ReportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "RUN_FOLDER",
      description = "Folder that `train`, `pretrain` or `finetune` left.")
  private Path run;

  @Override
  public Integer call() {
    RunFolder folder = new RunFolder(run);
    if (!Files.exists(folder.config())) {
      throw new DataException(
          run
              + " is not the folder of a run: there is no "
              + folder.config().getFileName()
              + " in it; name a folder that `train` left.");
    }
    if (folder.isPretraining()) {
      PretrainRun.writePage(folder);
    } else {
      SegmentationPage page = new SegmentationPage(folder, folder.settings());
      Evaluation scores = page.score(TerminalProgress.standard());
      page.write(scores);
    }
    PrintWriter out = spec.commandLine().getOut();
    out.println("Report: " + run.resolve(RunReport.FILE));
    out.flush();
    return 0;
  }
}
