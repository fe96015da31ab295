package io.med3dinsight.kernels.ladder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.kernels.ptx.LaunchStatistics;
import io.med3dinsight.kernels.ptx.SimulatedArrays;
import java.io.IOException;
import java.util.Arrays;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;

/**
 * The ladder of AdamW: every step changes parameters and moments alike and saves what it says. The
 * parameters are those of ten 3x3x3 convolutions of 16 to 16 channels with their biases.
 */
class StepLadderTest {
  private static final int TENSORS = 20;
  private static final float CLIP = 0.5f;
  private static final float KEEP = 0.99f;
  private static final float SIZE = 0.02f;
  private static final float ROOT = 0.3f;
  private static final float B1 = 0.9f;
  private static final float B2 = 0.99f;
  private static final float EPS = 1e-8f;

  /** Parameter, gradient, first and second moment of each tensor. */
  private final float[][][] before = new float[TENSORS][4][];

  private long elements;

  /** What a step did, and in how many launches. */
  private record Done(LaunchStatistics counts, int launches) {
    Done plus(LaunchStatistics more) {
      return new Done(counts == null ? more : counts.plus(more), launches + 1);
    }
  }

  /** Launches what one tensor needs; its addresses are those of {@link #before}. */
  @FunctionalInterface
  private interface OneTensor {
    Done run(SimulatedArrays s, Done so, long[] at, int n);
  }

  StepLadderTest() {
    for (int k = 0; k < TENSORS; k++) {
      int n = k % 2 == 0 ? 16 * 16 * 27 : 16;
      elements += n;
      for (int i = 0; i < 4; i++) {
        before[k][i] = RowLadderTest.random(100 + 4L * k + i, n);
      }
      for (int e = 0; e < n; e++) {
        before[k][3][e] = Math.abs(before[k][3][e]);
      }
    }
  }

  private long[][] upload(SimulatedArrays s) {
    long[][] at = new long[TENSORS][4];
    for (int k = 0; k < TENSORS; k++) {
      for (int i = 0; i < 4; i++) {
        at[k][i] = s.upload(before[k][i]);
      }
    }
    return at;
  }

  private void check(SimulatedArrays s, long[][] at, String what) {
    for (int k = 0; k < TENSORS; k++) {
      int n = before[k][0].length;
      double[] p = new double[n];
      double[] m = new double[n];
      double[] v = new double[n];
      for (int e = 0; e < n; e++) {
        double g = (double) CLIP * before[k][1][e];
        m[e] = (double) B1 * before[k][2][e] + (1 - (double) B1) * g;
        v[e] = (double) B2 * before[k][3][e] + (1 - (double) B2) * g * g;
        p[e] = (double) KEEP * before[k][0][e] - SIZE * m[e] / (Math.sqrt(v[e]) / ROOT + EPS);
      }
      RowLadderTest.same(p, s.floats(at[k][0], n), 5e-6, what + ", parameter " + k);
      RowLadderTest.same(m, s.floats(at[k][2], n), 1e-6, what + ", first moment " + k);
      RowLadderTest.same(v, s.floats(at[k][3], n), 1e-6, what + ", second moment " + k);
    }
  }

  private Done eachTensor(String what, OneTensor one) throws IOException {
    SimulatedArrays s = LadderFile.load("step");
    long[][] at = upload(s);
    Done done = new Done(null, 0);
    for (int k = 0; k < TENSORS; k++) {
      done = one.run(s, done, at[k], before[k][0].length);
    }
    check(s, at, what);
    return done;
  }

  private static Done naive(SimulatedArrays s, Done so, long[] at, int n) {
    int grid = (n + 255) / 256;
    return so.plus(s.launch("step_naive_scale_f32", grid, 256, at[1], CLIP, n))
        .plus(s.launch("step_naive_scale_f32", grid, 256, at[0], KEEP, n))
        .plus(s.launch("step_naive_first_f32", grid, 256, at[2], at[1], B1, n))
        .plus(s.launch("step_naive_second_f32", grid, 256, at[3], at[1], B2, n))
        .plus(
            s.launch("step_naive_update_f32", grid, 256, at[0], at[2], at[3], SIZE, ROOT, EPS, n));
  }

  private static OneTensor whole(String kernel, int elementsPerBlock) {
    return (s, so, at, n) ->
        so.plus(
            s.launch(
                kernel,
                (n + elementsPerBlock - 1) / elementsPerBlock,
                256,
                at[0],
                at[1],
                at[2],
                at[3],
                CLIP,
                KEEP,
                SIZE,
                ROOT,
                B1,
                B2,
                EPS,
                n));
  }

  private Done shipped() {
    SimulatedArrays s = RowLadderTest.shipped("step");
    long[][] at = upload(s);
    int[] sizes = Arrays.stream(before).mapToInt(t -> t[0].length).toArray();
    TensorTable table = TensorTable.of(at, sizes);
    long values = s.upload(new float[] {KEEP, SIZE, ROOT});
    long clip = s.upload(new float[] {CLIP});
    LaunchStatistics done =
        s.launch(
            "step_adam_f32",
            table.blocks(),
            256,
            values,
            clip,
            table.bytes(),
            B1,
            B2,
            1 - B1,
            1 - B2,
            EPS,
            0f);
    check(s, at, "shipped");
    return new Done(done, 1);
  }

  @Test
  void eachStepSavesWhatItSays() throws IOException {
    Done naive = eachTensor("naive", StepLadderTest::naive);
    Done fused = eachTensor("fused", whole("step_fused_f32", 256));
    Done packs = eachTensor("packs", whole("step_packs_f32", 1024));
    Done last = shipped();
    assertEquals(5 * TENSORS, naive.launches());
    assertEquals(TENSORS, fused.launches());
    assertEquals(1, last.launches());
    assertEquals(4 * 9 * elements, naive.counts().globalLoadBytes());
    assertEquals(4 * 5 * elements, naive.counts().globalStoreBytes());
    assertEquals(4 * 4 * elements, fused.counts().globalLoadBytes());
    assertEquals(4 * 3 * elements, fused.counts().globalStoreBytes());
    assertEquals(4 * 4 * elements, packs.counts().globalLoadBytes());
    assertEquals(4 * 3 * elements, last.counts().globalStoreBytes());
    assertTrue(share(fused, naive, LaunchStatistics::warpInstructions) < 0.5, fused + " " + naive);
    // Not quite a quarter: a bias of 16 is one request in any case.
    assertTrue(share(packs, fused, LaunchStatistics::globalLoadRequests) < 0.26, "" + packs);
    assertTrue(share(packs, fused, LaunchStatistics::warpInstructions) < 0.5, "" + packs);
    // Each thread also reads the three values of the step and the factor of the gradients.
    assertTrue(share(last, fused, LaunchStatistics::globalLoadSectors) < 1.03, "" + last);
    assertTrue(share(last, fused, LaunchStatistics::globalLoadRequests) < 0.4, "" + last);
    assertTrue(share(last, fused, LaunchStatistics::warpInstructions) < 0.65, "" + last);
  }

  private static double share(Done a, Done of, ToLongFunction<LaunchStatistics> count) {
    return (double) count.applyAsLong(a.counts()) / count.applyAsLong(of.counts());
  }
}
