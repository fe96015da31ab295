package io.med3dinsight.fuzz;

import java.lang.management.ManagementFactory;

/** Measures what the calling thread allocates in each step, garbage included. */
final class Steps {
  private long most;

  /** Runs one step, which may throw. */
  void step(Runnable action) {
    long before = allocated();
    try {
      action.run();
    } finally {
      most = Math.max(most, allocated() - before);
    }
  }

  /** Bytes of the step that allocated most. */
  long most() {
    return most;
  }

  static long allocated() {
    return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
        .getCurrentThreadAllocatedBytes();
  }
}
