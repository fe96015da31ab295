package io.med3dinsight.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Classification of whole volumes. */
@Command(
    name = "classify",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Train classifiers of whole volumes, apply and evaluate them.",
    subcommands = {
      ClassifyTrainCommand.class,
      ClassifyPredictCommand.class,
      ClassifyEvaluateCommand.class
    })
final class ClassifyCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "A command is missing: expected classify "
            + String.join(", ", spec.subcommands().keySet()));
  }
}
