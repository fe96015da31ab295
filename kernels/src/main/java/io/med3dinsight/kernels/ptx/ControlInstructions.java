package io.med3dinsight.kernels.ptx;

import java.util.List;

/** Instructions that steer; the scheduler carries them out. */
final class ControlInstructions {
  private ControlInstructions() {}

  private abstract static class Steering extends Instruction {
    Steering(Flow flow) {
      super(flow);
    }

    @Override
    void execute(Warp w, int mask) {
      throw new IllegalStateException("executed by the scheduler");
    }
  }

  /** bra. */
  static final class Branch extends Steering {
    final int target;

    Branch(int target) {
      super(Flow.BRANCH);
      this.target = target;
    }
  }

  /** brx.idx: a jump by table. */
  static final class Table extends Steering {
    final int selector;
    final int[] targets;

    Table(int selector, int[] targets) {
      super(Flow.TABLE);
      this.selector = selector;
      this.targets = targets;
    }
  }

  /** ret and exit. */
  static final class End extends Steering {
    End(Flow flow) {
      super(flow);
    }
  }

  /** Bytes copied between the parameters of caller and callee, in the local memory of a lane. */
  record Copy(int from, int to, int bytes) {}

  /** call of a known function: arguments are copied in, results out. */
  static final class Call extends Steering {
    final int target;
    private final List<Copy> arguments;
    private final List<Copy> results;

    Call(int target, List<Copy> arguments, List<Copy> results) {
      super(Flow.CALL);
      this.target = target;
      this.arguments = arguments;
      this.results = results;
    }

    void pass(Warp w, int lane) {
      copy(w, lane, arguments);
    }

    void hand(Warp w, int lane) {
      copy(w, lane, results);
    }

    private static void copy(Warp w, int lane, List<Copy> copies) {
      int base = lane * w.program.localBytes;
      for (Copy c : copies) {
        System.arraycopy(w.local.data, base + c.from, w.local.data, base + c.to, c.bytes);
        System.arraycopy(w.local.state, base + c.from, w.local.state, base + c.to, c.bytes);
      }
    }
  }

  /** trap, and calls of the assertion handler. */
  static final class Trap extends Instruction {
    private final String message;

    Trap(String message) {
      this.message = message;
    }

    @Override
    void execute(Warp w, int mask) {
      throw w.fault(FaultKind.TRAP, Warp.firstLane(mask), 0, message);
    }
  }

  /** Fences, hints and sleeping: nothing to do, since the simulation is sequentially consistent. */
  static final class Nothing extends Instruction {
    @Override
    void execute(Warp w, int mask) {
      // Memory operations take effect at once and in order.
    }
  }
}
