package io.med3dinsight.kernels.ladder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.kernels.ptx.LaunchStatistics;
import io.med3dinsight.kernels.ptx.SimulatedArrays;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The ladder of dropout: every step draws the same numbers and saves what it says. */
class DropoutLadderTest {
  private static final int N = 8192;
  private static final int SEED = 77;
  private static final float P = 0.3f;
  private static final long MASK = 0xffffffffL;

  private final float[] x = RowLadderTest.random(14, N);
  private final double[] expected = new double[N];

  DropoutLadderTest() {
    int kept = 0;
    for (int i = 0; i < N; i++) {
      boolean keep = (philox(i / 4)[i % 4] >>> 8) * 0x1p-24 >= P;
      expected[i] = keep ? x[i] / (1.0 - P) : 0;
      kept += keep ? 1 : 0;
    }
    assertEquals(1 - P, (double) kept / N, 0.02);
  }

  /** Philox 4x32 with 10 rounds in 64-bit arithmetic. */
  private static int[] philox(int block) {
    long[] c = {block, 0, 0, 0};
    long k0 = SEED;
    long k1 = 0;
    for (int round = 0; round < 10; round++) {
      long p0 = 0xD2511F53L * c[0];
      long p1 = 0xCD9E8D57L * c[2];
      c = new long[] {p1 >>> 32 ^ c[1] ^ k0, p1 & MASK, p0 >>> 32 ^ c[3] ^ k1, p0 & MASK};
      k0 = k0 + 0x9E3779B9L & MASK;
      k1 = k1 + 0xBB67AE85L & MASK;
    }
    return new int[] {(int) c[0], (int) c[1], (int) c[2], (int) c[3]};
  }

  private LaunchStatistics naive() throws IOException {
    SimulatedArrays s = LadderFile.load("dropout");
    long y = s.allocate(4L * N);
    LaunchStatistics done =
        s.launch("dropout_naive_f32", N / 256, 256, s.upload(x), y, s.allocate(N), P, SEED);
    RowLadderTest.same(expected, s.floats(y, N), 1e-6, "naive");
    return done;
  }

  private LaunchStatistics four() throws IOException {
    SimulatedArrays s = LadderFile.load("dropout");
    long y = s.allocate(4L * N);
    LaunchStatistics done = s.launch("dropout_four_f32", N / 1024, 256, s.upload(x), y, P, SEED);
    RowLadderTest.same(expected, s.floats(y, N), 1e-6, "four");
    return done;
  }

  private LaunchStatistics shipped() {
    SimulatedArrays s = RowLadderTest.shipped("random");
    long y = s.allocate(4L * N);
    LaunchStatistics done =
        s.launch(
            "random_dropout_f32",
            N / 1024,
            256,
            s.upload(x),
            y,
            N,
            P,
            1 / (1 - P),
            (long) SEED,
            0L,
            0L,
            1);
    RowLadderTest.same(expected, s.floats(y, N), 1e-6, "shipped");
    return done;
  }

  @Test
  void eachStepSavesWhatItSays() throws IOException {
    LaunchStatistics naive = naive();
    LaunchStatistics four = four();
    LaunchStatistics last = shipped();
    assertEquals(5L * N, naive.globalStoreBytes());
    assertEquals(4L * N, four.globalStoreBytes());
    assertEquals(4L * N, last.globalStoreBytes());
    assertEquals(N / 32, naive.globalLoadRequests());
    assertEquals(N / 128, four.globalLoadRequests());
    assertEquals(N / 128, last.globalLoadRequests());
    assertTrue(four.warpInstructions() < 0.35 * naive.warpInstructions(), four + " " + naive);
    assertTrue(last.warpInstructions() < 0.6 * naive.warpInstructions(), last + " " + naive);
  }
}
