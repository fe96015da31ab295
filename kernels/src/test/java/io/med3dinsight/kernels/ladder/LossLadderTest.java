package io.med3dinsight.kernels.ladder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.kernels.ptx.LaunchStatistics;
import io.med3dinsight.kernels.ptx.SimulatedArrays;
import java.io.IOException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The ladder of the statistics of soft Dice and cross-entropy. */
class LossLadderTest {
  private static final int VOXELS = 16384;
  private static final int BLOCKS = 4;

  private final float[] x = RowLadderTest.random(12, 3 * VOXELS);
  private final int[] labels = new int[VOXELS];
  private final double[] expected = new double[10];

  LossLadderTest() {
    SplittableRandom r = new SplittableRandom(13);
    for (int v = 0; v < VOXELS; v++) {
      labels[v] = r.nextInt(3);
      double sum = 0;
      for (int c = 0; c < 3; c++) {
        sum += Math.exp(x[3 * v + c]);
      }
      for (int c = 0; c < 3; c++) {
        double p = Math.exp(x[3 * v + c]) / sum;
        expected[c] += labels[v] == c ? p : 0;
        expected[3 + c] += p;
        expected[6 + c] += labels[v] == c ? 1 : 0;
      }
      expected[9] += Math.log(sum) - x[3 * v + labels[v]];
    }
  }

  private void check(float[] sums, int parts, int stride, String what) {
    for (int k = 0; k < 10; k++) {
      double sum = 0;
      for (int b = 0; b < parts; b++) {
        sum += sums[b * stride + k];
      }
      assertEquals(expected[k], sum, 2e-6 * VOXELS, what + ", sum " + k);
    }
  }

  private LaunchStatistics naive() throws IOException {
    SimulatedArrays s = LadderFile.load("loss");
    long y = s.upload(labels);
    long p = s.allocate(12L * VOXELS);
    long ce = s.allocate(4L * VOXELS);
    long sums = s.allocate(40);
    LaunchStatistics softmax =
        s.launch("loss_naive_softmax_f32", VOXELS / 256, 256, s.upload(x), y, p, ce);
    LaunchStatistics add = s.launch("loss_naive_sums_f32", 10, 256, p, y, ce, sums, VOXELS);
    check(s.floats(sums, 10), 1, 10, "naive");
    return softmax.plus(add);
  }

  private LaunchStatistics fused() throws IOException {
    SimulatedArrays s = LadderFile.load("loss");
    long partial = s.allocate(40L * BLOCKS);
    LaunchStatistics done =
        s.launch("loss_fused_f32", BLOCKS, 256, s.upload(x), s.upload(labels), partial, VOXELS);
    check(s.floats(partial, 10 * BLOCKS), BLOCKS, 10, "fused");
    return done;
  }

  private LaunchStatistics shipped() {
    SimulatedArrays s = RowLadderTest.shipped("loss");
    int stride = 11;
    int cells = 3 * (256 / 3);
    int tile = 256 * 3 + 256 * 3 / 32;
    long partial = s.allocate(4L * stride * BLOCKS);
    long sums = s.allocate(4L * stride);
    LaunchStatistics dice =
        s.launch(
            "loss_dice_f32",
            new int[] {BLOCKS, 1, 1},
            new int[] {256, 1, 1},
            4 * (tile + 256 + 3 * cells),
            s.upload(x),
            s.upload(labels),
            partial,
            VOXELS,
            3,
            1,
            cells,
            -1);
    LaunchStatistics fold =
        s.launch("loss_dicefold_f32", 3, 128, partial, sums, stride, stride, BLOCKS);
    check(s.floats(sums, stride), 1, stride, "shipped");
    return dice.plus(fold);
  }

  @Test
  void eachStepSavesWhatItSays() throws IOException {
    LaunchStatistics naive = naive();
    LaunchStatistics fused = fused();
    LaunchStatistics last = shipped();
    assertEquals(16L * VOXELS + 40, naive.globalStoreBytes());
    assertEquals(40L * BLOCKS, fused.globalStoreBytes());
    // Logits 12 bytes apart: each of the three loads of a voxel touches every sector of its warp.
    assertEquals((3L * 12 + 4) * VOXELS / 32, fused.globalLoadSectors());
    assertTrue(fused.globalLoadSectors() < 0.3 * naive.globalLoadSectors(), fused + " " + naive);
    assertTrue(fused.warpInstructions() < 0.7 * naive.warpInstructions(), fused + " " + naive);
    // Logits and labels once, then the few partial sums.
    assertEquals(16L * VOXELS / 32, last.globalLoadSectors(), 64);
    assertTrue(last.globalLoadSectors() < 0.5 * fused.globalLoadSectors(), last + " " + fused);
  }
}
