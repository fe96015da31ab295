package io.med3dinsight.engine.cpu.simd;

import static io.med3dinsight.engine.cpu.FloatMath.*;
import static jdk.incubator.vector.FloatVector.broadcast;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The functions of {@link io.med3dinsight.engine.cpu.FloatMath} on whole vectors, operation by
 * operation.
 *
 * <p>Only {@link #exp} is shared, and called early: past some thousand bytecodes the JIT compiler
 * inlines nothing but the Vector API itself, and a vector that is returned from a call becomes an
 * object, at a tenth of the speed.
 */
final class SimdFunctions {
  static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
  private static final int ROUND_BITS = Float.floatToRawIntBits(ROUND);
  static final int EXP_LIMIT_BITS = Float.floatToRawIntBits(-EXP_MIN);
  private static final int SQRT_HALF_BITS = 0x3f3504f3;

  private SimdFunctions() {}

  /**
   * Sum of the lanes, halves onto halves. The Vector API's own leaves the order open, and newer
   * JVMs take one before and another after compilation: the same call would not give the same bits.
   */
  static float sum(FloatVector v) {
    float[] t = v.toArray();
    for (int half = t.length / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; i++) {
        t[i] += t[i + half];
      }
    }
    return t[0];
  }

  static FloatVector exp(FloatVector v) {
    FloatVector x = v.blend(EXP_MAX, v.compare(VectorOperators.GT, EXP_MAX));
    x = x.blend(EXP_MIN, x.compare(VectorOperators.LT, EXP_MIN));
    FloatVector shifted = x.fma(broadcast(S, LOG2_E), broadcast(S, ROUND));
    FloatVector n = shifted.sub(ROUND);
    FloatVector r = n.fma(broadcast(S, -LN2_LOW), n.fma(broadcast(S, -LN2_HIGH), x));
    FloatVector q =
        broadcast(S, E4)
            .fma(r, broadcast(S, E3))
            .fma(r, broadcast(S, E2))
            .fma(r, broadcast(S, E1))
            .fma(r, broadcast(S, E0));
    FloatVector p = q.mul(r).fma(r, r).add(1f);
    IntVector k = shifted.reinterpretAsInts().sub(ROUND_BITS);
    IntVector half = k.lanewise(VectorOperators.ASHR, 1);
    IntVector other = k.sub(half);
    p = p.mul(half.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats());
    return p.mul(other.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats());
  }

  /**
   * {@code exp(-t)} for t above -80, the same bits as {@link #exp} at half its cost: the limit is
   * set on integers, where a comparison is one instruction, and one of the two powers of 2 is
   * constant. NaN gives 0.
   */
  static FloatVector expNegated(FloatVector t) {
    // Positive floats are in the order of their bits; negative ones have negative bits and pass.
    IntVector limited = t.reinterpretAsInts().lanewise(VectorOperators.MIN, EXP_LIMIT_BITS);
    FloatVector x = limited.lanewise(VectorOperators.XOR, 0x80000000).reinterpretAsFloats();
    FloatVector shifted = x.fma(broadcast(S, LOG2_E), broadcast(S, ROUND));
    FloatVector n = shifted.sub(ROUND);
    FloatVector r = n.fma(broadcast(S, -LN2_LOW), n.fma(broadcast(S, -LN2_HIGH), x));
    FloatVector q =
        broadcast(S, E4)
            .fma(r, broadcast(S, E3))
            .fma(r, broadcast(S, E2))
            .fma(r, broadcast(S, E1))
            .fma(r, broadcast(S, E0));
    FloatVector p = q.mul(r).fma(r, r).add(1f);
    IntVector exponent =
        shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23).add((127 + 64) << 23);
    return p.mul(exponent.reinterpretAsFloats()).mul(0x1p-64f);
  }

  static FloatVector log(FloatVector v) {
    VectorMask<Float> tiny = v.compare(VectorOperators.LT, Float.MIN_NORMAL);
    IntVector bits = v.blend(v.mul(8388608f), tiny).reinterpretAsInts().sub(SQRT_HALF_BITS);
    FloatVector e =
        (FloatVector) bits.lanewise(VectorOperators.ASHR, 23).convert(VectorOperators.I2F, 0);
    e = e.blend(e.sub(23f), tiny);
    FloatVector f = bits.and(0x7fffff).add(SQRT_HALF_BITS).reinterpretAsFloats().sub(1f);
    FloatVector q =
        broadcast(S, L7)
            .fma(f, broadcast(S, L6))
            .fma(f, broadcast(S, L5))
            .fma(f, broadcast(S, L4))
            .fma(f, broadcast(S, L3));
    q = q.fma(f, broadcast(S, L2)).fma(f, broadcast(S, L1)).fma(f, broadcast(S, L0));
    FloatVector z = f.mul(f);
    FloatVector y = e.fma(broadcast(S, LN2_LOW), q.mul(f).mul(z));
    FloatVector r = e.fma(broadcast(S, LN2_HIGH), f.add(broadcast(S, -0.5f).fma(z, y)));
    r = r.blend(v, v.compare(VectorOperators.EQ, Float.POSITIVE_INFINITY));
    r = r.blend(Float.NEGATIVE_INFINITY, v.compare(VectorOperators.EQ, 0f));
    r = r.blend(Float.NaN, v.compare(VectorOperators.LT, 0f));
    return r.blend(v, v.compare(VectorOperators.NE, v));
  }

  static FloatVector tanh(FloatVector x) {
    FloatVector a = x.abs();
    FloatVector e = exp(a.add(a));
    FloatVector z = x.mul(x);
    FloatVector q =
        broadcast(S, T4)
            .fma(z, broadcast(S, T3))
            .fma(z, broadcast(S, T2))
            .fma(z, broadcast(S, T1))
            .fma(z, broadcast(S, T0));
    FloatVector small = q.mul(z).fma(x, x);
    FloatVector y = broadcast(S, 1f).sub(broadcast(S, 2f).div(e.add(1f)));
    y = y.blend(y.neg(), x.compare(VectorOperators.LT, 0f));
    return y.blend(small, a.compare(VectorOperators.LT, T_SMALL));
  }

  static FloatVector erf(FloatVector x) {
    FloatVector a = x.abs();
    FloatVector e = expNegated(a.mul(a));
    FloatVector t = broadcast(S, 1f).div(broadcast(S, C_SCALE).fma(a, broadcast(S, 1f)));
    FloatVector c =
        broadcast(S, C8).fma(t, broadcast(S, C7)).fma(t, broadcast(S, C6)).fma(t, broadcast(S, C5));
    c =
        c.fma(t, broadcast(S, C4))
            .fma(t, broadcast(S, C3))
            .fma(t, broadcast(S, C2))
            .fma(t, broadcast(S, C1));
    FloatVector erfcx = t.mul(c.fma(t, broadcast(S, C0)));
    FloatVector y = broadcast(S, 1f).sub(e.mul(erfcx));
    y = y.blend(y.neg(), x.compare(VectorOperators.LT, 0f));
    FloatVector z = x.mul(x);
    FloatVector q =
        broadcast(S, R6).fma(z, broadcast(S, R5)).fma(z, broadcast(S, R4)).fma(z, broadcast(S, R3));
    q = q.fma(z, broadcast(S, R2)).fma(z, broadcast(S, R1)).fma(z, broadcast(S, R0));
    return y.blend(q.fma(x, x), a.compare(VectorOperators.LT, 1f));
  }

  static FloatVector sigmoid(FloatVector x) {
    return broadcast(S, 1f).div(exp(x.neg()).add(1f));
  }

  static FloatVector gelu(FloatVector x) {
    FloatVector a = x.abs().mul(SQRT_HALF);
    FloatVector e = expNegated(a.mul(a));
    FloatVector t = broadcast(S, 1f).div(broadcast(S, C_SCALE).fma(a, broadcast(S, 1f)));
    FloatVector c =
        broadcast(S, C8).fma(t, broadcast(S, C7)).fma(t, broadcast(S, C6)).fma(t, broadcast(S, C5));
    c =
        c.fma(t, broadcast(S, C4))
            .fma(t, broadcast(S, C3))
            .fma(t, broadcast(S, C2))
            .fma(t, broadcast(S, C1));
    FloatVector erfcx = t.mul(c.fma(t, broadcast(S, C0)));
    FloatVector tail = x.mul(0.5f).mul(e.mul(erfcx));
    return x.sub(tail).blend(tail, x.compare(VectorOperators.LT, 0f));
  }

  static FloatVector geluDerivative(FloatVector x) {
    FloatVector a = x.abs().mul(SQRT_HALF);
    FloatVector e = expNegated(a.mul(a));
    FloatVector t = broadcast(S, 1f).div(broadcast(S, C_SCALE).fma(a, broadcast(S, 1f)));
    FloatVector c =
        broadcast(S, C8).fma(t, broadcast(S, C7)).fma(t, broadcast(S, C6)).fma(t, broadcast(S, C5));
    c =
        c.fma(t, broadcast(S, C4))
            .fma(t, broadcast(S, C3))
            .fma(t, broadcast(S, C2))
            .fma(t, broadcast(S, C1));
    FloatVector erfcx = t.mul(c.fma(t, broadcast(S, C0)));
    FloatVector tail = e.mul(erfcx).mul(0.5f);
    FloatVector phi = broadcast(S, 1f).sub(tail).blend(tail, x.compare(VectorOperators.LT, 0f));
    return x.mul(INV_SQRT_2_PI).fma(e, phi);
  }

  static FloatVector geluTanh(FloatVector x) {
    FloatVector u = x.mul(GELU_CUBE).mul(x).fma(x, x).mul(SQRT_2_OVER_PI);
    return x.div(exp(u.mul(-2f)).add(1f));
  }

  static FloatVector geluTanhDerivative(FloatVector x) {
    FloatVector z = x.mul(x);
    FloatVector u = z.mul(GELU_CUBE).fma(x, x).mul(SQRT_2_OVER_PI);
    FloatVector s = broadcast(S, 1f).div(exp(u.mul(-2f)).add(1f));
    FloatVector du = broadcast(S, 3f * GELU_CUBE).fma(z, broadcast(S, 1f)).mul(2f * SQRT_2_OVER_PI);
    FloatVector slope = s.mul(broadcast(S, 1f).sub(s));
    return x.mul(slope).fma(du, s).blend(s, slope.compare(VectorOperators.EQ, 0f));
  }
}
