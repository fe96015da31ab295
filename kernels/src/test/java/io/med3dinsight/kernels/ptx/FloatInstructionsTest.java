package io.med3dinsight.kernels.ptx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Floating-point instructions against Java's arithmetic and against exact decimal arithmetic for
 * the directed roundings.
 */
class FloatInstructionsTest {
  private static final int COUNT = 768;
  private static final long NAN = 0x7fffffffL;

  private static float f(long bits) {
    return Float.intBitsToFloat((int) bits);
  }

  private static double d(long bits) {
    return Double.longBitsToDouble(bits);
  }

  private static long bits(float r) {
    return Float.isNaN(r) ? NAN : Float.floatToRawIntBits(r) & 0xffffffffL;
  }

  private static Arguments of(String instruction, OneInstruction.Reference r) {
    return Arguments.of(instruction, r);
  }

  private static float ftz(float x) {
    return Math.abs(x) < Float.MIN_NORMAL ? Math.copySign(0, x) : x;
  }

  static Stream<Arguments> exact() {
    return Stream.of(
        of("add.f32 %rd, %ra, %rb;", (a, b, c) -> bits(f(a) + f(b))),
        of("sub.rn.f32 %rd, %ra, %rb;", (a, b, c) -> bits(f(a) - f(b))),
        of("mul.f32 %rd, %ra, %rb;", (a, b, c) -> bits(f(a) * f(b))),
        of("fma.rn.f32 %rd, %ra, %rb, %rc;", (a, b, c) -> bits(Math.fma(f(a), f(b), f(c)))),
        of("div.rn.f32 %rd, %ra, %rb;", (a, b, c) -> bits(f(a) / f(b))),
        of("rcp.rn.f32 %rd, %ra;", (a, b, c) -> bits(1 / f(a))),
        of("sqrt.rn.f32 %rd, %ra;", (a, b, c) -> bits((float) Math.sqrt(f(a)))),
        of("add.ftz.f32 %rd, %ra, %rb;", (a, b, c) -> bits(ftz(ftz(f(a)) + ftz(f(b))))),
        of("mul.ftz.f32 %rd, %ra, %rb;", (a, b, c) -> bits(ftz(ftz(f(a)) * ftz(f(b))))),
        of(
            "add.sat.f32 %rd, %ra, %rb;",
            (a, b, c) -> f(a) + f(b) > 0 ? bits(Math.min(1, f(a) + f(b))) : 0),
        of("neg.f32 %rd, %ra;", (a, b, c) -> a ^ 0x80000000L),
        of("abs.f32 %rd, %ra;", (a, b, c) -> a & 0x7fffffffL),
        of("copysign.f32 %rd, %ra, %rb;", (a, b, c) -> a & 0x80000000L | b & 0x7fffffffL),
        of(
            "min.f32 %rd, %ra, %rb;",
            (a, b, c) ->
                bits(Float.isNaN(f(a)) ? f(b) : Float.isNaN(f(b)) ? f(a) : Math.min(f(a), f(b)))),
        of(
            "max.f32 %rd, %ra, %rb;",
            (a, b, c) ->
                bits(Float.isNaN(f(a)) ? f(b) : Float.isNaN(f(b)) ? f(a) : Math.max(f(a), f(b)))),
        of("max.NaN.f32 %rd, %ra, %rb;", (a, b, c) -> bits(Math.max(f(a), f(b)))),
        of("setp.lt.f32 %pd, %ra, %rb;", (a, b, c) -> f(a) < f(b) ? 1 : 0),
        of("setp.geu.f32 %pd, %ra, %rb;", (a, b, c) -> !(f(a) < f(b)) ? 1 : 0),
        of("setp.leu.f32 %pd, %ra, %rb;", (a, b, c) -> !(f(a) > f(b)) ? 1 : 0),
        of("setp.eq.f32 %pd, %ra, %rb;", (a, b, c) -> f(a) == f(b) ? 1 : 0),
        of("setp.neu.f32 %pd, %ra, %rb;", (a, b, c) -> f(a) != f(b) ? 1 : 0),
        of(
            "setp.nan.f32 %pd, %ra, %rb;",
            (a, b, c) -> Float.isNaN(f(a)) || Float.isNaN(f(b)) ? 1 : 0),
        of("testp.finite.f32 %pd, %ra;", (a, b, c) -> Float.isFinite(f(a)) ? 1 : 0),
        of("set.gt.f32.f32 %rd, %ra, %rb;", (a, b, c) -> f(a) > f(b) ? 0x3f800000L : 0));
  }

  static Stream<Arguments> conversions() {
    return Stream.of(
        of("cvt.rni.f32.f32 %rd, %ra;", (a, b, c) -> bits((float) Math.rint(f(a)))),
        of(
            "cvt.rzi.f32.f32 %rd, %ra;",
            (a, b, c) -> bits(f(a) < 0 ? (float) Math.ceil(f(a)) : (float) Math.floor(f(a)))),
        of("cvt.rmi.f32.f32 %rd, %ra;", (a, b, c) -> bits((float) Math.floor(f(a)))),
        of("cvt.rpi.f32.f32 %rd, %ra;", (a, b, c) -> bits((float) Math.ceil(f(a)))),
        of("cvt.sat.f32.f32 %rd, %ra;", (a, b, c) -> f(a) > 0 ? bits(Math.min(1, f(a))) : 0),
        of("cvt.rzi.s32.f32 %rd, %ra;", (a, b, c) -> (int) f(a) & 0xffffffffL),
        of("cvt.rni.s32.f32 %rd, %ra;", (a, b, c) -> (int) Math.rint(f(a)) & 0xffffffffL),
        of("cvt.rmi.s32.f32 %rd, %ra;", (a, b, c) -> (int) Math.floor(f(a)) & 0xffffffffL),
        of(
            "cvt.rzi.u32.f32 %rd, %ra;",
            (a, b, c) -> Math.max(0, Math.min(0xffffffffL, (long) f(a)))),
        of("cvt.rzi.s64.f32 %ld, %ra;", (a, b, c) -> (long) f(a)),
        of(
            "cvt.rzi.u64.f32 %ld, %ra;",
            (a, b, c) ->
                Float.isNaN(f(a)) || f(a) <= 0
                    ? 0
                    : f(a) >= 1.8446744E19f ? -1 : new BigDecimal(f(a)).toBigInteger().longValue()),
        of("cvt.rzi.u8.f32 %rd, %ra;", (a, b, c) -> Math.max(0, Math.min(255, (long) f(a)))),
        of("cvt.f64.f32 %ld, %ra;", (a, b, c) -> Double.doubleToRawLongBits(f(a))),
        of("cvt.rna.tf32.f32 %rd, %ra;", (a, b, c) -> tf32(a)),
        of("cvt.rn.bf16.f32 %hd, %ra;", (a, b, c) -> Halves.nearest(f(a), true)),
        of("cvt.rn.f16.f32 %hd, %ra;", (a, b, c) -> Halves.nearest(f(a), false)),
        of(
            "cvt.rn.bf16x2.f32 %rd, %ra, %rb;",
            (a, b, c) -> Halves.nearest(f(a), true) << 16 | Halves.nearest(f(b), true)),
        of(
            "cvt.rn.f16x2.f32 %rd, %ra, %rb;",
            (a, b, c) -> Halves.nearest(f(a), false) << 16 | Halves.nearest(f(b), false)),
        of("cvt.f32.f16 %rd, %ha;", (a, b, c) -> bits(Halves.value((int) a & 0xffff, false))));
  }

  private static long tf32(long a) {
    if (Float.isNaN(f(a))) {
      return NAN & 0xffffe000L;
    }
    return Float.isInfinite(f(a)) ? a : (a + 0x1000) & 0xffffe000L;
  }

  @ParameterizedTest
  @MethodSource({"exact", "conversions"})
  void agreesWithJava(String instruction, OneInstruction.Reference reference) {
    long[] a = OneInstruction.floats(1, COUNT);
    long[] b = OneInstruction.floats(2, COUNT);
    long[] c = OneInstruction.floats(3, COUNT);
    assertEquals(List.of(), OneInstruction.differences(instruction, a, b, c, reference));
  }

  /** The exact result rounded in a direction, by decimal arithmetic. */
  private static long directed(BigDecimal exact, String mode) {
    float f = exact.floatValue();
    int sign = exact.signum();
    boolean down = mode.equals("rm") || mode.equals("rz") && sign > 0;
    float r = f;
    while (down && compare(r, exact) > 0) {
      r = Math.nextDown(r);
    }
    while (!down && compare(r, exact) < 0) {
      r = Math.nextUp(r);
    }
    float best = r;
    for (float next = down ? Math.nextUp(best) : Math.nextDown(best);
        Float.isFinite(next) && (down ? compare(next, exact) <= 0 : compare(next, exact) >= 0);
        next = down ? Math.nextUp(best) : Math.nextDown(best)) {
      best = next;
    }
    return bits(best);
  }

  private static int compare(float f, BigDecimal exact) {
    return Float.isInfinite(f) ? (f > 0 ? 1 : -1) : new BigDecimal(f).compareTo(exact);
  }

  @ParameterizedTest
  @CsvSource({"rz", "rm", "rp"})
  void roundsInADirection(String mode) {
    long[] a = OneInstruction.floats(4, COUNT);
    long[] b = OneInstruction.floats(5, COUNT);
    long[] c = OneInstruction.floats(6, COUNT);
    check("add." + mode + ".f32 %rd, %ra, %rb;", mode, a, b, c, (x, y, z) -> x.add(y));
    check("mul." + mode + ".f32 %rd, %ra, %rb;", mode, a, b, c, (x, y, z) -> x.multiply(y));
    check(
        "fma." + mode + ".f32 %rd, %ra, %rb, %rc;",
        mode,
        a,
        b,
        c,
        (x, y, z) -> x.multiply(y).add(z));
    MathContext digits = new MathContext(400);
    check(
        "div." + mode + ".f32 %rd, %ra, %rb;",
        mode,
        a,
        b,
        c,
        (x, y, z) -> y.signum() == 0 ? null : x.divide(y, digits));
    check(
        "sqrt." + mode + ".f32 %rd, %ra;",
        mode,
        a,
        b,
        c,
        (x, y, z) -> x.signum() <= 0 ? null : x.sqrt(new MathContext(60)));
  }

  private interface Exact {
    BigDecimal apply(BigDecimal a, BigDecimal b, BigDecimal c);
  }

  private static void check(
      String instruction, String mode, long[] a, long[] b, long[] c, Exact exact) {
    long[] got = OneInstruction.run(instruction, a, b, c);
    int tested = 0;
    for (int i = 0; i < a.length; i++) {
      if (!Float.isFinite(f(a[i])) || !Float.isFinite(f(b[i])) || !Float.isFinite(f(c[i]))) {
        continue;
      }
      BigDecimal e =
          exact.apply(new BigDecimal(f(a[i])), new BigDecimal(f(b[i])), new BigDecimal(f(c[i])));
      if (e != null && e.signum() != 0) {
        tested++;
        assertEquals(
            directed(e, mode), got[i], () -> instruction + " of " + e.toEngineeringString());
      }
    }
    assertTrue(tested > COUNT / 8);
  }

  static Stream<Arguments> doubles() {
    return Stream.of(
        of("add.f64 %ld, %la, %lb;", (a, b, c) -> Double.doubleToRawLongBits(d(a) + d(b))),
        of("mul.f64 %ld, %la, %lb;", (a, b, c) -> Double.doubleToRawLongBits(d(a) * d(b))),
        of(
            "fma.rn.f64 %ld, %la, %lb, %lc;",
            (a, b, c) -> Double.doubleToRawLongBits(Math.fma(d(a), d(b), d(c)))),
        of("div.rn.f64 %ld, %la, %lb;", (a, b, c) -> Double.doubleToRawLongBits(d(a) / d(b))),
        of("cvt.rn.f32.f64 %rd, %la;", (a, b, c) -> bits((float) d(a))),
        of("cvt.rzi.s32.f64 %rd, %la;", (a, b, c) -> (int) d(a) & 0xffffffffL),
        of("setp.ltu.f64 %pd, %la, %lb;", (a, b, c) -> !(d(a) >= d(b)) ? 1 : 0));
  }

  @ParameterizedTest
  @MethodSource("doubles")
  void doublesAgreeWithJava(String instruction, OneInstruction.Reference reference) {
    long[] a = OneInstruction.doubles(1, COUNT);
    long[] b = OneInstruction.doubles(2, COUNT);
    long[] c = OneInstruction.doubles(3, COUNT);
    assertEquals(List.of(), OneInstruction.differences(instruction, a, b, c, reference));
  }

  static Stream<Arguments> fromIntegers() {
    return Stream.of(
        of("cvt.rn.f32.s32 %rd, %ra;", (a, b, c) -> bits((float) (int) a)),
        of("cvt.rn.f32.u32 %rd, %ra;", (a, b, c) -> bits((float) (a & 0xffffffffL))),
        of("cvt.rn.f32.s64 %rd, %la;", (a, b, c) -> bits((float) a)),
        of(
            "cvt.rn.f32.u64 %rd, %la;",
            (a, b, c) -> bits(new BigDecimal(Long.toUnsignedString(a)).floatValue())),
        of(
            "cvt.rz.f32.s32 %rd, %ra;",
            (a, b, c) -> (int) a == 0 ? 0 : directed(BigDecimal.valueOf((int) a), "rz")),
        of(
            "cvt.rp.f32.s64 %rd, %la;",
            (a, b, c) -> a == 0 ? 0 : directed(BigDecimal.valueOf(a), "rp")),
        of("cvt.rn.f64.s64 %ld, %la;", (a, b, c) -> Double.doubleToRawLongBits(a)),
        of("cvt.rn.f16.s32 %hd, %ra;", (a, b, c) -> Halves.nearest((double) (int) a, false)));
  }

  @ParameterizedTest
  @MethodSource("fromIntegers")
  void integersBecomeFloats(String instruction, OneInstruction.Reference reference) {
    long[] a = OneInstruction.integers(1, COUNT);
    assertEquals(List.of(), OneInstruction.differences(instruction, a, a, a, reference));
  }

  @ParameterizedTest
  @CsvSource({
    "ex2.approx.ftz",
    "lg2.approx",
    "sin.approx",
    "cos.approx",
    "rsqrt.approx",
    "rcp.approx.ftz",
    "tanh.approx",
    "sqrt.approx"
  })
  void approximationsAreClose(String op) {
    long[] a = new long[COUNT];
    for (int i = 0; i < COUNT; i++) {
      a[i] = Float.floatToRawIntBits(0.01f + i * 0.02f) & 0xffffffffL;
    }
    long[] got = OneInstruction.run(op + ".f32 %rd, %ra;", a, a, a);
    for (int i = 0; i < COUNT; i++) {
      double x = f(a[i]);
      double want =
          switch (op.substring(0, op.indexOf('.'))) {
            case "ex2" -> Math.pow(2, x);
            case "lg2" -> Math.log(x) / Math.log(2);
            case "sin" -> Math.sin(x);
            case "cos" -> Math.cos(x);
            case "rsqrt" -> 1 / Math.sqrt(x);
            case "rcp" -> 1 / x;
            case "tanh" -> Math.tanh(x);
            default -> Math.sqrt(x);
          };
      assertEquals(want, f(got[i]), Math.abs(want) * 1e-7 + 1e-9);
    }
  }

  static Stream<Arguments> halves() {
    return Stream.of(true, false)
        .flatMap(
            brain -> {
              String t = brain ? "bf16" : "f16";
              return Stream.of(
                  of(
                      "add.rn." + t + " %hd, %ha, %hb;",
                      (a, b, c) ->
                          Halves.nearest(
                              Halves.exact(a, brain).add(Halves.exact(b, brain)), brain)),
                  of(
                      "mul.rn." + t + " %hd, %ha, %hb;",
                      (a, b, c) ->
                          Halves.nearest(
                              Halves.exact(a, brain).multiply(Halves.exact(b, brain)), brain)),
                  of(
                      "fma.rn." + t + " %hd, %ha, %hb, %hc;",
                      (a, b, c) ->
                          Halves.nearest(
                              Halves.exact(a, brain)
                                  .multiply(Halves.exact(b, brain))
                                  .add(Halves.exact(c, brain)),
                              brain)),
                  of(
                      "fma.rn." + t + "x2 %rd, %ra, %rb, %rc;",
                      (a, b, c) ->
                          Halves.nearest(
                                  Halves.exact(a, brain)
                                      .multiply(Halves.exact(b, brain))
                                      .add(Halves.exact(c, brain)),
                                  brain)
                              | Halves.nearest(
                                      Halves.exact(a >>> 16, brain)
                                          .multiply(Halves.exact(b >>> 16, brain))
                                          .add(Halves.exact(c >>> 16, brain)),
                                      brain)
                                  << 16),
                  of("neg." + t + "x2 %rd, %ra;", (a, b, c) -> (a ^ 0x80008000L) & 0xffffffffL),
                  of("abs." + t + "x2 %rd, %ra;", (a, b, c) -> a & 0x7fff7fffL));
            });
  }

  @ParameterizedTest
  @MethodSource("halves")
  void halvesRoundOnce(String instruction, OneInstruction.Reference reference) {
    boolean brain = instruction.contains("bf16");
    long[] a = Halves.random(1, COUNT, brain);
    long[] b = Halves.random(2, COUNT, brain);
    long[] c = Halves.random(3, COUNT, brain);
    // A sum of exactly zero has a sign that decimals do not show.
    assertEquals(List.of(), OneInstruction.differences(instruction, a, b, c, reference));
  }
}
