package io.med3dinsight.caption.chat;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The clock and the waiting, so that tests need not wait. */
interface Time {
  /** How soon a stop is noticed while waiting. */
  long NOTICE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  /** The machine's. */
  Time REAL =
      new Time() {
        @Override
        public long nanos() {
          return System.nanoTime();
        }

        @Override
        public Instant now() {
          return Instant.now();
        }

        @Override
        public void sleep(long nanos) throws InterruptedException {
          TimeUnit.NANOSECONDS.sleep(nanos);
        }
      };

  /** Only differences mean anything. */
  long nanos();

  Instant now();

  void sleep(long nanos) throws InterruptedException;

  /**
   * Sleeps unless told to stop.
   *
   * @return false when stopped before the time was over
   */
  default boolean sleep(Duration duration, BooleanSupplier stop) throws InterruptedException {
    long end = nanos() + duration.toNanos();
    for (long left = end - nanos(); left > 0; left = end - nanos()) {
      if (stop.getAsBoolean()) {
        return false;
      }
      sleep(Math.min(left, NOTICE_NANOS));
    }
    return !stop.getAsBoolean();
  }
}
