package io.med3dinsight.progress;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

/** Progress as plain lines, at most one per task and interval, for log files and pipes. */
public final class LineProgress implements Progress {
  private final PrintStream out;
  private final Duration interval;
  private final LongSupplier nanoClock;

  /** A line per task every {@code interval} at most. */
  public LineProgress(PrintStream out, Duration interval) {
    this(out, interval, System::nanoTime);
  }

  LineProgress(PrintStream out, Duration interval, LongSupplier nanoClock) {
    this.out = out;
    this.interval = interval;
    this.nanoClock = nanoClock;
  }

  @Override
  public Task start(String name, long total, String unit) {
    return new Lines(name, total, unit);
  }

  @Override
  public void say(String line) {
    out.println(line);
  }

  private final class Lines implements Task {
    private final String name;
    private final long total;
    private final String unit;
    private final long begin = nanoClock.getAsLong();
    private long done;
    private long printed = begin;
    private String message = "";

    Lines(String name, long total, String unit) {
      this.name = name;
      this.total = total;
      this.unit = unit;
    }

    @Override
    public synchronized void step(long steps) {
      done += steps;
      long now = nanoClock.getAsLong();
      if (now - printed >= interval.toNanos()) {
        printed = now;
        print(now);
      }
    }

    @Override
    public synchronized void message(String text) {
      message = text;
    }

    @Override
    public synchronized void close() {
      print(nanoClock.getAsLong());
    }

    private void print(long now) {
      StringBuilder line = new StringBuilder(name).append(": ").append(done);
      if (total > 0) {
        line.append('/').append(total);
      }
      line.append(' ').append(unit).append(", ").append(clock(now - begin));
      if (total > done && done > 0) {
        double nanosLeft = (double) (now - begin) / done * (total - done);
        line.append(", ").append(clock((long) nanosLeft)).append(" left");
      }
      if (!message.isEmpty()) {
        line.append(", ").append(message);
      }
      out.println(line);
    }
  }

  /** Minutes and seconds, with hours in front when there are any. */
  static String clock(long nanos) {
    Duration d = Duration.ofNanos(nanos);
    return d.toHours() > 0
        ? String.format(
            Locale.ROOT, "%d:%02d:%02d", d.toHours(), d.toMinutesPart(), d.toSecondsPart())
        : String.format(Locale.ROOT, "%d:%02d", d.toMinutes(), d.toSecondsPart());
  }
}
