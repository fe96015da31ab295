package io.med3dinsight.kernels.ptx;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** mma, ldmatrix, cp.async and packed arithmetic against plain loops. */
class MatrixInstructionsTest {
  private final SimulatedArrays s = PtxResources.load("matrix");

  /** Small multiples of 1/8: exact in every format, and so are their sums. */
  private static float[] eighths(int n, long seed) {
    Random r = new Random(seed);
    float[] v = new float[n];
    for (int i = 0; i < n; i++) {
      v[i] = (r.nextInt(33) - 16) / 8f;
    }
    return v;
  }

  private static float[] product(float[] a, float[] b, int k, boolean transposed) {
    float[] c = new float[16 * 8];
    for (int i = 0; i < 16; i++) {
      for (int j = 0; j < 8; j++) {
        for (int l = 0; l < k; l++) {
          c[i * 8 + j] += a[i * k + l] * (transposed ? b[j * k + l] : b[l * 8 + j]);
        }
      }
    }
    return c;
  }

  private static void same(float[] want, float[] got) {
    for (int i = 0; i < want.length; i++) {
      assertEquals(want[i], got[i], "element " + i);
    }
  }

  @Test
  void bf16() {
    float[] a = eighths(256, 1);
    float[] b = eighths(128, 2);
    long c = s.allocate(512);
    LaunchStatistics st = s.launch("mma_bf16", 1, 32, s.uploadBf16(a), s.uploadBf16(b), c);
    same(product(a, b, 16, true), s.floats(c, 128));
    assertEquals(2 * 16 * 8 * 16, st.flops());
    s.launch("mma_bf16_k8", 1, 32, s.uploadBf16(a), s.uploadBf16(b), c);
    same(product(a, b, 16, false), s.floats(c, 128));
  }

  @Test
  void tf32() {
    float[] a = eighths(192, 3);
    float[] b = eighths(96, 4);
    long c = s.allocate(512);
    s.launch("mma_tf32", 1, 32, s.upload(a), s.upload(b), c);
    same(product(a, b, 12, false), s.floats(c, 128));
  }

  @Test
  void f16() {
    float[] a = eighths(256, 5);
    float[] b = eighths(128, 6);
    long c = s.allocate(256);
    s.launch("mma_f16", 1, 32, halves(a), halves(b), c);
    float[] want = product(a, b, 16, true);
    int[] got = s.ints(c, 64);
    for (int i = 0; i < 128; i++) {
      assertEquals(
          want[i], Halves.value(got[i / 2] >>> 16 * (i & 1) & 0xffff, false), "element " + i);
    }
  }

  private long halves(float[] v) {
    int[] packed = new int[v.length / 2];
    for (int i = 0; i < v.length; i++) {
      packed[i / 2] |= (int) Halves.nearest((double) v[i], false) << 16 * (i & 1);
    }
    return s.upload(packed);
  }

  @Test
  void asyncCopiesArriveInStages() {
    int rows = 5;
    int n = rows * 128 - 70;
    float[] in = eighths(n, 7);
    long out = s.allocate(4L * rows * 128);
    // The copies need aligned sources; those beyond n read nothing.
    LaunchStatistics st = s.launch("staged", 1, 32, s.upload(in), out, rows, n);
    float[] got = s.floats(out, rows * 128);
    for (int i = 0; i < got.length; i++) {
      int from = i / 128 * 128 + 127 - i % 128;
      assertEquals(from < n ? in[from] : 0f, got[i]);
    }
    assertEquals(rows * 512, st.asyncBytes());
  }

  @Test
  void packedBf16() {
    int n = 64;
    float[] a = eighths(2 * n, 8);
    float[] b = eighths(2 * n, 9);
    float[] f = new float[2 * n];
    Random r = new Random(10);
    for (int i = 0; i < f.length; i++) {
      f[i] = (float) r.nextGaussian();
    }
    long out = s.allocate(6L * 4 * n);
    s.launch("packed", 1, n, s.uploadBf16(a), s.uploadBf16(b), out, s.upload(f), n);
    float[] got = s.bf16(out, 12 * n);
    for (int i = 0; i < 2 * n; i++) {
      float[] want = {
        a[i] + b[i], a[i] * b[i], a[i] * b[i] + a[i], f[i], Math.max(a[i], b[i]), a[i] - b[i]
      };
      for (int k = 0; k < want.length; k++) {
        assertEquals(
            Halves.value((int) Halves.nearest((double) want[k], true), true),
            got[2 * n * k + i],
            "result " + k);
      }
    }
  }
}
