package io.med3dinsight.kernels.ptx;

/**
 * Extended precision: add.cc, addc, sub.cc, subc, mad.cc, madc of 32 and 64 bits, with a carry flag
 * per lane.
 */
final class CarryInstructions {
  private CarryInstructions() {}

  static Instruction decode(Names n) {
    Statement s = n.statement;
    boolean wide = Types.isLong(s.type());
    boolean carryIn = s.op().endsWith("c");
    boolean mad = s.op().startsWith("mad");
    boolean sub = s.op().startsWith("sub");
    int[] sources = new int[mad ? 3 : 2];
    for (int i = 0; i < sources.length; i++) {
      sources[i] = wide ? n.l(i + 1) : n.i(i + 1);
    }
    int dest = wide ? n.ld(0) : n.id(0);
    return new Carry(
        dest, sources, wide, sub, s.has("hi"), Types.isSigned(s.type()), carryIn, s.has("cc"));
  }

  private static final class Carry extends Instruction {
    private final int dest;
    private final int[] sources;
    private final boolean wide;
    private final boolean sub;
    private final boolean high;
    private final boolean signed;
    private final boolean in;
    private final boolean out;

    private Carry(
        int dest,
        int[] sources,
        boolean wide,
        boolean sub,
        boolean high,
        boolean signed,
        boolean in,
        boolean out) {
      this.dest = dest;
      this.sources = sources;
      this.wide = wide;
      this.sub = sub;
      this.high = high;
      this.signed = signed;
      this.in = in;
      this.out = out;
    }

    @Override
    void execute(Warp w, int mask) {
      int carries = w.carry;
      for (int m = mask; m != 0; m &= m - 1) {
        int lane = Integer.numberOfTrailingZeros(m);
        int flag = in ? carries >>> lane & 1 : 0;
        boolean next = wide ? longs(w, lane, flag) : words(w, lane, flag);
        if (out) {
          w.carry = next ? w.carry | 1 << lane : w.carry & ~(1 << lane);
        }
      }
    }

    private boolean words(Warp w, int lane, int flag) {
      long x = w.ints[sources[0]][lane] & 0xffffffffL;
      long y = w.ints[sources[1]][lane] & 0xffffffffL;
      if (sources.length == 3) {
        long p = signed ? (long) (int) x * (int) y : x * y;
        x = high ? p >>> 32 : p & 0xffffffffL;
        y = w.ints[sources[2]][lane] & 0xffffffffL;
      }
      long r = sub ? x - y - flag : x + y + flag;
      w.ints[dest][lane] = (int) r;
      return (r >>> 32 & 1) != 0;
    }

    private boolean longs(Warp w, int lane, int flag) {
      long x = w.longs[sources[0]][lane];
      long y = w.longs[sources[1]][lane];
      if (sources.length == 3) {
        x =
            !high
                ? x * y
                : signed ? Math.multiplyHigh(x, y) : IntegerDecoder.LongDecoder.unsignedHigh(x, y);
        y = w.longs[sources[2]][lane];
      }
      long r = sub ? x - y - flag : x + y + flag;
      w.longs[dest][lane] = r;
      // Carry or borrow out of the top bit (Hacker's Delight, 2-13).
      return (sub ? (~x & y) | (~(x ^ y) & r) : (x & y) | ((x | y) & ~r)) < 0;
    }
  }
}
