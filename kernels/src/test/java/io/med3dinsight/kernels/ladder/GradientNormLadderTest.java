package io.med3dinsight.kernels.ladder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.kernels.ptx.LaunchStatistics;
import io.med3dinsight.kernels.ptx.SimulatedArrays;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/**
 * The ladder of clipping by the norm of all gradients: every step finds the same factor and saves
 * what it says. The gradients are those of ten 3x3x3 convolutions of 16 to 16 channels with their
 * biases.
 */
class GradientNormLadderTest {
  private static final int TENSORS = 20;
  private static final float LIMIT = 12;

  private final float[][] gradients = new float[TENSORS][];
  private final double factor;
  private final long elements;

  GradientNormLadderTest() {
    double squares = 0;
    long n = 0;
    for (int k = 0; k < TENSORS; k++) {
      gradients[k] = RowLadderTest.random(200 + k, k % 2 == 0 ? 16 * 16 * 27 : 16);
      n += gradients[k].length;
      for (float g : gradients[k]) {
        squares += (double) g * g;
      }
    }
    elements = n;
    factor = LIMIT / (Math.sqrt(squares) + 1e-6);
    assertTrue(factor < 0.5, "the gradients are clipped");
  }

  /** The simulated device, what was launched so far, and where the gradients are. */
  private final class Run {
    final SimulatedArrays s;
    final long[] at = new long[TENSORS];
    final long total;
    final long by;
    LaunchStatistics counts;
    int launches;

    Run(SimulatedArrays s) {
      this.s = s;
      for (int k = 0; k < TENSORS; k++) {
        at[k] = s.upload(gradients[k]);
      }
      total = s.upload(new float[1]);
      by = s.allocate(4);
    }

    void launch(String kernel, int grid, int block, Object... arguments) {
      LaunchStatistics more = s.launch(kernel, grid, block, arguments);
      counts = counts == null ? more : counts.plus(more);
      launches++;
    }

    /** Checks the factor, and the gradients: {@code scaled} or as they were. */
    void check(boolean scaled, String what) {
      assertEquals(factor, s.floats(by, 1)[0], 1e-6 * factor, what);
      for (int k = 0; k < TENSORS; k++) {
        double[] expected = new double[gradients[k].length];
        for (int i = 0; i < expected.length; i++) {
          expected[i] = (scaled ? factor : 1) * gradients[k][i];
        }
        RowLadderTest.same(
            expected, s.floats(at[k], expected.length), scaled ? 1e-6 : 1e-12, what + ", " + k);
      }
    }
  }

  private static int blocks(int n, int each) {
    return (n + each - 1) / each;
  }

  private Run naive() throws IOException {
    Run r = new Run(LadderFile.load("gradientnorm"));
    for (int k = 0; k < TENSORS; k++) {
      int n = gradients[k].length;
      long squares = r.s.allocate(4L * n);
      r.launch("gradientnorm_naive_square_f32", blocks(n, 256), 256, r.at[k], squares, n);
      r.launch("gradientnorm_naive_sum_f32", 1, 256, squares, r.total, n);
    }
    r.launch("gradientnorm_factor_f32", 1, 32, r.total, r.by, LIMIT);
    scale(r, "gradientnorm_naive_scale_f32", 256);
    r.check(true, "naive");
    return r;
  }

  private void scale(Run r, String kernel, int each) {
    for (int k = 0; k < TENSORS; k++) {
      int n = gradients[k].length;
      r.launch(kernel, blocks(n, each), 256, r.at[k], r.by, n);
    }
  }

  /** A launch for each tensor writes a sum for each block, another adds these up. */
  private Run sums(String kernel, int each, String scale, int eachScaled) throws IOException {
    Run r = new Run(LadderFile.load("gradientnorm"));
    int parts = Arrays.stream(gradients).mapToInt(g -> blocks(g.length, each)).sum();
    long partial = r.s.allocate(4L * parts);
    int first = 0;
    for (int k = 0; k < TENSORS; k++) {
      int grid = blocks(gradients[k].length, each);
      r.launch(kernel, grid, 256, r.at[k], partial + 4L * first, gradients[k].length);
      first += grid;
    }
    r.launch("gradientnorm_fold_f32", 1, 1024, partial, r.total, parts);
    r.launch("gradientnorm_factor_f32", 1, 32, r.total, r.by, LIMIT);
    scale(r, scale, eachScaled);
    r.check(true, kernel);
    return r;
  }

  private Run shipped() {
    Run r = new Run(RowLadderTest.shipped("step"));
    long[][] one = Arrays.stream(r.at).mapToObj(a -> new long[] {a}).toArray(long[][]::new);
    int[] sizes = Arrays.stream(gradients).mapToInt(g -> g.length).toArray();
    TensorTable table = TensorTable.of(one, sizes);
    long partial = r.s.allocate(4L * table.blocks());
    r.launch("step_squares_f32", table.blocks(), 256, partial, table.bytes());
    r.launch("step_squaresfold_f32", 1, 1024, partial, r.total, table.blocks());
    r.launch("step_clip_f32", 1, 32, r.total, r.by, LIMIT);
    r.check(false, "shipped");
    return r;
  }

  @Test
  void eachStepSavesWhatItSays() throws IOException {
    Run naive = naive();
    Run fused = sums("gradientnorm_fused_f32", 256, "gradientnorm_naive_scale_f32", 256);
    Run packs = sums("gradientnorm_packs_f32", 4096, "gradientnorm_packs_scale_f32", 1024);
    Run last = shipped();
    assertEquals(3 * TENSORS + 1, naive.launches);
    assertEquals(2 * TENSORS + 2, fused.launches);
    assertEquals(2 * TENSORS + 2, packs.launches);
    assertEquals(3, last.launches);
    // Gradients to square and to scale, squares to add; the factor, which each thread reads.
    assertEquals(4 * 4 * elements + 4 * (TENSORS + 1), naive.counts.globalLoadBytes());
    assertEquals(4 * 2 * elements + 4 * (TENSORS + 1), naive.counts.globalStoreBytes());
    int parts = TENSORS / 2 * (blocks(16 * 16 * 27, 256) + 1);
    assertEquals(4 * (3 * elements + parts + 1), fused.counts.globalLoadBytes());
    assertEquals(4 * (elements + parts + 2), fused.counts.globalStoreBytes());
    int fewer = TENSORS / 2 * (blocks(16 * 16 * 27, 4096) + 1);
    assertEquals(4 * (elements + fewer + 1), last.counts.globalLoadBytes());
    assertEquals(4 * (fewer + 2), last.counts.globalStoreBytes());
    assertTrue(fused.counts.barriers() < 2.5 * parts, "" + fused.counts);
    assertTrue(packs.counts.barriers() < 0.3 * fused.counts.barriers(), "" + packs.counts);
    assertTrue(
        packs.counts.globalLoadRequests() < 0.3 * fused.counts.globalLoadRequests(),
        packs.counts + " " + fused.counts);
    assertTrue(
        packs.counts.warpInstructions() < 0.5 * fused.counts.warpInstructions(),
        packs.counts + " " + fused.counts);
    // Nothing is scaled, but tensors are looked up and may have any size and alignment.
    assertTrue(
        last.counts.globalLoadRequests() < 0.4 * packs.counts.globalLoadRequests(),
        last.counts + " " + packs.counts);
    assertTrue(
        last.counts.warpInstructions() < 1.2 * packs.counts.warpInstructions(),
        last.counts + " " + packs.counts);
  }
}
