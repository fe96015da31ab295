package io.med3dinsight.kernels.ladder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.kernels.ptx.LaunchStatistics;
import io.med3dinsight.kernels.ptx.SimulatedArrays;
import java.io.IOException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Every step of the reduction's ladder gives the sums and saves what its comment says. */
class ReductionLadderTest {
  private static final int ROWS = 32;
  private static final int LENGTH = 4096;
  private static final long SECTORS = ROWS * LENGTH * 4 / 32;

  private static LaunchStatistics run(String kernel, int grid, int block) throws IOException {
    SimulatedArrays s = LadderFile.load("reduction");
    SplittableRandom r = new SplittableRandom(1);
    float[] x = new float[ROWS * LENGTH];
    double[] expected = new double[ROWS];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) r.nextDouble(-1, 1);
      expected[i / LENGTH] += x[i];
    }
    long y = s.allocate(4L * ROWS);
    LaunchStatistics done = s.launch(kernel, grid, block, s.upload(x), y, LENGTH);
    float[] sums = s.floats(y, ROWS);
    for (int i = 0; i < ROWS; i++) {
      // The naive sum rounds 4096 times to the 24 bits of numbers around 100.
      assertEquals(expected[i], sums[i], 1e-3, kernel + ", row " + i);
    }
    return done;
  }

  @Test
  void eachStepSavesWhatItSays() throws IOException {
    LaunchStatistics naive = run("reduction_naive_f32", ROWS / 32, 32);
    LaunchStatistics strided = run("reduction_strided_f32", ROWS, 256);
    LaunchStatistics halves = run("reduction_halves_f32", ROWS, 256);
    LaunchStatistics shuffles = run("reduction_shuffles_f32", ROWS, 256);
    LaunchStatistics packs = run("reduction_packs_f32", ROWS, 256);
    assertEquals(8 * SECTORS, naive.globalLoadSectors());
    assertEquals(SECTORS, strided.globalLoadSectors());
    assertEquals(SECTORS, packs.globalLoadSectors());
    assertTrue(strided.bankConflicts() > 0, "" + strided);
    assertEquals(0, halves.bankConflicts());
    assertEquals(8L * ROWS, halves.barriers());
    assertEquals(ROWS, shuffles.barriers());
    assertTrue(shuffles.sharedRequests() < 0.5 * halves.sharedRequests(), shuffles + " " + halves);
    assertEquals(shuffles.globalLoadRequests(), 4 * packs.globalLoadRequests());
    assertTrue(
        packs.warpInstructions() < 0.8 * shuffles.warpInstructions(), packs + " " + shuffles);
    assertTrue(packs.warpInstructions() < 0.7 * halves.warpInstructions(), packs + " " + halves);
  }
}
