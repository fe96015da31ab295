package io.med3dinsight.kernels.ptx;

/** cp.async and its groups. */
final class AsyncDecoder {
  private AsyncDecoder() {}

  static Instruction decode(Names n) {
    Statement s = n.statement;
    if (!s.has("async") || s.has("bulk") || s.has("mbarrier")) {
      throw s.unsupported("instruction");
    }
    if (s.has("commit_group")) {
      return new Commit();
    }
    if (s.has("wait_all")) {
      return new Wait(-1);
    }
    if (s.has("wait_group")) {
      return new Wait((int) s.operand(0).bits(32, s.line()));
    }
    int bytes = (int) s.operand(2).bits(32, s.line());
    if (bytes != 4 && bytes != 8 && bytes != 16 || s.has("cg") && bytes != 16) {
      throw s.unsupported("copy size");
    }
    int size = s.operands().size() > 3 ? n.i(3) : -1;
    return new Copy(
        MemoryInstruction.Address.of(n, s.operand(0), Space.SHARED),
        MemoryInstruction.Address.of(n, s.operand(1), Space.GLOBAL),
        bytes,
        size);
  }

  private static final class Commit extends Instruction {
    @Override
    void execute(Warp w, int mask) {
      w.async.commit(mask);
    }
  }

  private static final class Wait extends Instruction {
    private final int pending;

    private Wait(int pending) {
      this.pending = pending;
    }

    @Override
    void execute(Warp w, int mask) {
      w.async.await(w, mask, pending);
    }
  }

  private static final class Source extends MemoryInstruction {
    private Source(Address a) {
      super(a);
    }

    @Override
    void execute(Warp w, int mask) {
      throw new IllegalStateException("only the addresses are used");
    }
  }

  private static final class Copy extends MemoryInstruction {
    private final Source from;
    private final int bytes;
    private final int size;

    private Copy(Address to, Address from, int bytes, int size) {
      super(to);
      this.from = new Source(from);
      this.bytes = bytes;
      this.size = size;
    }

    @Override
    void execute(Warp w, int mask) {
      long[] to = new long[LANES];
      addresses(w, to);
      if (w.launch.options.statistics()) {
        addresses(w);
        count(w, mask, bytes, true);
        from.addresses(w);
        from.count(w, mask, bytes, false);
      }
      from.addresses(w);
      w.counters.asyncBytes += (long) Integer.bitCount(mask) * bytes;
      w.async.start(w, mask, w.addresses, to, bytes, size < 0 ? null : w.ints[size]);
    }
  }
}
