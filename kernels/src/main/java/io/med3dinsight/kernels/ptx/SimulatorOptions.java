package io.med3dinsight.kernels.ptx;

/**
 * Settings of a simulated device.
 *
 * @param memoryLimit bytes of device memory
 * @param multiprocessors number reported as the device's SM count
 * @param checkUnwritten report reads of memory that nobody has written
 * @param checkRaces report conflicting accesses that nothing orders
 * @param statistics count sectors and bank conflicts
 * @param instructionBudget warp instructions a launch may take before it counts as endless
 * @param hostThreads Java threads that execute blocks
 */
public record SimulatorOptions(
    long memoryLimit,
    int multiprocessors,
    boolean checkUnwritten,
    boolean checkRaces,
    boolean statistics,
    long instructionBudget,
    int hostThreads) {

  /** Everything checked, 8 GiB of memory, 132 multiprocessors, one host thread. */
  public static SimulatorOptions defaults() {
    return new SimulatorOptions(8L << 30, 132, true, true, true, 2_000_000_000L, 1);
  }

  /**
   * These settings with the checks for unwritten reads and races on or off; bounds and alignment
   * are always checked.
   */
  public SimulatorOptions withChecks(boolean unwritten, boolean races) {
    return new SimulatorOptions(
        memoryLimit, multiprocessors, unwritten, races, statistics, instructionBudget, hostThreads);
  }

  /** These settings with another budget of warp instructions per launch. */
  public SimulatorOptions withInstructionBudget(long budget) {
    return new SimulatorOptions(
        memoryLimit, multiprocessors, checkUnwritten, checkRaces, statistics, budget, hostThreads);
  }

  /** These settings with blocks executed by several host threads. */
  public SimulatorOptions withHostThreads(int threads) {
    return new SimulatorOptions(
        memoryLimit,
        multiprocessors,
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
        checkUnwritten,
        checkRaces,
        on,
        instructionBudget,
        hostThreads);
  }
}
