package io.med3dinsight.kernels.ptx;

/** What a {@link SimulationFault} is about. */
public enum FaultKind {
  /** An address outside every allocation, or in the gap beside one. */
  OUT_OF_BOUNDS,
  /** An address inside an allocation that has been freed. */
  USE_AFTER_FREE,
  /** An address that is not a multiple of the access size. */
  MISALIGNED,
  /** A read of bytes that nobody has written. */
  UNWRITTEN_READ,
  /** Two accesses by different threads, one of them a write, with nothing that orders them. */
  DATA_RACE,
  /** Threads of a block wait at a barrier that others have passed by, or at different barriers. */
  DIVERGENT_BARRIER,
  /**
   * A warp-level operation whose member mask does not name the lane that executes it, or reads a
   * lane that takes no part.
   */
  INVALID_SYNC_MASK,
  /** Lanes wait for each other in warp-level operations that can never be completed. */
  WARP_DEADLOCK,
  /** Integer division or remainder by zero. */
  DIVISION_BY_ZERO,
  /** A launch beyond the limits of the device. */
  LAUNCH_LIMIT,
  /** More instructions than the budget allows: most likely a loop that does not end. */
  INSTRUCTION_BUDGET,
  /** A store to parameter or constant memory. */
  READ_ONLY_STORE,
  /** Packed arguments whose size is not that of the kernel's parameters. */
  PARAMETER_MISMATCH,
  /** Access to the destination of a cp.async that has not been waited for. */
  ASYNC_PENDING,
  /** The kernel executed trap or a failed assertion. */
  TRAP,
  /** More memory than the simulated device has. */
  OUT_OF_MEMORY
}
