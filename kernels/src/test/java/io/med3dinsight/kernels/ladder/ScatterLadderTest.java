package io.med3dinsight.kernels.ladder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.kernels.catalogue.Catalogue;
import io.med3dinsight.kernels.ptx.LaunchStatistics;
import io.med3dinsight.kernels.ptx.SimulatedArrays;
import io.med3dinsight.kernels.ptx.SimulatorOptions;
import java.io.IOException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Every step of the ladder of sums by index gives the sums and saves what its comment says. */
class ScatterLadderTest {
  private static final int N = 4096;
  private static final int ROWS = 1024;

  private final float[] x = new float[N];
  private final int[] index = new int[N];
  private final double[] expected = new double[ROWS];

  ScatterLadderTest() {
    SplittableRandom r = new SplittableRandom(3);
    for (int i = 0; i < N; i++) {
      x[i] = (float) r.nextDouble(-1, 1);
      index[i] = r.nextInt(ROWS);
      expected[index[i]] += x[i];
    }
  }

  private void check(String kernel, float[] sums) {
    for (int i = 0; i < ROWS; i++) {
      assertEquals(expected[i], sums[i], 1e-5, kernel + ", row " + i);
    }
  }

  private LaunchStatistics scan(String kernel) throws IOException {
    SimulatedArrays s = LadderFile.load("scatter");
    long y = s.allocate(4L * ROWS);
    LaunchStatistics done = s.launch(kernel, ROWS / 256, 256, s.upload(x), s.upload(index), y, N);
    check(kernel, s.floats(y, ROWS));
    return done;
  }

  /** The kernels that ship: two passes of eight bits, then the sums of neighbours. */
  private LaunchStatistics sorted() {
    SimulatedArrays s =
        new SimulatedArrays(SimulatorOptions.defaults(), "index", Catalogue.ptx("index"));
    int blocks = N / 2048;
    long counts = s.allocate(4L * 256 * blocks);
    long from = s.upload(index);
    long numbers = 0;
    LaunchStatistics all = null;
    for (int shift = 0; shift < 16; shift += 8) {
      long keysOut = s.allocate(4L * N);
      long numbersOut = s.allocate(4L * N);
      LaunchStatistics count =
          s.launch("index_sort_count", blocks, 256, from, counts, N, shift, ROWS);
      LaunchStatistics scan = s.launch("index_sort_scan", 1, 1024, counts, 256 * blocks);
      LaunchStatistics spread =
          s.launch(
              "index_sort_spread",
              blocks,
              256,
              from,
              numbers,
              keysOut,
              numbersOut,
              counts,
              N,
              shift,
              ROWS);
      all = all == null ? count.plus(scan).plus(spread) : all.plus(count).plus(scan).plus(spread);
      from = keysOut;
      numbers = numbersOut;
    }
    long y = s.allocate(4L * ROWS);
    LaunchStatistics sums =
        s.launch(
            "index_sort_sums_f32",
            ROWS / 256,
            256,
            s.upload(x),
            from,
            numbers,
            y,
            N,
            ROWS,
            1,
            1,
            1);
    check("index_sort_sums_f32", s.floats(y, ROWS));
    return all.plus(sums);
  }

  @Test
  void eachStepSavesWhatItSays() throws IOException {
    LaunchStatistics scan = scan("scatter_scan_f32");
    LaunchStatistics shared = scan("scatter_shared_f32");
    LaunchStatistics four = scan("scatter_four_f32");
    LaunchStatistics sorted = sorted();
    assertTrue(scan.globalLoadRequests() >= (long) N * ROWS / 32, "" + scan);
    assertTrue(shared.globalLoadRequests() < 0.2 * scan.globalLoadRequests(), shared + " " + scan);
    assertTrue(four.sharedRequests() < 0.3 * shared.sharedRequests(), four + " " + shared);
    assertTrue(four.warpInstructions() < 0.9 * shared.warpInstructions(), four + " " + shared);
    assertTrue(sorted.warpInstructions() < 0.3 * four.warpInstructions(), sorted + " " + four);
  }
}
