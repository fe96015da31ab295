package io.med3dinsight.kernels.ptx;

/**
 * What a launch did.
 *
 * @param warpInstructions instructions executed, counted once per warp
 * @param laneInstructions instructions executed, counted once per active lane
 * @param flops floating-point operations of active lanes; a fused multiply-add and each
 *     multiply-add of an mma count two
 * @param globalLoadBytes bytes asked for by loads from global memory (cp.async included)
 * @param globalStoreBytes bytes written by stores to global memory
 * @param globalLoadSectors 32-byte sectors touched, summed over the loads of warps
 * @param globalStoreSectors 32-byte sectors touched, summed over the stores of warps
 * @param globalLoadRequests load instructions of warps that went to global memory
 * @param globalStoreRequests store instructions of warps that went to global memory
 * @param sharedRequests instructions of warps that accessed shared memory
 * @param sharedWavefronts passes shared memory needed for them
 * @param bankConflicts passes beyond what the sizes alone ask for
 * @param barriers barriers completed, counted once per block
 * @param atomicBytes bytes updated by atomics
 * @param asyncBytes bytes copied by cp.async
 * @param watchedLoadBytes those of {@code globalLoadBytes} that came from the memory given to
 *     {@link SimulatedGpu#watch}
 */
public record LaunchStatistics(
    long warpInstructions,
    long laneInstructions,
    long flops,
    long globalLoadBytes,
    long globalStoreBytes,
    long globalLoadSectors,
    long globalStoreSectors,
    long globalLoadRequests,
    long globalStoreRequests,
    long sharedRequests,
    long sharedWavefronts,
    long bankConflicts,
    long barriers,
    long atomicBytes,
    long asyncBytes,
    long watchedLoadBytes) {

  static final LaunchStatistics NONE =
      new LaunchStatistics(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  static LaunchStatistics of(Counters c) {
    return new LaunchStatistics(
        c.warpInstructions,
        c.laneInstructions,
        c.flops,
        c.globalLoadBytes,
        c.globalStoreBytes,
        c.globalLoadSectors,
        c.globalStoreSectors,
        c.globalLoadAccesses,
        c.globalStoreAccesses,
        c.sharedAccesses,
        c.sharedWavefronts,
        c.bankConflicts,
        c.barriers,
        c.atomicBytes,
        c.asyncBytes,
        c.watchedLoadBytes);
  }

  /** The sum of two launches. */
  public LaunchStatistics plus(LaunchStatistics o) {
    return new LaunchStatistics(
        warpInstructions + o.warpInstructions,
        laneInstructions + o.laneInstructions,
        flops + o.flops,
        globalLoadBytes + o.globalLoadBytes,
        globalStoreBytes + o.globalStoreBytes,
        globalLoadSectors + o.globalLoadSectors,
        globalStoreSectors + o.globalStoreSectors,
        globalLoadRequests + o.globalLoadRequests,
        globalStoreRequests + o.globalStoreRequests,
        sharedRequests + o.sharedRequests,
        sharedWavefronts + o.sharedWavefronts,
        bankConflicts + o.bankConflicts,
        barriers + o.barriers,
        atomicBytes + o.atomicBytes,
        asyncBytes + o.asyncBytes,
        watchedLoadBytes + o.watchedLoadBytes);
  }
}
