package io.med3dinsight.kernels.ptx;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigInteger;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Integer, logic and comparison instructions against Java's arithmetic. */
class IntegerInstructionsTest {
  private static final int COUNT = 512;
  private static final long M32 = 0xffffffffL;

  private static long u(long v) {
    return v & M32;
  }

  private static BigInteger unsigned(long v) {
    return new BigInteger(Long.toUnsignedString(v));
  }

  private static Arguments of(String instruction, OneInstruction.Reference f) {
    return Arguments.of(instruction, f);
  }

  static Stream<Arguments> words() {
    return Stream.of(
        of("add.s32 %rd, %ra, %rb;", (a, b, c) -> u(a + b)),
        of("sub.s32 %rd, %ra, %rb;", (a, b, c) -> u(a - b)),
        of(
            "add.sat.s32 %rd, %ra, %rb;",
            (a, b, c) ->
                u(
                    Math.max(
                        Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, (long) (int) a + (int) b)))),
        of("mul.lo.s32 %rd, %ra, %rb;", (a, b, c) -> u(a * b)),
        of("mul.hi.s32 %rd, %ra, %rb;", (a, b, c) -> u((long) (int) a * (int) b >> 32)),
        of("mul.hi.u32 %rd, %ra, %rb;", (a, b, c) -> u(a) * u(b) >>> 32),
        of("mul.wide.s32 %ld, %ra, %rb;", (a, b, c) -> (long) (int) a * (int) b),
        of("mul.wide.u32 %ld, %ra, %rb;", (a, b, c) -> u(a) * u(b)),
        of("mad.lo.s32 %rd, %ra, %rb, %rc;", (a, b, c) -> u(a * b + c)),
        of("mad.hi.u32 %rd, %ra, %rb, %rc;", (a, b, c) -> u((u(a) * u(b) >>> 32) + c)),
        of("mad.wide.s32 %ld, %ra, %rb, %lc;", (a, b, c) -> (long) (int) a * (int) b + c),
        of("mad.wide.u32 %ld, %ra, %rb, %lc;", (a, b, c) -> u(a) * u(b) + c),
        of("sad.s32 %rd, %ra, %rb, %rc;", (a, b, c) -> u(c + Math.abs((long) (int) a - (int) b))),
        of("sad.u32 %rd, %ra, %rb, %rc;", (a, b, c) -> u(c + Math.abs(u(a) - u(b)))),
        of("abs.s32 %rd, %ra;", (a, b, c) -> u(Math.abs((int) a))),
        of("neg.s32 %rd, %ra;", (a, b, c) -> u(-a)),
        of("min.s32 %rd, %ra, %rb;", (a, b, c) -> u(Math.min((int) a, (int) b))),
        of("min.u32 %rd, %ra, %rb;", (a, b, c) -> Math.min(u(a), u(b))),
        of("max.u32 %rd, %ra, %rb;", (a, b, c) -> Math.max(u(a), u(b))),
        of("popc.b32 %rd, %ra;", (a, b, c) -> Integer.bitCount((int) a)),
        of("popc.b64 %rd, %la;", (a, b, c) -> Long.bitCount(a)),
        of("clz.b32 %rd, %ra;", (a, b, c) -> Integer.numberOfLeadingZeros((int) a)),
        of("clz.b64 %rd, %la;", (a, b, c) -> Long.numberOfLeadingZeros(a)),
        of("brev.b32 %rd, %ra;", (a, b, c) -> u(Integer.reverse((int) a))),
        of("brev.b64 %ld, %la;", (a, b, c) -> Long.reverse(a)),
        of(
            "bfind.u32 %rd, %ra;",
            (a, b, c) -> (int) a == 0 ? M32 : 31 - Integer.numberOfLeadingZeros((int) a)),
        of(
            "bfind.shiftamt.u32 %rd, %ra;",
            (a, b, c) -> (int) a == 0 ? M32 : Integer.numberOfLeadingZeros((int) a)),
        of(
            "shf.l.wrap.b32 %rd, %ra, %rb, %rc;",
            (a, b, c) -> u(((b << 32 | u(a)) << (c & 31)) >>> 32)),
        of("shf.r.wrap.b32 %rd, %ra, %rb, %rc;", (a, b, c) -> u((b << 32 | u(a)) >>> (c & 31))),
        of(
            "shf.r.clamp.b32 %rd, %ra, %rb, %rc;",
            (a, b, c) -> u((b << 32 | u(a)) >>> Math.min(u(c), 32))));
  }

  static Stream<Arguments> logic() {
    return Stream.of(
        of("and.b32 %rd, %ra, %rb;", (a, b, c) -> u(a & b)),
        of("or.b64 %ld, %la, %lb;", (a, b, c) -> a | b),
        of("xor.b32 %rd, %ra, %rb;", (a, b, c) -> u(a ^ b)),
        of("not.b64 %ld, %la;", (a, b, c) -> ~a),
        of("cnot.b32 %rd, %ra;", (a, b, c) -> (int) a == 0 ? 1 : 0),
        of("shl.b32 %rd, %ra, %rb;", (a, b, c) -> u(b) > 31 ? 0 : u(a << b)),
        of("shr.u32 %rd, %ra, %rb;", (a, b, c) -> u(b) > 31 ? 0 : u(a) >>> b),
        of("shr.s32 %rd, %ra, %rb;", (a, b, c) -> u((int) a >> Math.min(u(b), 31))),
        of("shl.b64 %ld, %la, %rb;", (a, b, c) -> u(b) > 63 ? 0 : a << b),
        of("shr.u64 %ld, %la, %rb;", (a, b, c) -> u(b) > 63 ? 0 : a >>> b),
        of("shr.s64 %ld, %la, %rb;", (a, b, c) -> a >> Math.min(u(b), 63)),
        of("shl.b16 %hd, %ha, %rb;", (a, b, c) -> u(b) > 15 ? 0 : a << b & 0xffff),
        of("shr.s16 %hd, %ha, %rb;", (a, b, c) -> (short) a >> Math.min(u(b), 15) & 0xffff),
        of("lop3.b32 %rd, %ra, %rb, %rc, 0x96;", (a, b, c) -> u(a ^ b ^ c)),
        of("lop3.b32 %rd, %ra, %rb, %rc, 0xE8;", (a, b, c) -> u(a & b | a & c | b & c)),
        of("lop3.b32 %rd, %ra, %rb, %rc, 0x2A;", (a, b, c) -> u(c & ~(a & b))),
        of("prmt.b32 %rd, %ra, %rb, 0x5410;", (a, b, c) -> u(a & 0xffff | b << 16)),
        of("prmt.b32 %rd, %ra, %rb, 0x0123;", (a, b, c) -> u(Integer.reverseBytes((int) a))),
        of(
            "prmt.b32 %rd, %ra, %rb, 0xFFBB;",
            (a, b, c) -> u(((int) b >> 31) << 16 | ((int) a >> 31) & 0xffff)),
        of("mov.b64 %ld, {%ra, %rb};", (a, b, c) -> u(a) | b << 32),
        of("mov.b32 %rd, {%ha, %hb};", (a, b, c) -> a & 0xffff | (b & 0xffff) << 16),
        of("mov.b64 {%t5, %rd}, %la;", (a, b, c) -> a >>> 32),
        of("selp.b32 %rd, %ra, %rb, %pn;", (a, b, c) -> u(b)),
        of("slct.b32.s32 %rd, %ra, %rb, %rc;", (a, b, c) -> (int) c >= 0 ? u(a) : u(b)),
        of("setp.lt.s32 %pd, %ra, %rb;", (a, b, c) -> (int) a < (int) b ? 1 : 0),
        of("setp.ge.u32 %pd, %ra, %rb;", (a, b, c) -> u(a) >= u(b) ? 1 : 0),
        of("setp.hi.u32 %pd, %ra, %rb;", (a, b, c) -> u(a) > u(b) ? 1 : 0),
        of("setp.le.s32 %pd, %ra, %rb;", (a, b, c) -> (int) a <= (int) b ? 1 : 0),
        of("setp.eq.b64 %pd, %la, %lb;", (a, b, c) -> a == b ? 1 : 0),
        of("setp.gt.u64 %pd, %la, %lb;", (a, b, c) -> Long.compareUnsigned(a, b) > 0 ? 1 : 0),
        of("setp.lt.s16 %pd, %ha, %hb;", (a, b, c) -> (short) a < (short) b ? 1 : 0),
        of(
            "setp.ne.s32 %pe, %rc, 0; setp.lt.and.s32 %pd|%pe, %ra, %rb, %pe;",
            (a, b, c) -> (int) a < (int) b && (int) c != 0 ? 1 : 0),
        of(
            "setp.ne.s32 %pe, %rc, 0; setp.lt.or.s32 %pe|%pd, %ra, %rb, !%pe;",
            (a, b, c) -> !((int) a < (int) b) || (int) c == 0 ? 1 : 0),
        of("set.le.u32.s32 %rd, %ra, %rb;", (a, b, c) -> (int) a <= (int) b ? M32 : 0));
  }

  static Stream<Arguments> longs() {
    return Stream.of(
        of("add.s64 %ld, %la, %lb;", (a, b, c) -> a + b),
        of("mul.lo.u64 %ld, %la, %lb;", (a, b, c) -> a * b),
        of(
            "mul.hi.u64 %ld, %la, %lb;",
            (a, b, c) -> unsigned(a).multiply(unsigned(b)).shiftRight(64).longValue()),
        of(
            "mul.hi.s64 %ld, %la, %lb;",
            (a, b, c) ->
                BigInteger.valueOf(a).multiply(BigInteger.valueOf(b)).shiftRight(64).longValue()),
        of("mad.lo.s64 %ld, %la, %lb, %lc;", (a, b, c) -> a * b + c),
        of("min.u64 %ld, %la, %lb;", (a, b, c) -> unsigned(a).min(unsigned(b)).longValue()),
        of("max.s64 %ld, %la, %lb;", (a, b, c) -> Math.max(a, b)),
        of(
            "or.b64 %lb, %lb, 1; div.u64 %ld, %la, %lb;",
            (a, b, c) -> Long.divideUnsigned(a, b | 1)),
        of("or.b64 %lb, %lb, 1; rem.s64 %ld, %la, %lb;", (a, b, c) -> a % (b | 1)),
        of("or.b32 %rb, %rb, 1; div.s32 %rd, %ra, %rb;", (a, b, c) -> u((int) a / ((int) b | 1))),
        of("or.b32 %rb, %rb, 1; rem.u32 %rd, %ra, %rb;", (a, b, c) -> u(a) % u(b | 1)),
        of("bfe.u32 %rd, %ra, %rb, %rc;", (a, b, c) -> field(u(a), b, c, 32, false) & M32),
        of("bfe.s32 %rd, %ra, %rb, %rc;", (a, b, c) -> field((int) a, b, c, 32, true) & M32),
        of("bfe.u64 %ld, %la, %rb, %rc;", (a, b, c) -> field(a, b, c, 64, false)),
        of("bfe.s64 %ld, %la, %rb, %rc;", (a, b, c) -> field(a, b, c, 64, true)),
        of("bfi.b32 %rd, %ra, %rb, %rc, 7;", (a, b, c) -> insert(u(a), u(b), (int) c & 255, 7, 32)),
        of("bfi.b64 %ld, %la, %lb, 32, 32;", (a, b, c) -> a << 32 | u(b)),
        of("bfi.b64 %ld, %la, %lb, %rc, 9;", (a, b, c) -> insert(a, b, (int) c & 255, 9, 64)),
        of(
            "add.cc.u32 %t5, %ra, %rb; addc.u32 %rd, %rc, 0;",
            (a, b, c) -> u(c + (u(a) + u(b) >>> 32))),
        of(
            "sub.cc.u32 %t5, %ra, %rb; subc.u32 %rd, %rc, 0;",
            (a, b, c) -> u(c - (u(a) < u(b) ? 1 : 0))),
        of(
            "mad.lo.cc.u32 %t5, %ra, %rb, %rc; madc.hi.u32 %rd, %ra, %rb, 0;",
            (a, b, c) -> u((u(a) * u(b) >>> 32) + ((u(a * b) + u(c)) >>> 32))),
        of("mul.wide.u16 %rd, %ha, %hb;", (a, b, c) -> u((a & 0xffff) * (b & 0xffff))),
        of("add.s16 %hd, %ha, %hb;", (a, b, c) -> a + b & 0xffff),
        of("max.s16 %hd, %ha, %hb;", (a, b, c) -> Math.max((short) a, (short) b) & 0xffff),
        of("cvt.s32.s8 %rd, %ra;", (a, b, c) -> u((byte) a)),
        of("cvt.u32.u8 %rd, %ra;", (a, b, c) -> a & 255),
        of("cvt.s64.s32 %ld, %ra;", (a, b, c) -> (int) a),
        of("cvt.s32.s16 %rd, %ha;", (a, b, c) -> u((short) a)),
        of("cvt.sat.u8.s32 %rd, %ra;", (a, b, c) -> Math.max(0, Math.min(255, (int) a))),
        of(
            "cvt.sat.s32.s64 %rd, %la;",
            (a, b, c) -> u(Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, a)))),
        of(
            "cvt.sat.u16.u64 %hd, %la;",
            (a, b, c) -> unsigned(a).min(BigInteger.valueOf(65535)).longValue()));
  }

  /** Bit field by the definition, bit for bit. */
  private static long field(long a, long b, long c, int width, boolean signed) {
    int pos = (int) b & 255;
    int len = (int) c & 255;
    long sign = !signed || len == 0 ? 0 : a >> Math.min(pos + len - 1, width - 1) & 1;
    long d = 0;
    for (int i = 0; i < width; i++) {
      boolean inside = i < len && pos + i < width;
      d |= (inside ? a >> pos + i & 1 : sign) << i;
    }
    return d;
  }

  private static long insert(long a, long b, int pos, int len, int width) {
    long f = b;
    for (int i = 0; i < len && pos + i < width; i++) {
      f = f & ~(1L << pos + i) | (a >> i & 1) << pos + i;
    }
    return f;
  }

  @ParameterizedTest
  @MethodSource({"words", "logic", "longs"})
  void agreesWithJava(String instruction, OneInstruction.Reference reference) {
    long[] a = OneInstruction.integers(1, COUNT);
    long[] b = OneInstruction.integers(2, COUNT);
    long[] c = OneInstruction.integers(3, COUNT);
    assertEquals(List.of(), OneInstruction.differences(instruction, a, b, c, reference));
  }
}
