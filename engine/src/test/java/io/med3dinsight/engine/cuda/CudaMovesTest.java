package io.med3dinsight.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.cuda.CpuAndCuda.Input;
import io.med3dinsight.engine.op.Concat;
import io.med3dinsight.engine.op.Op;
import io.med3dinsight.engine.op.Pad;
import io.med3dinsight.engine.op.Permute;
import io.med3dinsight.engine.op.Roll;
import io.med3dinsight.engine.op.Slice;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.kernels.ptx.LaunchStatistics;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Kernels that move elements: every path that the host can pick, exactly the CPU's result. */
class CudaMovesTest {
  private final CpuAndCuda both = new CpuAndCuda();

  private void all(Op op, int... shape) {
    Input x = Input.uniform(1, -1, 1, shape);
    both.same(op, 0, x);
    both.same(op, 0, x.at(1));
    both.sameBf16(op, x);
    both.sameBf16(op, x.at(1));
    both.same(op, 0, Input.indices(2, 1 << 30, shape));
  }

  @Test
  void transpositions() {
    all(new Permute(List.of(1, 0)), 67, 129);
    all(new Permute(List.of(1, 0)), 128, 192);
    all(new Permute(List.of(1, 0)), 3, 5_000);
    all(new Permute(List.of(1, 0)), 5_000, 3);
    all(new Permute(List.of(1, 0)), 2, 3);
    all(new Permute(List.of(0, 2, 1)), 5, 40, 33);
    all(new Permute(List.of(0, 2, 1)), 3, 64, 70);
    all(new Permute(List.of(2, 1, 0)), 31, 5, 66);
    all(new Permute(List.of(0, 4, 1, 2, 3)), 2, 5, 6, 7, 4);
    all(new Permute(List.of(0, 2, 3, 4, 1)), 2, 4, 5, 6, 7);
    all(new Permute(List.of(3, 0, 1, 2)), 40, 2, 2, 34);
  }

  @Test
  void permutationsThatKeepTheInnermostAxis() {
    all(new Permute(List.of(0, 2, 1, 3)), 3, 50, 4, 16);
    all(new Permute(List.of(0, 2, 1, 3)), 3, 50, 4, 6);
    all(new Permute(List.of(0, 2, 1, 3)), 3, 50, 4, 7);
    all(new Permute(List.of(0, 1, 3, 5, 2, 4, 6, 7)), 1, 2, 4, 3, 4, 2, 4, 12);
    all(new Permute(List.of(0, 1, 2)), 30, 1, 21);
    all(new Permute(List.of(2, 0, 3, 1, 4)), 2, 9, 3, 4, 32);
  }

  @Test
  void permutationsOfEightAxes() {
    List<Integer> order = new ArrayList<>(IntStream.range(0, 8).boxed().toList());
    Random r = new Random(3);
    for (int k = 0; k < 12; k++) {
      Collections.shuffle(order, r);
      all(new Permute(List.copyOf(order)), 2, 3, 2, 4, 3, 2, 5, 3);
    }
  }

  @Test
  void slices() {
    for (int axis = 0; axis < 3; axis++) {
      all(new Slice(axis, 3, 9), 12, 17, 10);
      all(new Slice(axis, 4, 12), 12, 16, 24);
    }
    all(new Slice(0, 1, 4_001), 5_000, 12);
  }

  @Test
  void concatenations() {
    for (int axis = 0; axis < 3; axis++) {
      for (int last : new int[] {24, 10, 7}) {
        int[] other = {6, 8, last};
        other[axis] = 5;
        Input a = Input.uniform(1, -1, 1, 6, 8, last);
        Input b = Input.uniform(2, -1, 1, other);
        Op op = new Concat(axis);
        both.same(op, 0, a, b, a);
        both.same(op, 0, a, b.at(1), a);
        both.sameBf16(op, a, b, a.at(1));
      }
    }
  }

  @Test
  void paddings() {
    all(new Pad(List.of(0, 1, 1, 1, 0), List.of(0, 1, 1, 1, 0), 0f), 2, 7, 9, 11, 16);
    all(new Pad(List.of(0, 1, 2, 0, 0), List.of(0, 0, 1, 2, 0), 1f), 2, 7, 9, 11, 3);
    all(new Pad(List.of(8, 0), List.of(0, 4), -2f), 20, 12);
    all(new Pad(List.of(4), List.of(8), 3f), 4_000);
    all(new Pad(List.of(0, 3), List.of(0, 0), 3f), 100, 61);
    all(
        new Pad(List.of(1, 1, 1, 1, 1, 1, 1, 1), List.of(1, 1, 0, 1, 1, 0, 1, 1), 5f),
        1,
        2,
        1,
        2,
        1,
        2,
        1,
        2);
  }

  @Test
  void rolls() {
    all(new Roll(List.of(0, -2, -3, 4, 0)), 2, 8, 9, 10, 12);
    all(new Roll(List.of(0, 2, 0, 0)), 3, 8, 5, 3);
    all(new Roll(List.of(1, 8)), 33, 40);
    all(new Roll(List.of(0, 5)), 33, 40);
    all(new Roll(List.of(1_000)), 30_001);
    all(new Roll(List.of(1, 1, 1, 1, 1, 1, 1, 1)), 2, 3, 2, 3, 2, 3, 2, 3);
  }

  /**
   * Turning tiles in shared memory: all sectors that are touched are used, and no bank conflicts.
   */
  @Test
  void transpositionsTouchEachSectorOnce() {
    CpuAndCuda one = new CpuAndCuda();
    one.run(new Permute(List.of(1, 0)), one.cuda, DType.F32, Input.uniform(1, -1, 1, 256, 128));
    LaunchStatistics s = one.driver.statistics().get("arrange_transpose_b32");
    assertEquals(256 * 128 * 4 / 32, s.globalLoadSectors());
    assertEquals(256 * 128 * 4 / 32, s.globalStoreSectors());
    assertEquals(0, s.bankConflicts());
    one.run(new Permute(List.of(1, 0)), one.cuda, DType.BF16, Input.uniform(1, -1, 1, 256, 128));
    s = one.driver.statistics().get("arrange_transpose_pairs");
    assertEquals(256 * 128 * 2 / 32, s.globalLoadSectors());
    assertEquals(256 * 128 * 2 / 32, s.globalStoreSectors());
    assertEquals(0, s.bankConflicts());
    assertTrue(s.sharedRequests() > 0);
  }
}
