package io.med3dinsight.kernels.ptx;

/** atom and red on global and shared memory; lanes take effect in lane order. */
final class AtomicInstruction extends MemoryInstruction {
  /** New value from the old one and the operands. */
  private interface Update {
    long apply(long old, long b, long c);
  }

  private final Update update;
  private final int bytes;
  private final Names.Register dest;
  private final int b;
  private final int c;

  private AtomicInstruction(
      Address a, Update update, int bytes, Names.Register dest, int b, int c) {
    super(a);
    this.update = update;
    this.bytes = bytes;
    this.dest = dest;
    this.b = b;
    this.c = c;
  }

  static Instruction decode(Names n) {
    Statement s = n.statement;
    boolean red = s.op().equals("red");
    int first = red ? 0 : 1;
    String type = s.type();
    int bytes = Types.bytes(type);
    if (bytes < 4 || type.endsWith("x2")) {
      throw s.unsupported("atomic type");
    }
    boolean wide = bytes == 8;
    Names.Register dest = null;
    if (!red) {
      dest =
          wide
              ? new Names.Register(Names.File.LONG, n.ld(0))
              : new Names.Register(Names.File.INT, n.id(0));
    }
    boolean cas = s.has("cas");
    int b = wide ? n.l(first + 1) : n.i(first + 1);
    int c = !cas ? b : wide ? n.l(first + 2) : n.i(first + 2);
    return new AtomicInstruction(
        Address.of(n, s.operand(first), Space.of(s)), update(s, type), bytes, dest, b, c);
  }

  private static Update update(Statement s, String type) {
    for (String q : s.opcode()) {
      switch (q) {
        case "add" -> {
          return add(type);
        }
        case "min" -> {
          return Types.isSigned(type)
              ? (o, b, c) -> Math.min(o, b)
              : (o, b, c) -> Long.compareUnsigned(o, b) < 0 ? o : b;
        }
        case "max" -> {
          return Types.isSigned(type)
              ? (o, b, c) -> Math.max(o, b)
              : (o, b, c) -> Long.compareUnsigned(o, b) > 0 ? o : b;
        }
        case "exch" -> {
          return (o, b, c) -> b;
        }
        case "cas" -> {
          return (o, b, c) -> o == b ? c : o;
        }
        case "and" -> {
          return (o, b, c) -> o & b;
        }
        case "or" -> {
          return (o, b, c) -> o | b;
        }
        case "xor" -> {
          return (o, b, c) -> o ^ b;
        }
        case "inc" -> {
          return (o, b, c) ->
              Long.compareUnsigned(o & 0xffffffffL, b & 0xffffffffL) >= 0 ? 0 : o + 1;
        }
        case "dec" -> {
          return (o, b, c) ->
              (int) o == 0 || Long.compareUnsigned(o & 0xffffffffL, b & 0xffffffffL) > 0
                  ? b
                  : o - 1;
        }
        default -> {
          // Scope, order or space.
        }
      }
    }
    throw s.unsupported("atomic operation");
  }

  private static Update add(String type) {
    return switch (type) {
      case "f32" ->
          (o, b, c) ->
              Floats.bits(
                  Floats.flush(
                      Floats.flush(Float.intBitsToFloat((int) o))
                          + Floats.flush(Float.intBitsToFloat((int) b))));
      case "f64" ->
          (o, b, c) -> Floats.bits(Double.longBitsToDouble(o) + Double.longBitsToDouble(b));
      default -> (o, b, c) -> o + b;
    };
  }

  @Override
  void execute(Warp w, int mask) {
    addresses(w);
    w.counters.atomicBytes += (long) Integer.bitCount(mask) * bytes;
    for (int m = mask; m != 0; m &= m - 1) {
      int lane = Integer.numberOfTrailingZeros(m);
      long address = w.addresses[lane];
      Region r = locate(w, space, lane, address, bytes);
      int at = position(w, r, space, lane, address);
      if (!r.written(at, bytes)) {
        checkRead(w, r, at, bytes, lane, address, true);
      }
      checkWrite(w, r, at, bytes, lane, address, true);
      synchronized (r) {
        change(w, r, at, lane);
      }
    }
  }

  private void change(Warp w, Region r, int at, int lane) {
    if (bytes == 8) {
      long old = r.getLong(at);
      r.putLong(at, update.apply(old, w.longs[b][lane], w.longs[c][lane]));
      if (dest != null) {
        w.longs[dest.index()][lane] = old;
      }
    } else {
      // Sign extension keeps both orders: two's complement compares alike with and without it.
      int old = r.getInt(at);
      r.putInt(at, (int) update.apply(old, w.ints[b][lane], w.ints[c][lane]));
      if (dest != null) {
        w.ints[dest.index()][lane] = old;
      }
    }
  }
}
