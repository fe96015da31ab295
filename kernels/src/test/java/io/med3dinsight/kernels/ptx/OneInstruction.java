package io.med3dinsight.kernels.ptx;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Runs one instruction on many inputs: a kernel around it loads three 64-bit values a, b, c per
 * thread and stores the result. Names in the instruction: {@code %la %lb %lc} the values, {@code
 * %ra %rb %rc} and {@code %ha %hb %hc} their low 32 and 16 bits, {@code %ld %rd %hd %pd} the result
 * by width.
 */
final class OneInstruction {
  private static final String BEFORE =
      """
      .version 7.8
      .target sm_80
      .address_size 64
      .visible .entry k(.param .u64 pa, .param .u64 pb, .param .u64 pc, .param .u64 po, .param .u32 n)
      {
        .reg .b64 %x<9>;
        .reg .b64 %la, %lb, %lc, %ld;
        .reg .b32 %ra, %rb, %rc, %rd, %t<9>;
        .reg .b16 %ha, %hb, %hc, %hd, %u;
        .reg .pred %pd, %pe, %pn;
        mov.u32 %t1, %ctaid.x;
        mov.u32 %t2, %ntid.x;
        mov.u32 %t3, %tid.x;
        mad.lo.s32 %t1, %t1, %t2, %t3;
        ld.param.u32 %t4, [n];
        setp.ge.s32 %pn, %t1, %t4;
        @%pn ret;
        mul.wide.s32 %x1, %t1, 8;
        ld.param.u64 %x2, [pa];
        add.s64 %x2, %x2, %x1;
        ld.global.u64 %la, [%x2];
        ld.param.u64 %x3, [pb];
        add.s64 %x3, %x3, %x1;
        ld.global.u64 %lb, [%x3];
        ld.param.u64 %x4, [pc];
        add.s64 %x4, %x4, %x1;
        ld.global.u64 %lc, [%x4];
        cvt.u32.u64 %ra, %la;
        cvt.u32.u64 %rb, %lb;
        cvt.u32.u64 %rc, %lc;
        cvt.u16.u32 %ha, %ra;
        cvt.u16.u32 %hb, %rb;
        cvt.u16.u32 %hc, %rc;
      """;
  private static final String AFTER =
      """
        ld.param.u64 %x5, [po];
        add.s64 %x5, %x5, %x1;
        st.global.u64 [%x5], %ld;
        ret;
      }
      """;

  private OneInstruction() {}

  static long[] run(String instruction, long[] a, long[] b, long[] c) {
    String widen = "";
    if (instruction.contains("%rd")) {
      widen = "cvt.u64.u32 %ld, %rd;";
    } else if (instruction.contains("%hd")) {
      widen = "cvt.u64.u16 %ld, %hd;";
    } else if (instruction.contains("%pd")) {
      widen = "selp.b64 %ld, 1, 0, %pd;";
    }
    SimulatedArrays s =
        new SimulatedArrays(
            SimulatorOptions.defaults(), "one", BEFORE + instruction + "\n" + widen + "\n" + AFTER);
    long out = s.allocate(8L * a.length);
    s.launch("k", (a.length + 63) / 64, 64, s.upload(a), s.upload(b), s.upload(c), out, a.length);
    return s.longs(out, a.length);
  }

  /** Random 64-bit patterns mixed with the edges of every width. */
  static long[] integers(long seed, int count) {
    long[] edges = {
      0,
      1,
      -1,
      2,
      31,
      32,
      33,
      63,
      64,
      65,
      127,
      128,
      255,
      256,
      0x7fff,
      0x8000,
      0xffff,
      0x7fffffffL,
      0x80000000L,
      0xffffffffL,
      -0x80000000L,
      Long.MAX_VALUE,
      Long.MIN_VALUE,
      0x100000000L
    };
    Random random = new Random(seed);
    long[] out = new long[count];
    for (int i = 0; i < count; i++) {
      long r = random.nextLong();
      out[i] =
          switch (random.nextInt(4)) {
            case 0 -> edges[random.nextInt(edges.length)];
            case 1 -> r >> random.nextInt(64);
            default -> r;
          };
    }
    return out;
  }

  /**
   * Float bits: normal numbers near each other, all magnitudes, subnormals, zeros, infinities, NaN.
   */
  static long[] floats(long seed, int count) {
    float[] edges = {
      0f,
      -0f,
      1f,
      -1f,
      0.5f,
      1.5f,
      2.5f,
      -2.5f,
      Float.MIN_VALUE,
      -Float.MIN_VALUE,
      Float.MIN_NORMAL,
      Float.MAX_VALUE,
      -Float.MAX_VALUE,
      Float.POSITIVE_INFINITY,
      Float.NEGATIVE_INFINITY,
      Float.NaN,
      2147483648f,
      4294967296f,
      -2147483648f,
      65504f,
      65520f,
      1e-7f,
      6e-8f,
      16777216f,
      0x1.fffffep-127f,
      9.2233720E18f,
      1.8446744E19f
    };
    Random random = new Random(seed);
    long[] out = new long[count];
    for (int i = 0; i < count; i++) {
      float f =
          switch (random.nextInt(5)) {
            case 0 -> edges[random.nextInt(edges.length)];
            case 1 -> Float.intBitsToFloat(random.nextInt());
            case 2 -> (random.nextInt(4001) - 2000) * 0.25f;
            default -> (float) random.nextGaussian();
          };
      out[i] = Float.floatToRawIntBits(f) & 0xffffffffL;
    }
    return out;
  }

  static long[] doubles(long seed, int count) {
    Random random = new Random(seed);
    double[] edges = {
      0, -0.0, 1, -1, 0.5, 2.5, 1e300, 1e-310, Double.NaN, Double.POSITIVE_INFINITY, -3e38, 0x1p-150
    };
    long[] out = new long[count];
    for (int i = 0; i < count; i++) {
      double d =
          switch (random.nextInt(4)) {
            case 0 -> edges[random.nextInt(edges.length)];
            case 1 -> Double.longBitsToDouble(random.nextLong());
            default -> random.nextGaussian() * Math.scalb(1.0, random.nextInt(80) - 40);
          };
      out[i] = Double.doubleToRawLongBits(d);
    }
    return out;
  }

  interface Reference {
    long apply(long a, long b, long c);
  }

  /** Compares results with a reference; answers descriptions of the first few differences. */
  static List<String> differences(
      String instruction, long[] a, long[] b, long[] c, Reference reference) {
    long[] got = run(instruction, a, b, c);
    List<String> out = new ArrayList<>();
    for (int i = 0; i < a.length && out.size() < 4; i++) {
      long want = reference.apply(a[i], b[i], c[i]);
      if (got[i] != want) {
        out.add(
            String.format(
                "%s: a=%x b=%x c=%x gives %x, expected %x",
                instruction, a[i], b[i], c[i], got[i], want));
      }
    }
    return out;
  }
}
