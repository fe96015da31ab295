package io.med3dinsight.caption.chat;

import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A clock that only waiting moves on, so that waiting takes no time. */
final class FakeTime implements Time {
  static final Instant BEGIN = Instant.parse("2026-03-01T12:00:00Z");
  private final AtomicLong nanos = new AtomicLong();

  @Override
  public long nanos() {
    return nanos.get();
  }

  @Override
  public Instant now() {
    return BEGIN.plusNanos(nanos.get());
  }

  @Override
  public void sleep(long duration) {
    nanos.addAndGet(duration);
  }

  double seconds() {
    return nanos.get() / (double) TimeUnit.SECONDS.toNanos(1);
  }
}
