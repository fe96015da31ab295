package io.med3dinsight.kernels.ptx;

import static io.med3dinsight.kernels.ptx.Kernels.LANES;

import java.util.List;

/** mov with its packing forms, cvta and isspacep. */
final class MoveDecoder {
  private MoveDecoder() {}

  static Instruction decode(Names n) {
    return switch (n.statement.op()) {
      case "cvta" -> cvta(n);
      case "isspacep" -> isspacep(n);
      default -> mov(n);
    };
  }

  private static Instruction mov(Names n) {
    Statement s = n.statement;
    Operand from = s.operand(1);
    if (s.operand(0).kind() == Operand.Kind.VECTOR) {
      return unpack(n, s.operand(0).parts());
    }
    if (from.kind() == Operand.Kind.VECTOR) {
      return pack(n, from.parts());
    }
    if (s.type().equals("pred")) {
      int a = n.pred(from);
      boolean inverted = from.inverts();
      return new Kernels.BitInstruction(n.pd(0), w -> inverted ? ~w.preds[a] : w.preds[a]);
    }
    if (!Types.isLong(s.type())) {
      return n.ints(copy(n.i(1)));
    }
    if ("%clock64".equals(from.name()) || "%globaltimer".equals(from.name())) {
      return n.longs((w, o) -> java.util.Arrays.fill(o, w.counters.warpInstructions));
    }
    return n.longs(copyLongs(n.l(1)));
  }

  private static Kernels.Ints copy(int a) {
    return (w, o) -> System.arraycopy(w.ints[a], 0, o, 0, LANES);
  }

  private static Kernels.Longs copyLongs(int a) {
    return (w, o) -> System.arraycopy(w.longs[a], 0, o, 0, LANES);
  }

  private static Instruction pack(Names n, List<Operand> parts) {
    int width = 8 * Types.bytes(n.statement.type()) / parts.size();
    long mask = (1L << width) - 1;
    int[] from = parts.stream().mapToInt(n::intSource).toArray();
    if (Types.isLong(n.statement.type())) {
      return n.longs(
          (w, o) -> {
            for (int i = 0; i < LANES; i++) {
              o[i] = packed(w, from, width, mask, i);
            }
          });
    }
    return n.ints(
        (w, o) -> {
          for (int i = 0; i < LANES; i++) {
            o[i] = (int) packed(w, from, width, mask, i);
          }
        });
  }

  private static long packed(Warp w, int[] from, int width, long mask, int lane) {
    long v = 0;
    for (int k = from.length - 1; k >= 0; k--) {
      v = v << width | w.ints[from[k]][lane] & mask;
    }
    return v;
  }

  private static Instruction unpack(Names n, List<Operand> parts) {
    boolean wide = Types.isLong(n.statement.type());
    int width = 8 * Types.bytes(n.statement.type()) / parts.size();
    long mask = (1L << width) - 1;
    int a = wide ? n.l(1) : n.i(1);
    Instruction[] out = new Instruction[parts.size()];
    for (int k = 0; k < out.length; k++) {
      int shift = k * width;
      Kernels.Ints kernel =
          wide
              ? Kernels.fromLongs(a, x -> (int) (x >>> shift & mask))
              : Kernels.ints(a, x -> (int) (x >>> shift & mask));
      out[k] = new Kernels.IntInstruction(n.intDest(parts.get(k)), kernel);
    }
    return new Kernels.Sequence(out);
  }

  private static Instruction cvta(Names n) {
    long window = Space.of(n.statement).window();
    boolean to = n.statement.has("to");
    if (!Types.isLong(n.statement.type())) {
      throw n.statement.unsupported("32-bit generic addresses");
    }
    if (window == 0) {
      return n.longs(copyLongs(n.l(1)));
    }
    long shift = to ? -window : window;
    return n.longs(Kernels.longs(n.l(1), x -> x + shift));
  }

  private static Instruction isspacep(Names n) {
    Space space = Space.of(n.statement);
    int a = n.l(1);
    return new Kernels.BitInstruction(
        n.pd(0),
        w -> {
          int r = 0;
          for (int i = 0; i < LANES; i++) {
            r |= Space.ofAddress(w.longs[a][i]) == space ? 1 << i : 0;
          }
          return r;
        });
  }
}
