package io.med3dinsight.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.module.ModuleFinder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Starts the program again in a Java process that has the Vector API. A jar's manifest cannot add
 * modules, and {@code java -jar} gives a quarter of the memory; the second process gets both.
 *
 * <p>The property {@code med3dinsight.relaunch=false} keeps everything in the first process.
 */
final class Launcher {
  private static final String RELAUNCH = "med3dinsight.relaunch";
  private static final String PARENT = "med3dinsight.parent";
  private static final String VECTOR = "jdk.incubator.vector";
  private static final String[] SIGNALS = {"INT", "TERM"};
  private static final long GRACE_SECONDS = 90;

  private Launcher() {}

  /** Whether a command that computes should run in another process. */
  static boolean needed() {
    boolean asked = Boolean.parseBoolean(System.getProperty(RELAUNCH, "true"));
    return asked
        && !Launcher.class.getModule().isNamed()
        && ModuleLayer.boot().findModule(VECTOR).isEmpty()
        && ModuleFinder.ofSystem().find(VECTOR).isPresent();
  }

  /** Runs the program in another process and returns its exit code. */
  static int run(Class<?> main, String... args) {
    AtomicReference<Process> child = new AtomicReference<>();
    // At Ctrl-C the terminal signals both processes; this one only passes the signal on and waits,
    // so that the other can write its checkpoint.
    SignalHandler forward = signal -> Optional.ofNullable(child.get()).ifPresent(Process::destroy);
    for (String signal : SIGNALS) {
      Signal.handle(new Signal(signal), forward);
    }
    ProcessBuilder builder = new ProcessBuilder(command(main, args)).inheritIO();
    // Their contents are among the input arguments already.
    builder.environment().keySet().removeAll(List.of("JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS"));
    try {
      child.set(builder.start());
      return child.get().waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException("Java could not be started again: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      child.get().destroy();
      Thread.currentThread().interrupt();
      return StopSignal.EXIT_CODE;
    }
  }

  static List<String> command(Class<?> main, String... args) {
    List<String> given = ManagementFactory.getRuntimeMXBean().getInputArguments();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(given);
    if (given.stream().noneMatch(Launcher::setsHeap)) {
      command.add("-XX:MaxRAMPercentage=70");
    }
    command.add("--add-modules=" + VECTOR);
    command.add("-D" + PARENT + "=" + ProcessHandle.current().pid());
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(main.getName());
    command.addAll(List.of(args));
    return command;
  }

  private static boolean setsHeap(String argument) {
    return argument.startsWith("-Xmx")
        || argument.startsWith("-XX:MaxHeapSize")
        || argument.startsWith("-XX:MaxRAMPercentage");
  }

  /** In the second process: the first one. */
  static Optional<ProcessHandle> parent() {
    String pid = System.getProperty(PARENT);
    return pid == null ? Optional.empty() : ProcessHandle.of(Long.parseLong(pid));
  }

  /** In the second process: stops when the first one is gone, as after {@code kill -9}. */
  static void followParent() {
    String pid = System.getProperty(PARENT);
    if (pid == null) {
      return;
    }
    Thread watch = new Thread(() -> stopAfter(Long.parseLong(pid)), "launcher-watch");
    watch.setDaemon(true);
    watch.start();
  }

  private static void stopAfter(long parent) {
    ProcessHandle.of(parent).ifPresent(process -> process.onExit().join());
    Signal.raise(new Signal("TERM"));
    try {
      TimeUnit.SECONDS.sleep(GRACE_SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(StopSignal.EXIT_CODE);
  }
}
