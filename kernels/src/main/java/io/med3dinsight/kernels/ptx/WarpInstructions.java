package io.med3dinsight.kernels.ptx;

/** Operations between the lanes of a warp that wait for the lanes of a member mask. */
final class WarpInstructions {
  private WarpInstructions() {}

  /** Base of all .sync operations. */
  abstract static class Sync extends Instruction {
    final int members;

    /**
     * @param members register of the member mask, -1 when all lanes must take part (.aligned matrix
     *     operations)
     */
    Sync(int members) {
      super(Flow.WARP_SYNC);
      this.members = members;
    }

    int members(Warp w, int lane) {
      return members < 0 ? -1 : w.ints[members][lane];
    }

    /** Those of the lanes present whose member masks are complete. */
    int ready(Warp w, int present) {
      return complete(w, present, present);
    }

    /** Those of some lanes whose members are all among the lanes present. */
    final int complete(Warp w, int lanes, int present) {
      int ready = 0;
      for (int m = lanes; m != 0; m &= m - 1) {
        int lane = Integer.numberOfTrailingZeros(m);
        int named = members(w, lane);
        if ((named >>> lane & 1) == 0) {
          throw w.fault(
              FaultKind.INVALID_SYNC_MASK,
              lane,
              0,
              "member mask 0x"
                  + Integer.toHexString(named)
                  + " does not name lane "
                  + lane
                  + ", which executes it");
        }
        if ((named & ~w.idle & ~present) == 0) {
          ready |= 1 << lane;
        }
      }
      return ready;
    }

    @Override
    final void execute(Warp w, int mask) {
      int left = mask;
      while (left != 0) {
        int named = members(w, Warp.firstLane(left));
        int group = left & named;
        perform(w, group);
        w.synchronise(group);
        left &= ~group;
      }
    }

    /** Acts for lanes that share a member mask. */
    abstract void perform(Warp w, int lanes);
  }

  /** bar.warp.sync. */
  static final class WarpBarrier extends Sync {
    WarpBarrier(int members) {
      super(members);
    }

    @Override
    void perform(Warp w, int lanes) {
      // Waiting is all there is to do.
    }
  }

  /** shfl.sync. */
  static final class Shuffle extends Sync {
    enum Mode {
      UP,
      DOWN,
      BFLY,
      IDX
    }

    private final Mode mode;
    private final int dest;
    private final int found;
    private final int value;
    private final int lane;
    private final int clamp;

    Shuffle(Mode mode, int dest, int found, int value, int lane, int clamp, int members) {
      super(members);
      this.mode = mode;
      this.dest = dest;
      this.found = found;
      this.value = value;
      this.lane = lane;
      this.clamp = clamp;
    }

    static Instruction decode(Names n) {
      Operand d = n.statement.operand(0);
      boolean pair = d.kind() == Operand.Kind.PAIR;
      Mode mode =
          switch (n.statement.opcode().get(2)) {
            case "up" -> Mode.UP;
            case "down" -> Mode.DOWN;
            case "bfly" -> Mode.BFLY;
            case "idx" -> Mode.IDX;
            default -> throw n.statement.unsupported("shuffle mode");
          };
      return new Shuffle(
          mode,
          n.intDest(pair ? d.parts().get(0) : d),
          pair ? n.predDest(d.parts().get(1)) : -1,
          n.i(1),
          n.i(2),
          n.i(3),
          n.i(4));
    }

    @Override
    void perform(Warp w, int lanes) {
      int[] a = w.ints[value];
      int[] out = w.intScratch;
      int inRange = 0;
      for (int m = lanes; m != 0; m &= m - 1) {
        int i = Integer.numberOfTrailingZeros(m);
        int j = from(w, i);
        if (j < 0) {
          out[i] = a[i];
          continue;
        }
        inRange |= 1 << i;
        if ((lanes >>> j & 1) == 0) {
          throw w.fault(
              FaultKind.INVALID_SYNC_MASK,
              i,
              0,
              "lane " + i + " reads from lane " + j + ", which takes no part");
        }
        out[i] = a[j];
      }
      int[] d = w.ints[dest];
      for (int m = lanes; m != 0; m &= m - 1) {
        int i = Integer.numberOfTrailingZeros(m);
        d[i] = out[i];
      }
      if (found >= 0) {
        w.preds[found] = (w.preds[found] & ~lanes) | inRange;
      }
    }

    /**
     * The lane read from, or -1 when it lies outside the segment and the lane keeps its own value.
     */
    private int from(Warp w, int i) {
      int b = w.ints[lane][i] & 31;
      int c = w.ints[clamp][i];
      int bound = c & 31;
      int segment = c >>> 8 & 31;
      int max = (i & segment) | (bound & ~segment);
      int min = i & segment;
      int j =
          switch (mode) {
            case UP -> i - b;
            case DOWN -> i + b;
            case BFLY -> i ^ b;
            case IDX -> min | (b & ~segment);
          };
      boolean inside = mode == Mode.UP ? j >= max : j <= max;
      return inside ? j : -1;
    }
  }

  /** vote.sync. */
  static final class Vote extends Sync {
    private final String mode;
    private final int dest;
    private final int pred;
    private final boolean inverted;

    Vote(String mode, int dest, int pred, boolean inverted, int members) {
      super(members);
      this.mode = mode;
      this.dest = dest;
      this.pred = pred;
      this.inverted = inverted;
    }

    static Instruction decode(Names n) {
      String mode = n.statement.opcode().get(2);
      Operand p = n.statement.operand(1);
      int dest = mode.equals("ballot") ? n.id(0) : n.pd(0);
      return new Vote(mode, dest, n.pred(p), p.inverts(), n.i(2));
    }

    @Override
    void perform(Warp w, int lanes) {
      int votes = (inverted ? ~w.preds[pred] : w.preds[pred]) & lanes;
      if (mode.equals("ballot")) {
        for (int m = lanes; m != 0; m &= m - 1) {
          w.ints[dest][Integer.numberOfTrailingZeros(m)] = votes;
        }
        return;
      }
      boolean yes =
          switch (mode) {
            case "all" -> votes == lanes;
            case "any" -> votes != 0;
            default -> votes == 0 || votes == lanes;
          };
      w.preds[dest] = (w.preds[dest] & ~lanes) | (yes ? lanes : 0);
    }
  }

  /** match.sync: lanes with the same value. */
  static final class Match extends Sync {
    private final boolean all;
    private final int dest;
    private final int pred;
    private final int value;
    private final boolean wide;

    Match(boolean all, int dest, int pred, int value, boolean wide, int members) {
      super(members);
      this.all = all;
      this.dest = dest;
      this.pred = pred;
      this.value = value;
      this.wide = wide;
    }

    static Instruction decode(Names n) {
      Operand d = n.statement.operand(0);
      boolean pair = d.kind() == Operand.Kind.PAIR;
      boolean wide = n.statement.type().equals("b64");
      return new Match(
          n.statement.has("all"),
          n.intDest(pair ? d.parts().get(0) : d),
          pair ? n.predDest(d.parts().get(1)) : -1,
          wide ? n.l(1) : n.i(1),
          wide,
          n.i(2));
    }

    @Override
    void perform(Warp w, int lanes) {
      int[] out = w.intScratch;
      for (int m = lanes; m != 0; m &= m - 1) {
        int i = Integer.numberOfTrailingZeros(m);
        int same = 0;
        for (int k = lanes; k != 0; k &= k - 1) {
          int j = Integer.numberOfTrailingZeros(k);
          same |= value(w, i) == value(w, j) ? 1 << j : 0;
        }
        out[i] = all && same != lanes ? 0 : same;
      }
      for (int m = lanes; m != 0; m &= m - 1) {
        int i = Integer.numberOfTrailingZeros(m);
        w.ints[dest][i] = out[i];
        if (pred >= 0) {
          w.preds[pred] = out[i] != 0 ? w.preds[pred] | 1 << i : w.preds[pred] & ~(1 << i);
        }
      }
    }

    private long value(Warp w, int lane) {
      return wide ? w.longs[value][lane] : w.ints[value][lane];
    }
  }

  /** redux.sync. */
  static final class Reduce extends Sync {
    private final int dest;
    private final int value;
    private final Kernels.TernaryInt step;

    Reduce(int dest, int value, Kernels.TernaryInt step, int members) {
      super(members);
      this.dest = dest;
      this.value = value;
      this.step = step;
    }

    static Instruction decode(Names n) {
      boolean signed = Types.isSigned(n.statement.type());
      Kernels.TernaryInt step =
          switch (n.statement.opcode().get(2)) {
            case "add" -> (a, b, c) -> a + b;
            case "min" ->
                signed
                    ? (a, b, c) -> Math.min(a, b)
                    : (a, b, c) -> Integer.compareUnsigned(a, b) < 0 ? a : b;
            case "max" ->
                signed
                    ? (a, b, c) -> Math.max(a, b)
                    : (a, b, c) -> Integer.compareUnsigned(a, b) > 0 ? a : b;
            case "and" -> (a, b, c) -> a & b;
            case "or" -> (a, b, c) -> a | b;
            case "xor" -> (a, b, c) -> a ^ b;
            default -> throw n.statement.unsupported("reduction");
          };
      return new Reduce(n.id(0), n.i(1), step, n.i(2));
    }

    @Override
    void perform(Warp w, int lanes) {
      int first = Warp.firstLane(lanes);
      int r = w.ints[value][first];
      for (int m = lanes & (lanes - 1); m != 0; m &= m - 1) {
        r = step.apply(r, w.ints[value][Integer.numberOfTrailingZeros(m)], 0);
      }
      for (int m = lanes; m != 0; m &= m - 1) {
        w.ints[dest][Integer.numberOfTrailingZeros(m)] = r;
      }
    }
  }

  /** activemask: the lanes that execute together just now. */
  static final class ActiveMask extends Instruction {
    private final int dest;

    ActiveMask(int dest) {
      this.dest = dest;
    }

    @Override
    void execute(Warp w, int mask) {
      for (int m = mask; m != 0; m &= m - 1) {
        w.ints[dest][Integer.numberOfTrailingZeros(m)] = mask;
      }
    }
  }
}
