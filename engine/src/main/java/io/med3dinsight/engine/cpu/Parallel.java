package io.med3dinsight.engine.cpu;

import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.ForkJoinWorkerThread;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;

/**
 * Runs numbered tasks on a fixed number of threads. Work is cut by its size alone and never by the
 * number of threads, so that results are the same bits however many there are; which thread runs
 * which task is left open.
 */
public final class Parallel {
  /** A half-open range of indices. */
  @FunctionalInterface
  public interface Range {
    void run(int from, int to);
  }

  private final int threads;
  private final ForkJoinPool pool;

  public Parallel(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, but was " + threads);
    }
    this.threads = threads;
    this.pool = threads == 1 ? null : new ForkJoinPool(threads - 1, p -> daemon(p), null, false);
  }

  private static ForkJoinWorkerThread daemon(ForkJoinPool p) {
    ForkJoinWorkerThread t = ForkJoinPool.defaultForkJoinWorkerThreadFactory.newThread(p);
    t.setDaemon(true);
    t.setName("med3dinsight-cpu-" + t.getPoolIndex());
    return t;
  }

  public int threads() {
    return threads;
  }

  /**
   * Runs {@code body} for 0 ... tasks - 1, in any order, and waits for all; what a task throws is
   * thrown when none runs any more. Called from within a task it runs on that thread.
   */
  public void run(int tasks, IntConsumer body) {
    boolean nested =
        Thread.currentThread() instanceof ForkJoinWorkerThread w && w.getPool() == pool;
    if (tasks <= 1 || pool == null || nested) {
      for (int i = 0; i < tasks; i++) {
        body.accept(i);
      }
      return;
    }
    AtomicInteger next = new AtomicInteger();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Runnable loop =
        () -> {
          try {
            for (int i = next.getAndIncrement(); i < tasks; i = next.getAndIncrement()) {
              body.accept(i);
            }
          } catch (RuntimeException | Error e) {
            failure.compareAndSet(null, e);
            next.set(tasks); // nobody starts another task
          }
        };
    ForkJoinTask<?>[] helpers = new ForkJoinTask<?>[Math.min(threads, tasks) - 1];
    for (int i = 0; i < helpers.length; i++) {
      helpers[i] = pool.submit(loop);
    }
    loop.run();
    settle(helpers);
    // Thrown as it is: the pool would wrap it in a copy with another message.
    if (failure.get() instanceof RuntimeException e) {
      throw e;
    }
    if (failure.get() instanceof Error e) {
      throw e;
    }
  }

  /** Waits for all: until the last has ended, buffers that tasks write to must not be freed. */
  private static void settle(ForkJoinTask<?>[] helpers) {
    for (ForkJoinTask<?> h : helpers) {
      // A helper that never started has nothing left to do; taking it back is cheaper than waking
      // a thread.
      if (!h.tryUnfork()) {
        h.quietlyJoin();
      }
    }
  }

  /** Cuts [0, n) into chunks of {@code grain} indices. */
  public void range(int n, int grain, Range body) {
    if (n <= 0) {
      return;
    }
    int g = Math.max(1, grain);
    int chunks = (int) (((long) n + g - 1) / g);
    run(chunks, c -> body.run(c * g, (int) Math.min(n, (c + 1L) * g)));
  }
}
