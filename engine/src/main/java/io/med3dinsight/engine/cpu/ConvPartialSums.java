package io.med3dinsight.engine.cpu;

/**
 * A sum over many blocks of work, cut into chunks with sums of their own, which are then added up
 * in order: the same bits on any number of threads. Memory for the partial sums is bounded; where
 * that leaves too few chunks for many cores, each chunk is split by what it sums into.
 */
final class ConvPartialSums {
  /** Tasks that keep many cores busy. */
  private static final int TASKS = 16;

  /** Largest total of the partial sums in floats, unless there is one chunk alone. */
  private static final int PARTIAL = 4 << 20;

  private static final int GRAIN = 1 << 14;

  /**
   * A task: adds blocks [from, to) to the sums at {@code o}, for one share of the targets, which it
   * clears first.
   */
  @FunctionalInterface
  interface Task {
    void run(int split, int from, int to, float[] sum, int o);
  }

  private final CpuBackend cpu;
  private final int blocks;
  private final int size;
  private final int chunks;

  /**
   * @param most largest number of chunks that pays
   */
  ConvPartialSums(CpuBackend cpu, int blocks, int size, int most) {
    this.cpu = cpu;
    this.blocks = blocks;
    this.size = size;
    chunks =
        Math.max(1, Math.min(Math.min(TASKS, most), Math.min(blocks, PARTIAL / Math.max(1, size))));
  }

  int wantedSplits() {
    return (TASKS + chunks - 1) / chunks;
  }

  void run(int splits, Task task, float[] to, int o) {
    try (Scratch partial = cpu.scratch(chunks * size)) {
      float[] p = partial.floats();
      int base = partial.base();
      cpu.parallel()
          .run(
              chunks * splits,
              t -> {
                int c = t / splits;
                int from = (int) ((long) blocks * c / chunks);
                int end = (int) ((long) blocks * (c + 1) / chunks);
                task.run(t % splits, from, end, p, base + c * size);
              });
      cpu.parallel().range(size, GRAIN, (from, end) -> combine(p, base, from, end, to, o));
    }
  }

  private void combine(float[] p, int base, int from, int end, float[] to, int o) {
    System.arraycopy(p, base + from, to, o + from, end - from);
    for (int c = 1; c < chunks; c++) {
      int q = base + c * size;
      for (int i = from; i < end; i++) {
        to[o + i] += p[q + i];
      }
    }
  }
}
