package io.med3dinsight.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.med3dinsight.engine.cuda.CpuAndCuda.Input;
import io.med3dinsight.engine.op.DivideByMax;
import io.med3dinsight.engine.op.DivideByMaxGrad;
import io.med3dinsight.engine.op.Op;
import io.med3dinsight.engine.op.SumOfSquares;
import io.med3dinsight.engine.op.SumTo;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Sums of every layout: rows, columns, both, cut into segments or not, aligned or not. */
class CudaSumsTest {
  private final CpuAndCuda both = new CpuAndCuda();

  @Test
  void sumsToEveryShape() {
    int[][][] cases = {
      {{1}, {1}},
      {{300_001}, {}},
      {{600_000}, {1}},
      {{5, 1_000}, {5, 1}},
      {{300_000}, {1}},
      {{3, 100_003}, {3, 1}},
      {{3, 100_000}, {3, 1}},
      {{2_000, 3}, {2_000, 1}},
      {{2_000, 33}, {2_000, 1}},
      {{1_500, 256}, {1_500, 1}},
      {{1_025, 300}, {1_025, 1}},
      {{20_001, 64}, {64}},
      {{20_001, 3}, {3}},
      {{7, 4_000}, {4_000}},
      {{2, 4_001}, {4_001}},
      {{300, 2, 24}, {300, 1, 24}},
      {{300, 3, 5}, {300, 1, 5}},
      {{4, 5_000, 16}, {4, 1, 16}},
      {{5, 70, 600}, {70, 1}},
      {{2, 6, 5, 4, 3, 8}, {6, 1, 4, 1, 8}},
      {{2, 6, 5, 4, 3, 8}, {2, 1, 5, 1, 3, 1}},
      {{2, 3, 2, 3, 2, 3, 2, 3}, {2, 1, 2, 1, 2, 1, 2, 1}},
      {{1, 7, 1, 5}, {7, 1, 5}},
    };
    for (int[][] c : cases) {
      Op op = new SumTo(Shape.of(c[1]));
      Input x = Input.uniform(1, -1, 1, c[0]);
      both.same(op, 2e-5, x);
      both.same(op, 2e-5, x.at(1));
      both.sameBf16(op, x);
      both.sameBf16(op, x.at(1));
    }
  }

  @Test
  void sumsHaveTheSameBitsOnAnyDevice() {
    Input x = Input.uniform(2, -1, 1, 3, 50_001, 2);
    Op op = new SumTo(Shape.of(3, 1, 1));
    CpuAndCuda other = new CpuAndCuda();
    List<float[]> first = both.run(op, both.cuda, DType.F32, x);
    assertArrayEquals(first.get(0), other.run(op, other.cuda, DType.F32, x).get(0));
    assertArrayEquals(first.get(0), both.run(op, both.cuda, DType.F32, x).get(0));
  }

  /** Each element is read once: as many sectors as it has bytes, and few for partial sums. */
  @Test
  void sumsReadOnce() {
    CpuAndCuda one = new CpuAndCuda();
    one.run(new SumTo(Shape.of(64)), one.cuda, DType.F32, Input.uniform(1, -1, 1, 8_192, 64));
    long sectors = one.driver.statistics().get("reduce_columnpacks_f32").globalLoadSectors();
    long input = 8_192 * 64 * 4 / 32;
    assertEquals(input, sectors, input / 16.0);
  }

  @Test
  void squaresOfManyTensors() {
    Input[] in = new Input[71];
    for (int k = 0; k < in.length; k++) {
      int n = k % 9 == 4 ? 0 : k % 7 == 0 ? 40_000 + k : 1 + 13 * k;
      in[k] = Input.uniform(k, -1, 1, n).at(k % 3);
    }
    both.same(new SumOfSquares(), 1e-6, in);
    both.same(new SumOfSquares(), 0, Input.uniform(1, -1, 1, 0));
    both.same(new SumOfSquares(), 1e-6, Input.uniform(1, -1, 1, 500_000));
  }

  @Test
  void divisionByTheLargest() {
    Input x = Input.uniform(3, -1, 2, 5, 37, 41);
    Input g = Input.uniform(4, -1, 1, 5, 37, 41);
    both.same(new DivideByMax(), 1e-7, x);
    both.same(new DivideByMaxGrad(), 2e-6, g, x.at(1));
    Input small = Input.uniform(5, -2, -1, 3, 1, 2);
    both.same(new DivideByMax(), 0, small);
    both.same(new DivideByMaxGrad(), 0, Input.uniform(6, -1, 1, 3, 1, 2), small);
    Input equal = Input.of(new float[] {1, 2, 2, 0, 2, 1}, 1, 2, 3);
    both.same(new DivideByMaxGrad(), 1e-7, Input.uniform(7, -1, 1, 1, 2, 3), equal);
  }
}
