package io.med3dinsight.kernels.ptx;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/** Executes the blocks of a launch, in order on one host thread or shared among several. */
final class LaunchRun {
  private final LaunchContext launch;
  private final Program program;
  private final long blocks;
  private final AtomicLong next = new AtomicLong();

  /**
   * The fault of the lowest block, so that the report does not depend on the number of host
   * threads.
   */
  private final AtomicReference<Failure> failure = new AtomicReference<>();

  private record Failure(long block, RuntimeException fault) {}

  LaunchRun(LaunchContext launch, Program program) {
    this.launch = launch;
    this.program = program;
    this.blocks = (long) launch.grid[0] * launch.grid[1] * launch.grid[2];
  }

  LaunchStatistics run() {
    int workers = (int) Math.min(launch.options.hostThreads(), blocks);
    LaunchStatistics[] statistics = new LaunchStatistics[workers];
    if (workers == 1) {
      statistics[0] = work();
    } else {
      Thread[] threads = new Thread[workers];
      for (int i = 0; i < workers; i++) {
        int k = i;
        threads[i] = new Thread(() -> statistics[k] = work(), "ptx-" + i);
        threads[i].start();
      }
      join(threads);
    }
    if (failure.get() != null) {
      throw failure.get().fault;
    }
    LaunchStatistics sum = LaunchStatistics.NONE;
    for (LaunchStatistics s : statistics) {
      sum = sum.plus(s);
    }
    return sum;
  }

  private static void join(Thread[] threads) {
    boolean interrupted = false;
    for (Thread t : threads) {
      while (t.isAlive()) {
        try {
          t.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private LaunchStatistics work() {
    Counters counters = new Counters();
    counters.budget = launch.options.instructionBudget();
    counters.budgetAtStart = counters.budget;
    BlockRun run = new BlockRun(launch, program, counters);
    for (long b = next.getAndIncrement();
        b < blocks && failure.get() == null;
        b = next.getAndIncrement()) {
      try {
        run.run(b, launch.firstSerial + b);
      } catch (RuntimeException e) {
        Failure mine = new Failure(b, e);
        failure.accumulateAndGet(
            mine, (old, now) -> old == null || now.block < old.block ? now : old);
      }
    }
    return LaunchStatistics.of(counters);
  }
}
