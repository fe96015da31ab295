package io.med3dinsight.cli;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The command line. Exit codes: 0 good, 1 a fault of the program, 2 usage, 3 data, 4 device, 130
 * stopped by the user. The only package that ends the Java process.
 */
@Command(
    name = "med3dinsight",
    description = "3D medical image pretraining and segmentation on the JVM.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footerHeading = "%nExit codes:%n",
    footer = {
      "  0 good, 2 usage, 3 data, 4 device, 130 stopped by a signal; 1 a fault of the program"
    })
public final class Main implements Runnable {
  /** The commands. A command that computes implements {@link Computes}. */
  private static final List<Class<?>> COMMANDS =
      List.of(
          CaptionCommand.class,
          TrainCommand.class,
          PretrainCommand.class,
          FinetuneCommand.class,
          AblateCommand.class,
          PredictCommand.class,
          EvaluateCommand.class,
          ClassifyCommand.class,
          FewLabelsCommand.class,
          ReportCommand.class,
          ServeCommand.class,
          InspectCommand.class,
          CheckCommand.class,
          PlanCommand.class,
          DoctorCommand.class);

  @Spec private CommandSpec spec;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Print stack traces with error messages.")
  private boolean debug;

  private Main() {}

  public static void main(String[] args) {
    // The report's pictures need no screen; without this a DISPLAY that is gone would end the run.
    System.setProperty("java.awt.headless", "true");
    System.exit(run(Main.class, COMMANDS, args));
  }

  /**
   * Runs one command.
   *
   * @param main the class to start again in another Java process
   * @return the exit code
   */
  static int run(Class<?> main, List<Class<?>> commands, String... args) {
    configureLogging();
    Launcher.followParent();
    Main program = new Main();
    CommandLine line = new CommandLine(program);
    for (Class<?> command : commands) {
      line.addSubcommand(command);
    }
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setParameterExceptionHandler(Main::usage);
    line.setExecutionExceptionHandler((e, l, parsed) -> Failure.report(e, program.debug));
    line.setExecutionStrategy(parsed -> execute(main, parsed, args));
    try {
      return line.execute(args);
    } catch (Error e) {
      // picocli hands exceptions to its handler, and lets errors through.
      return Failure.report(e, program.debug);
    }
  }

  private static int execute(Class<?> main, ParseResult parsed, String[] args) {
    Integer help = CommandLine.executeHelpRequest(parsed);
    if (help != null) {
      return help;
    }
    ParseResult last = parsed;
    while (last.hasSubcommand()) {
      last = last.subcommand();
    }
    boolean computes = last.commandSpec().userObject() instanceof Computes;
    if (computes && Launcher.needed()) {
      return Launcher.run(main, args);
    }
    return new CommandLine.RunLast().execute(parsed);
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "A command is missing: expected one of " + String.join(", ", spec.subcommands().keySet()));
  }

  private static int usage(ParameterException e, String[] args) {
    CommandLine line = e.getCommandLine();
    StringBuilder text = new StringBuilder(e.getMessage().strip());
    if (e instanceof UnmatchedArgumentException unmatched
        && !unmatched.getSuggestions().isEmpty()) {
      text.append("; did you mean ").append(String.join(" or ", unmatched.getSuggestions()));
      text.append('?');
    } else if (text.charAt(text.length() - 1) != '.') {
      text.append('.');
    }
    String name = line.getCommandSpec().qualifiedName();
    line.getErr().println(text + " See: " + name + " --help");
    return Failure.USAGE;
  }

  /** One short line per event on standard error, unless the user has set it otherwise. */
  private static void configureLogging() {
    String prefix = "org.slf4j.simpleLogger.";
    for (String[] setting :
        new String[][] {
          {"showThreadName", "false"}, {"showLogName", "false"}, {"levelInBrackets", "true"}
        }) {
      if (System.getProperty(prefix + setting[0]) == null) {
        System.setProperty(prefix + setting[0], setting[1]);
      }
    }
  }
}
