package io.med3dinsight.kernels.ladder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.kernels.ptx.LaunchStatistics;
import org.junit.jupiter.api.Test;

/** Every step of the matrix product's ladder computes the same and saves what its comment says. */
class MatMulLadderTest {
  private static final int M = 64;
  private static final int N = 128;
  private static final int K = 64;
  private static final long PRODUCTS = (long) M * N * K;

  private final float[] a = LadderRun.uniform(1, M * K);
  private final float[] b = LadderRun.uniform(2, K * N);

  private LaunchStatistics run(String kernel, int[] grid, int[] block, int shared, boolean halves)
      throws Exception {
    LadderRun run = LadderRun.of("matmul");
    long y = run.gpu.allocate(4L * M * N);
    long[] p = {halves ? run.halves(a) : run.floats(a), halves ? run.halves(b) : run.floats(b), y};
    LaunchStatistics s = run.launch(kernel, grid, block, shared, p, M, N, K);
    float[] c = run.read(y, M * N);
    for (int i = 0; i < M; i++) {
      for (int j = 0; j < N; j++) {
        assertEquals(expected(i, j, halves), c[i * N + j], 2e-5, kernel + " at " + i + ", " + j);
      }
    }
    return s;
  }

  private double expected(int i, int j, boolean halves) {
    double sum = 0;
    for (int k = 0; k < K; k++) {
      float x = a[i * K + k];
      float y = b[k * N + j];
      sum += halves ? (double) LadderRun.bfloat16(x) * LadderRun.bfloat16(y) : (double) x * y;
    }
    return sum;
  }

  @Test
  void eachStepSavesWhatItSays() throws Exception {
    int[] tiles = {N / 64, M / 64, 1};
    LaunchStatistics naive =
        run("matmul_naive_f32", new int[] {N / 32, M / 8, 1}, new int[] {32, 8, 1}, 0, false);
    LaunchStatistics shared =
        run("matmul_shared_f32", new int[] {N / 32, M / 32, 1}, new int[] {32, 32, 1}, 0, false);
    LaunchStatistics registers =
        run("matmul_registers_f32", tiles, new int[] {256, 1, 1}, 0, false);
    LaunchStatistics pipelined =
        run("matmul_pipelined_f32", tiles, new int[] {128, 1, 1}, 3 * 16 * 136 * 4, false);
    assertEquals(8 * PRODUCTS, naive.globalLoadBytes());
    assertEquals(8 * PRODUCTS / 32, shared.globalLoadBytes());
    assertEquals(8 * PRODUCTS / 64, registers.globalLoadBytes());
    assertEquals(8 * PRODUCTS / 64, pipelined.globalLoadBytes());
    assertEquals(pipelined.globalLoadBytes(), pipelined.asyncBytes());
    // Per warp of 32 products: 2 reads of shared memory, then 8 for 16 products, then 3 for 32.
    assertTrue(registers.sharedRequests() < 0.35 * shared.sharedRequests(), "" + registers);
    assertTrue(pipelined.sharedRequests() < 0.4 * registers.sharedRequests(), "" + pipelined);
    assertTrue(registers.bankConflicts() > 1000, "" + registers);
    assertEquals(0, pipelined.bankConflicts());
    assertTrue(pipelined.warpInstructions() < 0.9 * registers.warpInstructions(), "" + pipelined);
    assertTrue(shared.warpInstructions() < naive.warpInstructions(), "" + shared);
  }

  @Test
  void tensorCoresSaveInstructionsAndBytes() throws Exception {
    int[] tiles = {N / 64, M / 64, 1};
    LaunchStatistics pipelined =
        run("matmul_pipelined_f32", tiles, new int[] {128, 1, 1}, 3 * 16 * 136 * 4, false);
    LaunchStatistics mma =
        run("matmul_mma_bf16", tiles, new int[] {128, 1, 1}, 4 * 32 * 128 * 2, true);
    assertEquals(pipelined.globalLoadBytes() / 2, mma.globalLoadBytes());
    assertEquals(0, mma.bankConflicts());
    assertTrue(mma.warpInstructions() < 0.3 * pipelined.warpInstructions(), "" + mma);
  }
}
