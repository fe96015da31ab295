package io.med3dinsight.cli;

import io.med3dinsight.DataException;
import io.med3dinsight.UsageException;
import io.med3dinsight.config.Configuration;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.nn.checkpoint.CheckpointException;
import io.med3dinsight.pipeline.LogSink;
import io.med3dinsight.pipeline.RunFolder;
import io.med3dinsight.pipeline.RunLock;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.progress.TerminalProgress;
import io.med3dinsight.report.Build;
import io.med3dinsight.report.MetricsLog;
import io.med3dinsight.report.Provenance;
import io.med3dinsight.training.TrainingContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** What every command with a run folder does around its work. */
class RunSession {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final RunFolder folder;
  private final RunOptions run;
  private final ComputeOptions compute;
  private final List<String> arguments;

  RunSession(RunOptions run, ComputeOptions compute, List<String> arguments) {
    this.folder = new RunFolder(outputFolder(run));
    this.run = run;
    this.compute = compute;
    this.arguments = arguments;
  }

  private static Path outputFolder(RunOptions run) {
    if (run.output() != null) {
      return run.output();
    }
    if (run.resume()) {
      throw new UsageException("--resume needs --output: the folder of the run to go on with.");
    }
    String now = LocalDateTime.now().format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss"));
    return Path.of("runs", now);
  }

  RunFolder folder() {
    return folder;
  }

  /** The settings: defaults, or those of the run to be resumed, changed by the options. */
  <R extends Record> R settings(R defaults, Function<R, R> options) {
    return settings(defaults, run::settings, options);
  }

  /**
   * The same; a file of settings may be written for a command that has those of {@code wider}, of
   * which the {@code unused} are left aside.
   */
  <R extends Record> R settings(
      R defaults, Record wider, List<String> unused, Function<R, R> options) {
    Progress progress = TerminalProgress.standard();
    return settings(defaults, base -> run.settings(base, wider, unused, progress::say), options);
  }

  private <R extends Record> R settings(
      R defaults, UnaryOperator<R> given, Function<R, R> options) {
    R base = run.resume() ? folder.settings(defaults) : defaults;
    R settings = options.apply(given.apply(base));
    if (run.resume() && !Configuration.toYaml(settings).equals(Configuration.toYaml(base))) {
      throw new UsageException(
          "A resumed run keeps its settings: leave out what differs from "
              + folder.config()
              + ", or start another run.");
    }
    return settings;
  }

  /**
   * Runs the work in the folder.
   *
   * @param command to name when the user is told how to go on
   * @return the work's result; null when the user stopped it
   */
  <T> T run(
      Record settings,
      long seed,
      int checkpointSeconds,
      List<Path> inputs,
      String command,
      Function<TrainingContext, T> work)
      throws IOException {
    Device device = compute.device();
    Progress progress = TerminalProgress.standard();
    try (RunLock lock = RunLock.take(folder.root(), progress::say)) {
      begin(settings);
      Provenance provenance = provenance(seed, inputs, progress);
      T result = work(device, Duration.ofSeconds(checkpointSeconds), progress, work);
      if (result == null) {
        progress.say("Stopped; go on with: " + command + " --resume --output " + folder.root());
      } else {
        provenance.finish().write(folder.root());
      }
      return result;
    }
  }

  private <T> T work(
      Device device, Duration every, Progress progress, Function<TrainingContext, T> work)
      throws IOException {
    try (StopSignal stop = StopSignal.listen(PATIENCE);
        MetricsLog log = MetricsLog.open(folder.root())) {
      return work.apply(
          new TrainingContext(
              folder.root(), device, goesOn(), every, new LogSink(log), progress, stop));
    } catch (DataException | CheckpointException | UsageException e) {
      if (!run.resume()) {
        abandon();
      }
      throw e;
    }
  }

  /** Makes the folder of a new run; one to be resumed is there. */
  void begin(Record settings) throws IOException {
    if (!run.resume()) {
      folder.begin(settings);
    }
  }

  /** Takes {@link #begin} back where nothing has been computed. */
  void abandon() throws IOException {
    folder.abandon();
  }

  /** Whether stages look for checkpoints to go on from. */
  boolean goesOn() {
    return run.resume();
  }

  /** Where the run comes from; a resumed one keeps what it was begun with. */
  private Provenance provenance(long seed, List<Path> inputs, Progress progress)
      throws IOException {
    if (run.resume() && Files.exists(folder.root().resolve(Provenance.FILE))) {
      Provenance begun = Provenance.read(folder.root());
      Build now = Build.current();
      if (!begun.program().equals(now)) {
        progress.say(
            "This run was begun by version "
                + begun.program().version()
                + " (commit "
                + begun.program().commit()
                + ") and goes on with another build ("
                + now.commit()
                + "): its results may differ from an uninterrupted run's.");
      }
      return begun;
    }
    Provenance provenance = Provenance.start(compute.threads(), seed, arguments, inputs);
    provenance.write(folder.root());
    return provenance;
  }
}
