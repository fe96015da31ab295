package io.med3dinsight.caption.chat;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * When the next request may leave: evenly spaced by the rate limit, and none while the service asks
 * for a pause. Thread-safe.
 */
final class Pace {
  private static final long MINUTE = Duration.ofMinutes(1).toNanos();

  private final Time time;
  private final long interval;
  private long next;

  /**
   * @param perMinute requests a minute; 0 for no limit
   */
  Pace(double perMinute, Time time) {
    this.time = time;
    this.interval = perMinute > 0 ? (long) Math.ceil(MINUTE / perMinute) : 0;
    this.next = time.nanos();
  }

  /**
   * Waits for the next turn.
   *
   * @return false when told to stop before it came
   */
  boolean await(BooleanSupplier stop) throws InterruptedException {
    while (!stop.getAsBoolean()) {
      long wait = take();
      if (wait <= 0) {
        return true;
      }
      time.sleep(Math.min(wait, Time.NOTICE_NANOS));
    }
    return false;
  }

  /** Takes the turn when it has come, and returns how long it is until then otherwise. */
  private synchronized long take() {
    long now = time.nanos();
    long wait = next - now;
    if (wait <= 0) {
      next = now + interval;
    }
    return wait;
  }

  /** Lets nobody go for a while. */
  synchronized void pause(Duration duration) {
    long until = time.nanos() + duration.toNanos();
    if (until - next > 0) {
      next = until;
    }
  }
}
