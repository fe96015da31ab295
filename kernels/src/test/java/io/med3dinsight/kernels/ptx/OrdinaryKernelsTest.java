package io.med3dinsight.kernels.ptx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** Kernels as nvcc compiles them, against Java. */
class OrdinaryKernelsTest {
  private final SimulatedArrays s = PtxResources.load("ordinary");

  private static float[] random(int n, long seed) {
    Random r = new Random(seed);
    float[] v = new float[n];
    for (int i = 0; i < n; i++) {
      v[i] = r.nextFloat() * 4 + 0.01f;
    }
    return v;
  }

  @Test
  void structsAreIndexedDynamically() {
    float[] in = random(60, 1);
    int[] layout = {3, 3, 4, 5, 0, 0, 0, 0, 0, 1, 3, 12, 0, 0, 0, 0, 0};
    long out = s.allocate(240);
    s.launch("strided", 1, 64, s.upload(in), out, layout, 60);
    float[] got = s.floats(out, 60);
    for (int i = 0; i < 60; i++) {
      assertEquals(in[i / 20 + 3 * (i / 5 % 4) + 12 * (i % 5)], got[i]);
    }
  }

  @Test
  void accurateFunctionsAreAccurate() {
    int n = 200;
    float[] in = random(n, 2);
    long out = s.allocate(40L * n);
    s.launch("functions", 2, 128, s.upload(in), out, n);
    float[] got = s.floats(out, 10 * n);
    for (int i = 0; i < n; i++) {
      double x = in[i];
      double[] want = {
        Math.exp(x),
        Math.log(x),
        Math.tanh(x),
        erf(x),
        Math.sin(in[i] * 1e6f),
        Math.pow(x, 1.3f),
        1 / Math.sqrt(x),
        Math.log1p(x),
        Math.sin(x * 1e7),
        in[i] % 0.3f
      };
      for (int f = 0; f < want.length; f++) {
        assertEquals(
            want[f],
            got[f * n + i],
            4e-7 * Math.max(Math.abs(want[f]), 0.3),
            "function " + f + " of " + x);
      }
    }
  }

  private static double erf(double x) {
    // Taylor series; for x up to about 4 sixty terms are exact to 1e-9.
    double term = x;
    double sum = x;
    for (int k = 1; k < 120; k++) {
      term *= -x * x / k;
      sum += term / (2 * k + 1);
    }
    return 2 / Math.sqrt(Math.PI) * sum;
  }

  @Test
  void reductionsUseConstantsSharedMemoryAndShuffles() {
    float[] in = new float[1000];
    float want = 0;
    for (int i = 0; i < in.length; i++) {
      in[i] = i % 7 * 0.5f;
      want += in[i] * (1 + (i & 3));
    }
    long out = s.allocate(4);
    LaunchStatistics st = s.launch("sum", 1, 256, s.upload(in), out, in.length);
    assertEquals(want, s.floats(out, 1)[0]);
    assertEquals(4000, st.globalLoadBytes());
    assertEquals(125, st.globalLoadSectors());
    assertEquals(4, st.globalStoreBytes());
    assertEquals(1, st.barriers());
    assertTrue(st.laneInstructions() <= 32 * st.warpInstructions());
  }

  @Test
  void transposesTilesAndCountsBankConflicts() {
    int rows = 70;
    int columns = 45;
    float[] in = random(rows * columns, 3);
    long a = s.upload(in);
    long conflicts = 0;
    for (int pitch : new int[] {33, 32}) {
      long out = s.allocate(4L * in.length);
      LaunchStatistics st =
          s.launch(
              "transpose",
              new int[] {2, 3, 1},
              new int[] {32, 8, 1},
              4 * 32 * pitch,
              a,
              out,
              rows,
              columns,
              pitch);
      float[] got = s.floats(out, in.length);
      for (int i = 0; i < in.length; i++) {
        assertEquals(in[i], got[i % columns * rows + i / columns]);
      }
      if (pitch == 33) {
        assertEquals(0, st.bankConflicts());
        assertEquals(st.sharedRequests(), st.sharedWavefronts());
      }
      conflicts = st.bankConflicts();
    }
    assertTrue(conflicts > 1000, "a pitch of 32 conflicts: " + conflicts);
  }

  @Test
  void functionsAreCalledByDivergentLanes() {
    float[] in = random(12, 4);
    int[] count = new int[32];
    for (int i = 0; i < 32; i++) {
      count[i] = 1 + i % 5;
    }
    long out = s.allocate(128);
    s.launch("calls", 1, 32, s.upload(in), s.upload(count), out);
    float[] got = s.floats(out, 32);
    for (int i = 0; i < 32; i++) {
      int from = 1 - (i & 1);
      float sum = 0;
      for (int k = 0; k < count[i]; k++) {
        sum += in[from + k];
      }
      assertEquals(
          (i & 1) != 0 ? sum / count[i] * 2 : Math.fma(sum / count[i], 3f, 1f), got[i], 1e-5f);
    }
  }

  @Test
  void genericAddressesReachSharedAndGlobalMemory() {
    float[] in = random(64, 5);
    long out = s.allocate(256);
    s.launch("generic", 1, 64, s.upload(in), out);
    float[] got = s.floats(out, 64);
    for (int i = 0; i < 64; i++) {
      assertEquals(in[i] > 3 ? in[63 - i] * 10 : in[63 - i], got[i]);
    }
  }

  @Test
  void votesAndShuffles() {
    int[] v = new Random(6).ints(32, 0, 9).toArray();
    long out = s.allocate(1024);
    s.launch("votes", 1, 32, s.upload(v), out);
    int[] got = s.ints(out, 256);
    int ballot = 0;
    int odd = 0;
    int sum = 0;
    boolean seven = false;
    int max = 0;
    int min = 99;
    for (int i = 0; i < 32; i++) {
      ballot |= v[i] > 4 ? 1 << i : 0;
      odd += v[i] & 1;
      sum += v[i];
      seven |= v[i] == 7;
      max = i < 16 ? Math.max(max, v[i]) : max;
      min = i < 16 ? min : Math.min(min, v[i]);
    }
    for (int i = 0; i < 32; i++) {
      int same = 0;
      for (int k = 0; k < 32; k++) {
        same |= v[k] == v[i] ? 1 << k : 0;
      }
      int[] want = {
        ballot,
        (seven ? 1 : 0) + 2,
        same,
        sum,
        i % 8 >= 3 ? v[i - 3] : v[i],
        v[i / 16 * 16 + (i + 1) % 16],
        odd,
        i < 16 ? max : min
      };
      for (int k = 0; k < want.length; k++) {
        assertEquals(want[k], got[32 * k + i], "result " + k + " of lane " + i);
      }
    }
  }

  @Test
  void atomics() {
    int[] in = new Random(7).ints(5000, 0, 16).toArray();
    int[] want = new int[16];
    long total = 0;
    for (int v : in) {
      want[v]++;
      total += v;
    }
    for (int threads : new int[] {1, 3}) {
      SimulatedArrays d =
          new SimulatedArrays(
              SimulatorOptions.defaults().withHostThreads(threads),
              "ordinary",
              PtxResources.read("ordinary"));
      long bins = d.upload(new int[16]);
      long sum = d.upload(new long[1]);
      long halves = d.upload(new float[1]);
      LaunchStatistics st =
          d.launch("histogram", 8, 64, d.upload(in), bins, sum, halves, in.length);
      assertArrayEquals(want, d.ints(bins, 16));
      assertEquals(total, d.longs(sum, 1)[0]);
      assertEquals(2500f, d.floats(halves, 1)[0]);
      assertEquals(5000 * 16 + 8 * 16 * 4, st.atomicBytes());
    }
  }

  @Test
  void loopsDivergeAndMeetAgain() {
    int[] in = new int[64];
    for (int i = 0; i < 64; i++) {
      in[i] = i + 1;
    }
    long out = s.allocate(256);
    s.launch("nested", 1, 64, s.upload(in), out);
    int[] got = s.ints(out, 64);
    for (int i = 0; i < 64; i++) {
      assertEquals(collatz(in[i]), got[i], "of " + in[i]);
    }
  }

  private static int collatz(int start) {
    int v = start;
    int r = 0;
    while (v > 1) {
      if ((v & 1) != 0) {
        v = 3 * v + 1;
        if (r > 50) {
          return r + 1000;
        }
      } else {
        v >>= 1;
      }
      r++;
    }
    return r;
  }

  @Test
  void bytesAndShorts() {
    SimulatedGpu gpu = s.gpu();
    byte[] bytes = new byte[40];
    new Random(8).nextBytes(bytes);
    long in = gpu.allocate(20);
    gpu.write(in, java.nio.ByteBuffer.wrap(bytes, 0, 20));
    long h = gpu.allocate(40);
    gpu.write(h, java.nio.ByteBuffer.wrap(bytes));
    long out = gpu.allocate(20);
    long o = gpu.allocate(40);
    s.launch("bytes", 1, 32, in, out, h, o, 20);
    java.nio.ByteBuffer got = java.nio.ByteBuffer.allocate(20);
    gpu.read(out, got);
    java.nio.ByteBuffer shorts =
        java.nio.ByteBuffer.allocate(40).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    gpu.read(o, shorts);
    for (int i = 0; i < 20; i++) {
      assertEquals((byte) ((bytes[i] & 0xff) * 3 + 1), got.get(i));
      int v = (bytes[2 * i] & 0xff) | bytes[2 * i + 1] << 8;
      assertEquals((short) (v - 5), shorts.getShort(2 * i));
    }
  }

  @Test
  void jumpTables() {
    String ptx =
        """
        .version 7.8
        .target sm_80
        .address_size 64
        .visible .entry jump(.param .u64 in, .param .u64 out)
        {
          .reg .b32 %r<4>;
          .reg .b64 %rd<4>;
          mov.u32 %r1, %tid.x;
          mul.wide.u32 %rd1, %r1, 4;
          ld.param.u64 %rd2, [in];
          add.s64 %rd2, %rd2, %rd1;
          ld.global.u32 %r2, [%rd2];
          mov.u32 %r3, 0;
          table: .branchtargets L0, L1, L2;
          brx.idx %r2, table;
          L0: add.s32 %r3, %r3, 1;
          L1: add.s32 %r3, %r3, 10;
          bra.uni L3;
          L2: add.s32 %r3, %r3, 100;
          L3: ld.param.u64 %rd3, [out];
          add.s64 %rd3, %rd3, %rd1;
          st.global.u32 [%rd3], %r3;
        }
        """;
    SimulatedArrays d = new SimulatedArrays(SimulatorOptions.defaults(), "jump", ptx);
    long out = d.allocate(16);
    d.launch("jump", 1, 4, d.upload(new int[] {0, 1, 2, 0}), out);
    assertArrayEquals(new int[] {11, 10, 100, 11}, d.ints(out, 4));
  }

  @Test
  void parametersHaveNamesSizesAndOffsets() {
    PtxKernel k = s.module().kernel("strided");
    assertEquals(
        java.util.List.of(
            new KernelParameter("strided_param_0", 8, 8, 0),
            new KernelParameter("strided_param_1", 8, 8, 8),
            new KernelParameter("strided_param_2", 68, 4, 16),
            new KernelParameter("strided_param_3", 4, 4, 84)),
        k.parameters());
    assertEquals(88, k.parameterBytes());
  }
}
