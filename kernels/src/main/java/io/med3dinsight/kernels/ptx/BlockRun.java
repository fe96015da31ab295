package io.med3dinsight.kernels.ptx;

import java.util.Arrays;

/**
 * One block at a time on one host thread: its warps take turns, each running until it waits at a
 * barrier or ends.
 */
final class BlockRun {
  private static final int BARRIERS = 16;

  final LaunchContext launch;
  final Region shared;
  final Counters counters;
  int x;
  int y;
  int z;
  long serial;
  private final Program program;
  private final WarpScheduler[] warps;
  private final int threads;
  private final int[] arrived = new int[BARRIERS];
  private final long[] participants = new long[BARRIERS];
  private final BarrierInstruction[] first = new BarrierInstruction[BARRIERS];
  private final int[] reduction = new int[BARRIERS];

  BlockRun(LaunchContext launch, Program program, Counters counters) {
    this.launch = launch;
    this.program = program;
    this.counters = counters;
    this.threads = launch.threadCount();
    this.warps = new WarpScheduler[(threads + Instruction.LANES - 1) / Instruction.LANES];
    for (int i = 0; i < warps.length; i++) {
      warps[i] = new WarpScheduler(new Warp(i, program, counters));
    }
    Races races = launch.options.checkRaces() ? new Races(launch.sharedBytes, false, true) : null;
    this.shared = new Region("shared memory", 0, launch.sharedBytes, false, races);
  }

  void run(long blockRank, long blockSerial) {
    x = (int) (blockRank % launch.grid[0]);
    y = (int) (blockRank / launch.grid[0] % launch.grid[1]);
    z = (int) (blockRank / launch.grid[0] / launch.grid[1]);
    serial = blockSerial;
    program.resetShared(shared, launch.dynamicBytes);
    Arrays.fill(arrived, 0);
    for (WarpScheduler w : warps) {
      w.warp.start(this, threads);
      w.start();
    }
    boolean progress = true;
    while (progress) {
      progress = false;
      for (WarpScheduler w : warps) {
        if (w.hasReady()) {
          w.run();
          progress = true;
        }
      }
      progress |= !progress && joinWarps();
    }
    diagnose();
  }

  private boolean joinWarps() {
    boolean any = false;
    for (WarpScheduler w : warps) {
      any |= w.joinWarpBarriers();
    }
    return any;
  }

  /** Counts threads in at a barrier and lets all go on once they are complete. */
  void arrive(WarpScheduler from, BarrierInstruction at, int id, int lanes) {
    int expected = at.threads(from.warp, lanes, threads);
    if (arrived[id] == 0) {
      first[id] = at;
      participants[id] = 0;
      reduction[id] = at.neutral();
    } else if (expected == threads && !at.hasCount() && first[id] != at) {
      throw from.warp.fault(
          FaultKind.DIVERGENT_BARRIER,
          Warp.firstLane(lanes),
          0,
          arrived[id] + " threads of the block wait at another barrier, " + first[id]);
    }
    arrived[id] += Integer.bitCount(lanes);
    participants[id] |= 1L << from.warp.index;
    reduction[id] = at.reduce(from.warp, lanes, reduction[id]);
    if (arrived[id] > expected) {
      throw from.warp.fault(
          FaultKind.DIVERGENT_BARRIER,
          Warp.firstLane(lanes),
          0,
          arrived[id] + " threads arrive at a barrier of " + expected);
    }
    if (arrived[id] == expected) {
      release(id);
    }
  }

  private void release(int id) {
    counters.barriers++;
    arrived[id] = 0;
    int[] known = new int[warps.length];
    for (WarpScheduler w : warps) {
      if ((participants[id] >>> w.warp.index & 1) != 0) {
        w.warp.synchronise(-1);
        for (int i = 0; i < known.length; i++) {
          known[i] = Math.max(known[i], w.warp.clock[i]);
        }
        known[w.warp.index] = w.warp.time();
      }
    }
    for (WarpScheduler w : warps) {
      if ((participants[id] >>> w.warp.index & 1) != 0) {
        int lanes = w.release(id);
        System.arraycopy(known, 0, w.warp.clock, 0, known.length);
        first[id].result(w.warp, lanes, reduction[id]);
      }
    }
  }

  /** After no warp can go on: either all have ended, or they wait for what cannot come. */
  private void diagnose() {
    for (WarpScheduler w : warps) {
      Instruction sync = w.waitingInstruction(false);
      if (sync != null) {
        int lanes = w.waitingLanes(sync);
        throw w.warp.faultAt(
            sync,
            FaultKind.WARP_DEADLOCK,
            Warp.firstLane(lanes),
            0,
            "lanes 0x"
                + Integer.toHexString(lanes)
                + " wait for lanes of their member mask that never come (exited or never launched: 0x"
                + Integer.toHexString(w.warp.idle)
                + ")");
      }
    }
    for (WarpScheduler w : warps) {
      Instruction barrier = w.waitingInstruction(true);
      if (barrier != null) {
        throw divergent(w, barrier);
      }
    }
  }

  private SimulationFault divergent(WarpScheduler w, Instruction barrier) {
    int here = 0;
    int exited = 0;
    for (WarpScheduler other : warps) {
      here += Integer.bitCount(other.waitingLanes(barrier));
      exited += Integer.bitCount(other.warp.idle & other.warp.launched);
    }
    int elsewhere = threads - here - exited;
    return w.warp.faultAt(
        barrier,
        FaultKind.DIVERGENT_BARRIER,
        Warp.firstLane(w.waitingLanes(barrier)),
        0,
        here
            + " of the block's "
            + threads
            + " threads wait here, "
            + exited
            + " have exited, "
            + elsewhere
            + " wait at another barrier");
  }
}
