package io.med3dinsight.progress;

import java.io.Console;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Progress as bars that redraw themselves, for a person at a terminal. */
public final class TerminalProgress implements Progress {
  private static final int DEFAULT_WIDTH = 100;
  private static final int REDRAW_MILLIS = 500;
  private static final String CLEAR_LINE = "\r\u001b[K";

  private final PrintStream out;
  private final int width;
  private final AtomicInteger open = new AtomicInteger();

  /** Bars of at most {@code width} characters. */
  public TerminalProgress(PrintStream out, int width) {
    this.out = out;
    this.width = width;
  }

  /** On standard error: bars at a terminal, otherwise a line per task every ten seconds. */
  public static Progress standard() {
    if (!atTerminal()) {
      return new LineProgress(System.err, Duration.ofSeconds(10));
    }
    String columns = System.getenv("COLUMNS");
    boolean known = columns != null && columns.matches("[1-9]\\d{0,3}");
    return new TerminalProgress(System.err, known ? Integer.parseInt(columns) : DEFAULT_WIDTH);
  }

  private static boolean atTerminal() {
    Console console = System.console();
    if (console == null || "dumb".equals(System.getenv("TERM"))) {
      return false;
    }
    try {
      // Since Java 22 there can be a console without a terminal, and a method that tells.
      return (Boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (NoSuchMethodException e) {
      return true;
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("java.io.Console.isTerminal cannot be called", e);
    }
  }

  @Override
  public Task start(String name, long total, String unit) {
    open.incrementAndGet();
    ProgressBar bar =
        new ProgressBarBuilder()
            .setTaskName(name)
            .setInitialMax(total > 0 ? total : -1)
            .setUnit(" " + unit, 1)
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(REDRAW_MILLIS)
            .setConsumer(new ConsoleProgressBarConsumer(out, width))
            .build();
    return new Bar(bar);
  }

  @Override
  public void say(String line) {
    // The bar draws itself again below the line at its next turn.
    out.println(open.get() > 0 ? CLEAR_LINE + line : line);
  }

  private final class Bar implements Task {
    private final ProgressBar bar;

    Bar(ProgressBar bar) {
      this.bar = bar;
    }

    @Override
    public void step(long steps) {
      bar.stepBy(steps);
    }

    @Override
    public void message(String text) {
      bar.setExtraMessage(text);
    }

    @Override
    public void close() {
      bar.close();
      open.decrementAndGet();
    }
  }
}
