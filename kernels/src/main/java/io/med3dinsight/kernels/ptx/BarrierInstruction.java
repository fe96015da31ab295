package io.med3dinsight.kernels.ptx;

/** bar and barrier: sync, arrive, and red with popc, and, or. */
final class BarrierInstruction extends Instruction {
  private enum Reduction {
    NONE,
    POPC,
    AND,
    OR
  }

  private final int id;
  private final int count;
  private final boolean arrive;
  private final Reduction reduction;
  private final int dest;
  private final int source1;
  private final boolean inverted;

  private BarrierInstruction(
      int id,
      int count,
      boolean arrive,
      Reduction reduction,
      int dest,
      int source1,
      boolean inverted) {
    super(Flow.BARRIER);
    this.id = id;
    this.count = count;
    this.arrive = arrive;
    this.reduction = reduction;
    this.dest = dest;
    this.source1 = source1;
    this.inverted = inverted;
  }

  static Instruction decode(Names n) {
    Statement s = n.statement;
    if (s.has("red")) {
      boolean counted = s.operands().size() == 4;
      Operand p = s.operand(counted ? 3 : 2);
      boolean popc = s.has("popc");
      Reduction r = popc ? Reduction.POPC : s.has("and") ? Reduction.AND : Reduction.OR;
      return new BarrierInstruction(
          n.i(1),
          counted ? n.i(2) : -1,
          false,
          r,
          popc ? n.id(0) : n.pd(0),
          n.pred(p),
          p.inverts());
    }
    int count = s.operands().size() > 1 ? n.i(1) : -1;
    return new BarrierInstruction(n.i(0), count, s.has("arrive"), Reduction.NONE, 0, 0, false);
  }

  boolean arriveOnly() {
    return arrive;
  }

  boolean hasCount() {
    return count >= 0;
  }

  int id(Warp w, int lanes) {
    int v = w.ints[id][Warp.firstLane(lanes)];
    if (v < 0 || v > 15) {
      throw w.fault(
          FaultKind.DIVERGENT_BARRIER,
          Warp.firstLane(lanes),
          0,
          "barrier " + v + "; there are 0 to 15");
    }
    return v;
  }

  int threads(Warp w, int lanes, int all) {
    if (count < 0) {
      return all;
    }
    int n = w.ints[count][Warp.firstLane(lanes)];
    if (n <= 0 || n % LANES != 0) {
      throw w.fault(
          FaultKind.DIVERGENT_BARRIER,
          Warp.firstLane(lanes),
          0,
          "a barrier of " + n + " threads; the number must be a multiple of 32");
    }
    return n;
  }

  int neutral() {
    return reduction == Reduction.AND ? 1 : 0;
  }

  int reduce(Warp w, int lanes, int before) {
    if (reduction == Reduction.NONE) {
      return before;
    }
    int p = (inverted ? ~w.preds[source1] : w.preds[source1]) & lanes;
    return switch (reduction) {
      case POPC -> before + Integer.bitCount(p);
      case AND -> p == lanes ? before : 0;
      default -> p != 0 ? 1 : before;
    };
  }

  void result(Warp w, int lanes, int value) {
    if (reduction == Reduction.POPC) {
      for (int m = lanes; m != 0; m &= m - 1) {
        w.ints[dest][Integer.numberOfTrailingZeros(m)] = value;
      }
    } else if (reduction != Reduction.NONE) {
      w.preds[dest] = (w.preds[dest] & ~lanes) | (value != 0 ? lanes : 0);
    }
  }

  @Override
  void execute(Warp w, int mask) {
    throw new IllegalStateException("barriers are executed by the block");
  }
}
