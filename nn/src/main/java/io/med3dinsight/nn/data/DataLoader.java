package io.med3dinsight.nn.data;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Loads samples ahead of their use on threads of its own, and hands them out in order, epoch after
 * epoch without end. At most {@code prefetch} samples wait or are being loaded. To be used by one
 * thread.
 *
 * <pre>{@code
 * try (var loader = new DataLoader<>(source, new SampleKey(seed, epoch, index), samplesPerEpoch, 2, 4)) {
 *   Sample<Batch> s = loader.next();
 * }
 * }</pre>
 */
public final class DataLoader<T> implements AutoCloseable {
  /** A loaded sample. */
  public record Sample<T>(SampleKey key, T value) {}

  private record Ahead<T>(SampleKey key, Future<T> value) {}

  private static final AtomicInteger COUNT = new AtomicInteger();

  private final SampleSource<T> source;
  private final int samplesPerEpoch;
  private final int prefetch;
  private final ExecutorService workers;
  private final Deque<Ahead<T>> ahead = new ArrayDeque<>();
  private final List<Thread> threads = new CopyOnWriteArrayList<>();
  private SampleKey submit;
  private SampleKey deliver;
  private boolean closed;

  /**
   * @param start the first sample to deliver, for a fresh run epoch 0, index 0
   * @param threads that load, at least 1
   * @param prefetch samples loaded ahead, at least 1
   */
  public DataLoader(
      SampleSource<T> source, SampleKey start, int samplesPerEpoch, int threads, int prefetch) {
    if (samplesPerEpoch < 1 || threads < 1 || prefetch < 1) {
      throw new IllegalArgumentException(
          "A data loader needs at least one sample per epoch, one thread and one sample ahead, but was given "
              + samplesPerEpoch
              + ", "
              + threads
              + " and "
              + prefetch
              + ".");
    }
    if (start.epoch() < 0 || start.index() < 0 || start.index() > samplesPerEpoch) {
      throw new IllegalArgumentException(
          "A data loader cannot start at "
              + start
              + " with "
              + samplesPerEpoch
              + " samples per epoch.");
    }
    this.source = source;
    this.samplesPerEpoch = samplesPerEpoch;
    this.prefetch = prefetch;
    this.submit = start.index() == samplesPerEpoch ? after(start) : start;
    this.deliver = submit;
    int id = COUNT.getAndIncrement();
    AtomicInteger number = new AtomicInteger();
    workers =
        Executors.newFixedThreadPool(
            threads,
            r -> {
              Thread t =
                  new Thread(r, "med3dinsight-loader-" + id + "-" + number.getAndIncrement());
              t.setDaemon(true);
              this.threads.add(t);
              return t;
            });
  }

  private SampleKey after(SampleKey k) {
    return k.index() + 1 < samplesPerEpoch
        ? new SampleKey(k.seed(), k.epoch(), k.index() + 1)
        : new SampleKey(k.seed(), k.epoch() + 1, 0);
  }

  /** The sample that {@link #next} will return: what a checkpoint must remember. */
  public SampleKey position() {
    return deliver;
  }

  /**
   * The next sample; waits until it is loaded.
   *
   * @throws SampleException when loading it failed, naming the case; the loader is closed then
   * @throws CancellationException when this thread was interrupted while waiting; its interrupt
   *     flag is set, the loader is closed
   * @throws IllegalStateException when the loader is closed
   */
  public Sample<T> next() {
    if (closed) {
      throw new IllegalStateException("the data loader is closed");
    }
    while (ahead.size() < prefetch) {
      SampleKey key = submit;
      ahead.add(new Ahead<>(key, workers.submit(() -> source.load(key))));
      submit = after(key);
    }
    Ahead<T> first = ahead.remove();
    try {
      T value = first.value.get();
      deliver = after(first.key);
      return new Sample<>(first.key, value);
    } catch (ExecutionException e) {
      close();
      throw failure(first.key, e.getCause());
    } catch (InterruptedException e) {
      close();
      Thread.currentThread().interrupt();
      CancellationException c = new CancellationException("waiting for a sample was interrupted");
      c.initCause(e);
      throw c;
    }
  }

  private SampleException failure(SampleKey key, Throwable cause) {
    String why = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    return new SampleException(
        "Case '"
            + source.describe(key)
            + "' could not be loaded (epoch "
            + key.epoch()
            + ", sample "
            + key.index()
            + "): "
            + why,
        cause);
  }

  /**
   * Stops loading and waits for the threads to end, each after interrupting the sample that it is
   * at.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    ahead.clear();
    workers.shutdownNow();
    boolean interrupted = false;
    for (Thread t : threads) {
      interrupted |= join(t);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits for a thread to end; returns whether this thread was interrupted meanwhile. */
  private static boolean join(Thread t) {
    boolean interrupted = false;
    while (t.isAlive()) {
      try {
        t.join();
      } catch (InterruptedException e) {
        // Leaving now would leave a thread behind; the caller passes the interrupt on.
        interrupted = true;
      }
    }
    return interrupted;
  }
}
