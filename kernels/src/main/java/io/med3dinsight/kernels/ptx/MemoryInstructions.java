package io.med3dinsight.kernels.ptx;

import java.util.List;

/** ld, st and the loads of parameters. */
final class MemoryInstructions {
  private MemoryInstructions() {}

  /** Destination or source register of one element. */
  private static Names.Register[] registers(Names n, List<Operand> elements, boolean dest) {
    Names.Register[] out = new Names.Register[elements.size()];
    boolean wide = Types.isLong(n.statement.type());
    for (int i = 0; i < out.length; i++) {
      Operand o = elements.get(i);
      Names.Register r = n.register(o);
      if (r == null && dest && o.isSink()) {
        r =
            new Names.Register(
                wide ? Names.File.LONG : Names.File.INT, wide ? n.longDest(o) : n.intDest(o));
      } else if (r == null && !dest) {
        r =
            wide
                ? new Names.Register(Names.File.LONG, n.longSource(o))
                : new Names.Register(Names.File.INT, n.intSource(o));
      }
      if (r == null || r.file() == Names.File.PRED) {
        throw n.statement.unsupported("operand " + o);
      }
      out[i] = r;
    }
    return out;
  }

  private static boolean strong(Statement s) {
    return s.has("relaxed") || s.has("acquire") || s.has("release");
  }

  static Instruction load(Names n) {
    Statement s = n.statement;
    Names.Register[] to = registers(n, s.operand(0).elements(), true);
    MemoryInstruction.Address a = MemoryInstruction.Address.of(n, s.operand(1), Space.of(s));
    return new Load(a, s.type(), to, strong(s));
  }

  static Instruction store(Names n) {
    Statement s = n.statement;
    Names.Register[] from = registers(n, s.operand(1).elements(), false);
    MemoryInstruction.Address a = MemoryInstruction.Address.of(n, s.operand(0), Space.of(s));
    return new Store(a, s.type(), from, strong(s));
  }

  /** ld in all spaces. */
  static final class Load extends MemoryInstruction {
    private final int element;
    private final int bytes;
    private final boolean signed;
    private final boolean strong;
    private final Names.Register[] to;

    Load(Address a, String type, Names.Register[] to, boolean strong) {
      super(a);
      this.element = Types.bytes(type);
      this.bytes = element * to.length;
      this.signed = Types.isSigned(type);
      this.to = to;
      this.strong = strong;
    }

    @Override
    void execute(Warp w, int mask) {
      addresses(w);
      if (space == Space.PARAM) {
        parameters(w, mask);
        return;
      }
      if (w.launch.options.statistics()) {
        count(w, mask, bytes, false);
      }
      boolean word = element == 4 && to.length == 1 && to[0].file() == Names.File.INT;
      if (space == Space.SHARED && word) {
        sharedWords(w, mask);
        return;
      }
      for (int m = mask; m != 0; m &= m - 1) {
        int lane = Integer.numberOfTrailingZeros(m);
        long address = w.addresses[lane];
        Region r = locate(w, space, lane, address, bytes);
        int at = position(w, r, space, lane, address);
        checkRead(w, r, at, bytes, lane, address, strong);
        if (word) {
          w.ints[to[0].index()][lane] = r.getInt(at);
        } else {
          fetch(w, r, at, lane);
        }
      }
    }

    /** The most frequent load, with what is the same for all lanes taken out of the loop. */
    private void sharedWords(Warp w, int mask) {
      Region r = w.block.shared;
      Races races = r.races;
      int[] out = w.ints[to[0].index()];
      long base = w.stamp(0) | (strong ? Races.ATOMIC : 0);
      long last = -1;
      int repeated = 0;
      for (int m = mask; m != 0; m &= m - 1) {
        int lane = Integer.numberOfTrailingZeros(m);
        long address = w.addresses[lane];
        int at = (int) address;
        repeated = address == last ? repeated + 1 : 0;
        last = address;
        if (repeated > 1) {
          // A broadcast: two readers are on record, which is all the record keeps.
          out[lane] = r.getInt(at);
          continue;
        }
        boolean inside = (address & 3) == 0 && address >= 0 && address <= r.size - 4;
        boolean clean = inside && r.written(at, 4);
        if (!clean
            || races != null
                && races.read(w, base | (long) lane << Races.THREAD_SHIFT, at, 4) != 0) {
          locate(w, space, lane, address, 4);
          checkRead(w, r, at, 4, lane, address, strong);
        }
        out[lane] = r.getInt(at);
      }
    }

    private void fetch(Warp w, Region r, int at, int lane) {
      for (int k = 0; k < to.length; k++) {
        put(w, to[k], lane, value(r, at + k * element));
      }
    }

    private static void put(Warp w, Names.Register to, int lane, long v) {
      if (to.file() == Names.File.LONG) {
        w.longs[to.index()][lane] = v;
      } else {
        w.ints[to.index()][lane] = (int) v;
      }
    }

    private long value(Region r, int at) {
      return switch (element) {
        case 1 -> signed ? r.getByte(at) : r.getByte(at) & 0xff;
        case 2 -> signed ? r.getShort(at) : r.getShort(at) & 0xffff;
        case 4 -> signed ? r.getInt(at) : r.getInt(at) & 0xffffffffL;
        default -> r.getLong(at);
      };
    }

    private void parameters(Warp w, int mask) {
      byte[] p = w.launch.parameters;
      for (int m = mask; m != 0; m &= m - 1) {
        int lane = Integer.numberOfTrailingZeros(m);
        long at = w.addresses[lane];
        if (at < 0 || at > p.length - bytes) {
          throw w.fault(
              FaultKind.OUT_OF_BOUNDS,
              lane,
              at,
              "parameter offset " + at + " of " + p.length + " bytes");
        }
        if ((at & (bytes - 1)) != 0) {
          throw w.fault(
              FaultKind.MISALIGNED,
              lane,
              at,
              "parameter offset " + at + " is not a multiple of " + bytes);
        }
        for (int k = 0; k < to.length; k++) {
          put(w, to[k], lane, bytes(p, (int) at + k * element));
        }
      }
    }

    private long bytes(byte[] p, int at) {
      long v = 0;
      for (int i = element - 1; i >= 0; i--) {
        v = v << 8 | p[at + i] & 0xff;
      }
      int unused = 64 - 8 * element;
      return signed ? v << unused >> unused : v;
    }
  }

  /** st in all spaces. */
  static final class Store extends MemoryInstruction {
    private final int element;
    private final int bytes;
    private final boolean strong;
    private final Names.Register[] from;

    Store(Address a, String type, Names.Register[] from, boolean strong) {
      super(a);
      this.element = Types.bytes(type);
      this.bytes = element * from.length;
      this.from = from;
      this.strong = strong;
    }

    @Override
    void execute(Warp w, int mask) {
      addresses(w);
      if (w.launch.options.statistics()) {
        count(w, mask, bytes, true);
      }
      for (int m = mask; m != 0; m &= m - 1) {
        int lane = Integer.numberOfTrailingZeros(m);
        long address = w.addresses[lane];
        if (actual(space, address) == Space.PARAM) {
          throw w.fault(FaultKind.READ_ONLY_STORE, lane, address, "parameters are constant");
        }
        Region r = locate(w, space, lane, address, bytes);
        int at = position(w, r, space, lane, address);
        if (space == Space.CONST) {
          throw w.fault(FaultKind.READ_ONLY_STORE, lane, address, r.name + " is constant");
        }
        checkWrite(w, r, at, bytes, lane, address, strong);
        for (int k = 0; k < from.length; k++) {
          put(w, r, at + k * element, from[k], lane);
        }
      }
    }

    private void put(Warp w, Region r, int at, Names.Register from, int lane) {
      if (element == 8) {
        r.putLong(
            at,
            from.file() == Names.File.LONG
                ? w.longs[from.index()][lane]
                : w.ints[from.index()][lane]);
        return;
      }
      int v =
          from.file() == Names.File.LONG
              ? (int) w.longs[from.index()][lane]
              : w.ints[from.index()][lane];
      switch (element) {
        case 1 -> r.putByte(at, v);
        case 2 -> r.putShort(at, v);
        default -> r.putInt(at, v);
      }
    }
  }
}
