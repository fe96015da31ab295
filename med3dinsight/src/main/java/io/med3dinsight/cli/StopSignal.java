package io.med3dinsight.cli;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Turns Ctrl-C and SIGTERM into a question that a long loop asks between two steps. While it is
 * open, the first signal makes {@link #getAsBoolean} true, so that the loop writes its checkpoint
 * and returns; a second one, or a loop that does not return within the patience given, ends the
 * process at once. The command then returns {@link #EXIT_CODE}.
 *
 * <pre>{@code
 * try (StopSignal stop = StopSignal.listen(Duration.ofSeconds(60))) {
 *   trainer.run(stop);
 *   return stop.getAsBoolean() ? StopSignal.EXIT_CODE : 0;
 * }
 * }</pre>
 */
public final class StopSignal implements BooleanSupplier, AutoCloseable {
  /** What shells report for a program ended by Ctrl-C. */
  public static final int EXIT_CODE = 130;

  /** A Ctrl-C reaches this process twice, from the terminal and from the launcher. */
  private static final Duration ECHO = Duration.ofMillis(500);

  private final Duration patience;
  private final String point;
  private final Map<Signal, SignalHandler> previous = new HashMap<>();
  private volatile boolean requested;
  private long firstNanos;

  private StopSignal(Duration patience, String point) {
    this.patience = patience;
    this.point = point;
  }

  /** Listens for signals until closed, for a loop that stops after a checkpoint. */
  public static StopSignal listen(Duration patience) {
    return listen(patience, "a checkpoint");
  }

  /**
   * Listens for signals until closed.
   *
   * @param point after what the loop stops, for the message, such as "a checkpoint"
   */
  public static StopSignal listen(Duration patience, String point) {
    StopSignal stop = new StopSignal(patience, point);
    for (String name : new String[] {"INT", "TERM"}) {
      Signal signal = new Signal(name);
      stop.previous.put(signal, Signal.handle(signal, s -> stop.arrived()));
    }
    return stop;
  }

  /** Whether to stop after this step. */
  @Override
  public boolean getAsBoolean() {
    return requested;
  }

  @Override
  public synchronized void close() {
    previous.forEach(Signal::handle);
    previous.clear();
  }

  private synchronized void arrived() {
    if (!requested) {
      firstNanos = System.nanoTime();
      requested = true;
      System.err.println();
      System.err.println("Stopping after " + point + "; once more stops at once.");
      Thread limit = new Thread(this::endAfterPatience, "stop-limit");
      limit.setDaemon(true);
      limit.start();
    } else if (System.nanoTime() - firstNanos > ECHO.toNanos()) {
      Runtime.getRuntime().halt(EXIT_CODE);
    }
  }

  private void endAfterPatience() {
    try {
      TimeUnit.NANOSECONDS.sleep(patience.toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    System.err.println(
        "Not there within " + patience.toSeconds() + " s; stopping without " + point + ".");
    Runtime.getRuntime().halt(EXIT_CODE);
  }
}
