package io.med3dinsight.kernels.ptx;

/**
 * Runs the lanes of a warp. Lanes at the same instruction form a group; of several groups the one
 * with the smallest program counter runs first, so that lanes meet again behind a branch. Groups at
 * a warp-level operation wait until every lane named in the member mask is there, groups at a
 * barrier until the block releases them.
 */
final class WarpScheduler {
  private enum State {
    READY,
    AT_SYNC,
    AT_BARRIER
  }

  final Warp warp;
  private final Instruction[] code;
  private final int[] pcs = new int[Instruction.LANES];
  private final int[] masks = new int[Instruction.LANES];
  private final State[] states = new State[Instruction.LANES];
  private final int[] barrierIds = new int[Instruction.LANES];
  private final int[][] returns;
  private final int[] depth = new int[Instruction.LANES];
  private int groups;
  private int pc;
  private int mask;
  private int watch;

  WarpScheduler(Warp warp) {
    this.warp = warp;
    this.code = warp.program.code;
    this.returns = new int[Math.max(1, warp.program.callDepth)][Instruction.LANES];
  }

  void start() {
    groups = 0;
    java.util.Arrays.fill(depth, 0);
    add(warp.program.entry, warp.launched, State.READY);
  }

  boolean finished() {
    return groups == 0;
  }

  private void add(int at, int lanes, State state) {
    for (int g = 0; g < groups; g++) {
      if (pcs[g] == at && states[g] != State.AT_BARRIER && state != State.AT_BARRIER) {
        masks[g] |= lanes;
        states[g] = State.READY;
        return;
      }
    }
    pcs[groups] = at;
    masks[groups] = lanes;
    states[groups++] = state;
  }

  private void remove(int g) {
    groups--;
    pcs[g] = pcs[groups];
    masks[g] = masks[groups];
    states[g] = states[groups];
    barrierIds[g] = barrierIds[groups];
  }

  /** Takes the ready group with the smallest program counter; false when none is ready. */
  private boolean take() {
    int best = -1;
    for (int g = 0; g < groups; g++) {
      if (states[g] == State.READY && (best < 0 || pcs[g] < pcs[best])) {
        best = g;
      }
    }
    if (best < 0) {
      return false;
    }
    pc = pcs[best];
    mask = masks[best];
    remove(best);
    updateWatch();
    return true;
  }

  /** The next place where another group may be met. */
  private void updateWatch() {
    watch = Integer.MAX_VALUE;
    for (int g = 0; g < groups; g++) {
      if (pcs[g] > pc && pcs[g] < watch && states[g] != State.AT_BARRIER) {
        watch = pcs[g];
      }
    }
  }

  boolean hasReady() {
    for (int g = 0; g < groups; g++) {
      if (states[g] == State.READY) {
        return true;
      }
    }
    return false;
  }

  /** Runs until every group has exited or waits. */
  void run() {
    while (take()) {
      runGroup();
    }
  }

  private void runGroup() {
    Warp w = warp;
    Counters counters = w.counters;
    long left = counters.budget;
    long lanes = 0;
    long flops = 0;
    long start = left;
    boolean going = true;
    while (going) {
      Instruction in = code[pc];
      int m = mask;
      if (in.guard >= 0) {
        int p = w.preds[in.guard];
        m &= in.negated ? ~p : p;
      }
      int active = Integer.bitCount(m);
      lanes += active;
      flops += (long) active * in.flops;
      w.current = in;
      if (--left < 0) {
        throw w.fault(
            FaultKind.INSTRUCTION_BUDGET, Warp.firstLane(mask), 0, counters.budgetMessage());
      }
      if (in.flow == Instruction.Flow.PLAIN) {
        if (m != 0) {
          in.execute(w, m);
        }
        if (++pc == watch) {
          add(pc, mask, State.READY);
          going = false;
        }
      } else {
        going = control(in, m);
      }
    }
    counters.budget = left;
    counters.warpInstructions += start - left;
    counters.laneInstructions += lanes;
    counters.flops += flops;
  }

  /** Executes an instruction that steers; answers whether the same group goes on. */
  private boolean control(Instruction in, int m) {
    return switch (in.flow) {
      case BRANCH -> jump(((ControlInstructions.Branch) in).target, m);
      case TABLE -> table((ControlInstructions.Table) in, m);
      case CALL -> call((ControlInstructions.Call) in, m);
      case RETURN -> leave(m);
      case EXIT -> exit(m);
      case WARP_SYNC -> sync((WarpInstructions.Sync) in, m);
      case BARRIER -> barrier((BarrierInstruction) in, m);
      case PLAIN -> throw new IllegalStateException("not a control instruction: " + in);
    };
  }

  private boolean jump(int target, int m) {
    if (m == mask) {
      pc = target;
    } else {
      if (m != 0) {
        add(target, m, State.READY);
        mask &= ~m;
      }
      pc++;
    }
    return goOnOrReschedule();
  }

  private boolean goOnOrReschedule() {
    if (groups == 0) {
      watch = Integer.MAX_VALUE;
      return true;
    }
    add(pc, mask, State.READY);
    return false;
  }

  private boolean table(ControlInstructions.Table in, int m) {
    int[] selector = warp.ints[in.selector];
    for (int k = m; k != 0; k &= k - 1) {
      int lane = Integer.numberOfTrailingZeros(k);
      int s = selector[lane];
      if (s < 0 || s >= in.targets.length) {
        throw warp.fault(
            FaultKind.OUT_OF_BOUNDS,
            lane,
            0,
            "branch table of " + in.targets.length + " has no entry " + s);
      }
      add(in.targets[s], 1 << lane, State.READY);
    }
    mask &= ~m;
    if (mask != 0) {
      add(pc + 1, mask, State.READY);
    }
    return false;
  }

  private boolean call(ControlInstructions.Call in, int m) {
    if (m == 0) {
      pc++;
      return true;
    }
    for (int k = m; k != 0; k &= k - 1) {
      int lane = Integer.numberOfTrailingZeros(k);
      returns[depth[lane]++][lane] = pc;
      in.pass(warp, lane);
    }
    return jump(in.target, m);
  }

  private boolean leave(int m) {
    int outermost = 0;
    for (int k = m; k != 0; k &= k - 1) {
      int lane = Integer.numberOfTrailingZeros(k);
      if (depth[lane] == 0) {
        outermost |= 1 << lane;
      } else {
        int site = returns[--depth[lane]][lane];
        ((ControlInstructions.Call) code[site]).hand(warp, lane);
        add(site + 1, 1 << lane, State.READY);
      }
    }
    mask &= ~(m & ~outermost);
    if (outermost != 0) {
      return exit(outermost);
    }
    if (mask != 0) {
      add(pc + 1, mask, State.READY);
    }
    return false;
  }

  private boolean exit(int m) {
    warp.idle |= m;
    mask &= ~m;
    if (m != 0) {
      wakeSyncs();
    }
    if (mask == 0) {
      return false;
    }
    pc++;
    return goOnOrReschedule();
  }

  /** Lanes that wait for others look again, because those may have exited. */
  private void wakeSyncs() {
    for (int g = 0; g < groups; g++) {
      if (states[g] == State.AT_SYNC) {
        states[g] = State.READY;
      }
    }
  }

  private boolean sync(WarpInstructions.Sync in, int m) {
    int ready = m == 0 ? 0 : in.ready(warp, m);
    if (ready != 0) {
      in.execute(warp, ready);
    }
    int waiting = m & ~ready;
    if (waiting == 0) {
      pc++;
      return goOnOrReschedule();
    }
    mask &= ~waiting;
    int here = pc;
    if (mask != 0) {
      add(pc + 1, mask, State.READY);
    }
    add(here, waiting, State.AT_SYNC);
    return false;
  }

  private boolean barrier(BarrierInstruction in, int m) {
    if (m == 0) {
      pc++;
      return goOnOrReschedule();
    }
    mask &= ~m;
    int here = pc;
    if (mask != 0) {
      add(pc + 1, mask, State.READY);
    }
    int id = in.id(warp, m);
    if (in.arriveOnly()) {
      add(here + 1, m, State.READY);
    } else {
      barrierIds[groups] = id;
      add(here, m, State.AT_BARRIER);
      checkAligned(id, here, m);
    }
    warp.block.arrive(this, in, id, m);
    return false;
  }

  private void checkAligned(int id, int at, int m) {
    for (int g = 0; g < groups; g++) {
      if (states[g] == State.AT_BARRIER && barrierIds[g] == id && pcs[g] != at) {
        throw warp.fault(
            FaultKind.DIVERGENT_BARRIER,
            Warp.firstLane(m),
            0,
            "other lanes of the warp wait at the barrier of " + code[pcs[g]]);
      }
    }
  }

  /** Lets the lanes that wait at a barrier go on; answers which. */
  int release(int id) {
    int lanes = 0;
    for (int g = groups - 1; g >= 0; g--) {
      if (states[g] == State.AT_BARRIER && barrierIds[g] == id) {
        int at = pcs[g];
        int m = masks[g];
        remove(g);
        lanes |= m;
        add(at + 1, m, State.READY);
      }
    }
    return lanes;
  }

  /** Lanes waiting at a barrier (any), and the instruction they wait at. */
  Instruction waitingInstruction(boolean atBarrier) {
    for (int g = 0; g < groups; g++) {
      if (states[g] == (atBarrier ? State.AT_BARRIER : State.AT_SYNC)) {
        return code[pcs[g]];
      }
    }
    return null;
  }

  int waitingLanes(Instruction at) {
    int lanes = 0;
    for (int g = 0; g < groups; g++) {
      if (code[pcs[g]] == at) {
        lanes |= masks[g];
      }
    }
    return lanes;
  }

  /** Lanes at bar.warp.sync instructions in different places may meet; answers whether some did. */
  boolean joinWarpBarriers() {
    int there = 0;
    for (int g = 0; g < groups; g++) {
      if (states[g] == State.AT_SYNC && code[pcs[g]] instanceof WarpInstructions.WarpBarrier) {
        there |= masks[g];
      }
    }
    boolean met = false;
    for (int g = groups - 1; g >= 0; g--) {
      if (states[g] == State.AT_SYNC && code[pcs[g]] instanceof WarpInstructions.WarpBarrier b) {
        int lanes = b.complete(warp, masks[g], there);
        if (lanes == masks[g]) {
          int at = pcs[g];
          warp.synchronise(there);
          remove(g);
          add(at + 1, lanes, State.READY);
          met = true;
        }
      }
    }
    return met;
  }
}
