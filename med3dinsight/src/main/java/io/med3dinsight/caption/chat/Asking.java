package io.med3dinsight.caption.chat;

import io.med3dinsight.caption.chat.ChatFailure.Kind;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleSupplier;

/**
 * Asks until there is an answer: failures that may pass are tried again, after a time that doubles
 * and is spread at random, or after the time that the service asks for. Thread-safe.
 */
final class Asking {
  /** The first waiting time, doubled each time. */
  private static final Duration FIRST = Duration.ofSeconds(1);

  private static final Duration LONGEST = Duration.ofSeconds(60);

  /** A service that asks for more than this is not worth waiting for. */
  static final Duration PATIENCE = Duration.ofMinutes(15);

  private final ChatClient client;
  private final CaptionLog log;
  private final Pace pace;
  private final int retries;
  private final Time time;
  private final DoubleSupplier random;

  /** Whether the service ever answered: a wrong address is not worth several tries. */
  private volatile boolean reached;

  /**
   * @param retries further tries after a failure
   * @param random from 0 to 1, for the spread
   */
  Asking(
      ChatClient client, CaptionLog log, Pace pace, int retries, Time time, DoubleSupplier random) {
    this.client = client;
    this.log = log;
    this.pace = pace;
    this.retries = retries;
    this.time = time;
    this.random = random;
  }

  /**
   * The answer for a slice.
   *
   * @return null when told to stop before there was one
   * @throws ChatFailure the last failure
   */
  ChatAnswer ask(SliceJob job, BooleanSupplier stop) throws ChatFailure, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      if (!pace.await(stop)) {
        return null;
      }
      log.sent(job, attempt);
      long begin = time.nanos();
      try {
        ChatAnswer answer = client.ask(job.request());
        reached = true;
        log.answered(job, attempt, secondsSince(begin), answer);
        return answer;
      } catch (ChatFailure f) {
        log.failed(job, attempt, secondsSince(begin), f);
        if (f.kind() != Kind.UNREACHABLE) {
          reached = true;
        }
        if (attempt > retries || !f.canRetry() || !reached) {
          throw f;
        }
        if (!time.sleep(wait(f, attempt), stop)) {
          return null;
        }
      }
    }
  }

  private double secondsSince(long begin) {
    return (time.nanos() - begin) / (double) TimeUnit.SECONDS.toNanos(1);
  }

  private Duration wait(ChatFailure f, int attempt) throws ChatFailure {
    Duration asked = f.retryAfter();
    if (asked != null && asked.compareTo(PATIENCE) > 0) {
      throw new ChatFailure(
          Kind.QUOTA,
          f.status(),
          f.getMessage() + "; it asks to come back in " + asked.toMinutes() + " minutes",
          f);
    }
    long doubled = FIRST.toMillis() << Math.min(attempt - 1, 20);
    double spread = 0.5 + 0.5 * random.getAsDouble();
    Duration own = Duration.ofMillis((long) (spread * Math.min(doubled, LONGEST.toMillis())));
    if (asked == null) {
      return own;
    }
    // It is meant for all requests, not for this one alone.
    pace.pause(asked);
    return asked.compareTo(own) > 0 ? asked : own;
  }
}
