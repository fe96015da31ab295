package io.med3dinsight.kernels.ptx;

/**
 * Settings of a simulated device.
 *
 * @param memoryLimit bytes of device memory
 * @param multiprocessors number reported as the device's SM count
 * @param sharedBytesPerBlock the most shared memory a block may have, in bytes
 * @param checkUnwritten report reads of memory that nobody has written
 * @param checkRaces report conflicting accesses that nothing orders
 * @param statistics count sectors and bank conflicts
 * @param instructionBudget warp instructions a launch may take before it counts as endless
 * @param hostThreads Java threads that execute blocks
 */
public record SimulatorOptions(
    long memoryLimit,
    int multiprocessors,
    int sharedBytesPerBlock,
    boolean checkUnwritten,
    boolean checkRaces,
    boolean statistics,
    long instructionBudget,
    int hostThreads) {

  /**
   * Shared memory of a block on the devices that have the least of those the kernels run on
   * (compute capability 8.6, 8.9 and 12.x). 8.0 has 163 KiB, 9.0 and 10.0 have 227 KiB.
   */
  public static final int LEAST_SHARED_BYTES = 99 << 10;

  /** Everything checked, 8 GiB of memory, 132 multiprocessors, 99 KiB shared, one host thread. */
  public static SimulatorOptions defaults() {
    return new SimulatorOptions(
        8L << 30, 132, LEAST_SHARED_BYTES, true, true, true, 2_000_000_000L, 1);
  }

  /**
   * These settings with the checks for unwritten reads and races on or off; bounds and alignment
   * are always checked.
   */
  public SimulatorOptions withChecks(boolean unwritten, boolean races) {
    return new SimulatorOptions(
        memoryLimit,
        multiprocessors,
        sharedBytesPerBlock,
        unwritten,
        races,
        statistics,
        instructionBudget,
        hostThreads);
  }

  /** These settings with another budget of warp instructions per launch. */
  public SimulatorOptions withInstructionBudget(long budget) {
    return new SimulatorOptions(
        memoryLimit,
        multiprocessors,
        sharedBytesPerBlock,
        checkUnwritten,
        checkRaces,
        statistics,
        budget,
        hostThreads);
  }

  /** These settings with blocks executed by several host threads. */
  public SimulatorOptions withHostThreads(int threads) {
    return new SimulatorOptions(
        memoryLimit,
        multiprocessors,
        sharedBytesPerBlock,
        checkUnwritten,
        checkRaces,
        statistics,
        instructionBudget,
        threads);
  }

  /** These settings with another memory limit in bytes. */
  public SimulatorOptions withMemoryLimit(long bytes) {
    return new SimulatorOptions(
        bytes,
        multiprocessors,
        sharedBytesPerBlock,
        checkUnwritten,
        checkRaces,
        statistics,
        instructionBudget,
        hostThreads);
  }

  /** These settings with another number of multiprocessors. */
  public SimulatorOptions withMultiprocessors(int count) {
    return new SimulatorOptions(
        memoryLimit,
        count,
        sharedBytesPerBlock,
        checkUnwritten,
        checkRaces,
        statistics,
        instructionBudget,
        hostThreads);
  }

  /** These settings with another limit of the shared memory of a block, in bytes. */
  public SimulatorOptions withSharedBytes(int bytes) {
    return new SimulatorOptions(
        memoryLimit,
        multiprocessors,
        bytes,
        checkUnwritten,
        checkRaces,
        statistics,
        instructionBudget,
        hostThreads);
  }

  /** These settings with statistics on or off. */
  public SimulatorOptions withStatistics(boolean on) {
    return new SimulatorOptions(
        memoryLimit,
        multiprocessors,
        sharedBytesPerBlock,
        checkUnwritten,
        checkRaces,
        on,
        instructionBudget,
        hostThreads);
  }
}
