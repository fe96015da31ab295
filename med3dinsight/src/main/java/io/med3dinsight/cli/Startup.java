package io.med3dinsight.cli;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;

/** How long the start of Java took, apart from the work. */
final class Startup {
  private Startup() {}

  /**
   * Seconds since the program was started, the first of two processes included. Asked at the start
   * of a command, that is the time Java itself took.
   */
  static double seconds() {
    Instant own = Instant.ofEpochMilli(ManagementFactory.getRuntimeMXBean().getStartTime());
    Instant first = Launcher.parent().flatMap(p -> p.info().startInstant()).orElse(own);
    Instant start = first.isBefore(own) ? first : own;
    return Duration.between(start, Instant.now()).toNanos() / 1e9;
  }
}
