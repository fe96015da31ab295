package io.med3dinsight.kernels.ptx;

import java.util.Arrays;

/**
 * The registers, memory and clocks of 32 lanes. Registers are kept lane by lane: {@code
 * ints[r][lane]}. The object is used for one block after another; constants are filled in once,
 * special registers for each block.
 */
final class Warp {
  static final int LANES = Instruction.LANES;

  final int index;
  final Program program;
  final int[][] ints;
  final long[][] longs;
  final int[] preds;
  final int[] intScratch = new int[LANES];
  final long[] longScratch = new long[LANES];
  final long[] addresses = new long[LANES];
  final Region local;
  final AsyncCopies async = new AsyncCopies();
  final Counters counters;

  /** Carry flags of add.cc and its kin, one bit per lane. */
  int carry;

  /** Lanes that were not launched or have exited. */
  int idle;

  /** Lanes that take part in the current instruction, for the computations that can fault. */
  int active;

  int launched;
  BlockRun block;
  LaunchContext launch;
  Instruction current;

  /** Region of the last global access: most accesses find their allocation here. */
  Region lastGlobal;

  /**
   * For each warp of the block the time up to which its accesses happen before this warp's next
   * one.
   */
  int[] clock;

  long firstSerial;
  private int time;
  private int lastFull;
  private int[][] pairs;
  private long stamp;

  Warp(int index, Program program, Counters counters) {
    this.index = index;
    this.program = program;
    this.counters = counters;
    this.ints = new int[program.intRegisters][LANES];
    this.longs = new long[program.longRegisters][LANES];
    this.preds = new int[program.predRegisters];
    program.fillConstants(this);
    this.local =
        program.localBytes == 0
            ? null
            : new Region("local memory", 0, program.localBytes * LANES, false, null);
  }

  /** Prepares for a block. */
  void start(BlockRun run, int threads) {
    block = run;
    launch = run.launch;
    lastGlobal = null;
    int lanes = Math.min(LANES, threads - index * LANES);
    launched = lanes == LANES ? -1 : (1 << lanes) - 1;
    idle = ~launched;
    int warps = (threads + LANES - 1) / LANES;
    clock = new int[warps];
    firstSerial = launch.firstSerial;
    time = 1;
    lastFull = 0;
    pairs = null;
    updateStamp();
    if (local != null) {
      Arrays.fill(local.state, Region.UNWRITTEN);
    }
    async.clear();
    SpecialRegisters.fill(this);
  }

  private void updateStamp() {
    if (time > Races.MAX_TIME) {
      throw fault(
          FaultKind.INSTRUCTION_BUDGET,
          firstLane(launched),
          0,
          "more than " + Races.MAX_TIME + " synchronisations of one warp");
    }
    stamp =
        block.serial << Races.SERIAL_SHIFT | (long) (index * LANES) << Races.THREAD_SHIFT | time;
  }

  int time() {
    return time;
  }

  long stamp(int lane) {
    return stamp | (long) lane << Races.THREAD_SHIFT;
  }

  /** The time before which all accesses of another lane happen before this lane's next one. */
  int synchronised(int lane, int other) {
    return pairs == null ? lastFull : Math.max(lastFull, pairs[lane][other]);
  }

  /** Orders the lanes of a mask: what they did happens before what they do next. */
  void synchronise(int mask) {
    time++;
    updateStamp();
    if ((mask | idle) == -1) {
      lastFull = time;
      return;
    }
    if (pairs == null) {
      pairs = new int[LANES][LANES];
    }
    for (int m = mask; m != 0; m &= m - 1) {
      int[] row = pairs[Integer.numberOfTrailingZeros(m)];
      for (int k = mask; k != 0; k &= k - 1) {
        row[Integer.numberOfTrailingZeros(k)] = time;
      }
    }
  }

  static int firstLane(int mask) {
    return Integer.numberOfTrailingZeros(mask);
  }

  /** A fault of the current instruction. */
  SimulationFault fault(FaultKind kind, int lane, long address, String message) {
    return faultAt(current, kind, lane, address, message);
  }

  SimulationFault faultAt(Instruction at, FaultKind kind, int lane, long address, String message) {
    int thread = index * LANES + lane;
    return new SimulationFault(
        kind,
        program.name,
        at == null ? 0 : at.source.line(),
        at == null ? "" : at.source.text(),
        new SimulationFault.Place(
            new int[] {block.x, block.y, block.z}, launch.threadIndex(thread)),
        address,
        message);
  }
}
