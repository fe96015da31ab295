package io.med3dinsight.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.cuda.CpuAndCuda.Input;
import io.med3dinsight.engine.op.Add;
import io.med3dinsight.engine.op.AddInPlace;
import io.med3dinsight.engine.op.Affine;
import io.med3dinsight.engine.op.BroadcastTo;
import io.med3dinsight.engine.op.Cast;
import io.med3dinsight.engine.op.Clamp;
import io.med3dinsight.engine.op.ClampGrad;
import io.med3dinsight.engine.op.Div;
import io.med3dinsight.engine.op.Dropout;
import io.med3dinsight.engine.op.Exp;
import io.med3dinsight.engine.op.Gelu;
import io.med3dinsight.engine.op.LeakyRelu;
import io.med3dinsight.engine.op.LeakyReluGrad;
import io.med3dinsight.engine.op.Log;
import io.med3dinsight.engine.op.Mul;
import io.med3dinsight.engine.op.Op;
import io.med3dinsight.engine.op.ScaleInPlace;
import io.med3dinsight.engine.op.Sigmoid;
import io.med3dinsight.engine.op.Silu;
import io.med3dinsight.engine.op.Sqrt;
import io.med3dinsight.engine.op.Square;
import io.med3dinsight.engine.op.Sub;
import io.med3dinsight.engine.op.Tanh;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Pointwise and broadcasting kernels at sizes and addresses that the op cases do not reach. */
class CudaPointwiseTest {
  private static final List<Op> UNARY =
      List.of(
          new Affine(1.5f, -0.25f),
          new Exp(),
          new Log(),
          new Sqrt(),
          new Square(),
          new Sigmoid(),
          new Tanh(),
          new Silu(),
          new Gelu(false),
          new Gelu(true),
          new LeakyRelu(0.1f),
          new Clamp(-0.5f, 0.75f));
  private static final List<Op> GRADIENTS =
      List.of(
          new Silu.Derivative(),
          new Gelu.Derivative(false),
          new Gelu.Derivative(true),
          new LeakyReluGrad(0.1f),
          new ClampGrad(-0.5f, 0.75f));

  private final CpuAndCuda both = new CpuAndCuda();

  private static Input values(Op op, int n) {
    boolean positive = op instanceof Log || op instanceof Sqrt;
    return Input.uniform(n, positive ? 0.01 : -6, 6, n);
  }

  @Test
  void unaryOfOddSizesAlignedAndNot() {
    for (Op op : UNARY) {
      for (int n : new int[] {1, 3, 1023, 40_005}) {
        both.same(op, 2e-6, values(op, n));
        both.sameBf16(op, values(op, n));
      }
      both.same(op, 2e-6, values(op, 9001).at(1));
      both.sameBf16(op, values(op, 9001).at(3));
    }
  }

  @Test
  void gradientsOfOddSizesAlignedAndNot() {
    for (Op op : GRADIENTS) {
      Input a = Input.uniform(1, -4, 4, 40_005);
      Input b = Input.uniform(2, -4, 4, 40_005);
      both.same(op, 2e-6, a, b);
      both.sameBf16(op, a, b);
      both.same(op, 2e-6, a, b.at(1));
      both.sameBf16(op, a.at(1), b);
    }
  }

  @Test
  void thousandsOfElementsForEachThread() {
    both.same(new Affine(2f, 1f), 0, Input.uniform(3, -1, 1, 400_003));
    both.sameBf16(new Gelu(false), Input.uniform(3, -6, 6, 300_007));
    both.same(new Add(), 0, Input.uniform(3, -1, 1, 6_007, 48), Input.uniform(4, -1, 1, 48));
  }

  @Test
  void specialNumbersGoThrough() {
    float inf = Float.POSITIVE_INFINITY;
    Input x = Input.of(new float[] {Float.NaN, inf, -inf, 0f, -0f, 1e-40f, -90f, 90f}, 8);
    for (Op op :
        List.of(new LeakyRelu(0.1f), new Clamp(-1, 1), new Sigmoid(), new Tanh(), new Exp())) {
      both.same(op, 1e-6, x);
      both.same(op, 1e-6, x.at(1));
    }
  }

  @Test
  void broadcasting() {
    int[][][] pairs = {
      {{5_000, 64}, {64}},
      {{5_000, 63}, {63}},
      {{64}, {700, 64}},
      {{700, 1}, {700, 64}},
      {{700, 1}, {1, 61}},
      {{3, 40, 8, 24}, {40, 1, 24}},
      {{3, 40, 8, 24}, {3, 1, 8, 1}},
      {{1}, {10_001}},
      {{10_001}, {}},
      {{2, 1, 3, 1, 2, 1, 3, 16}, {1, 3, 1, 2, 1, 2, 1, 16}},
      {{2, 1, 3, 1, 2, 1, 3, 1}, {1, 3, 1, 2, 1, 2, 1, 4}},
    };
    for (int[][] p : pairs) {
      Input a = Input.uniform(5, 0.5, 2, p[0]);
      Input b = Input.uniform(6, 0.5, 2, p[1]);
      for (Op op : List.of(new Add(), new Sub(), new Mul(), new Div())) {
        both.same(op, 1e-7, a, b);
        both.sameBf16(op, a, b);
      }
      both.same(new Div(), 1e-7, a.at(1), b);
      both.sameBf16(new Sub(), a, b.at(1));
      Shape y = Shape.broadcast(Shape.of(p[0]), Shape.of(p[1]));
      both.same(new BroadcastTo(y), 0, a);
      both.sameBf16(new BroadcastTo(y), b.at(1));
    }
  }

  @Test
  void inPlace() {
    Input a = Input.uniform(7, -1, 1, 20_003);
    Input b = Input.uniform(8, -1, 1, 20_003);
    both.same(new AddInPlace(), 0, a, b);
    both.same(new AddInPlace(), 0, a.at(1), b.at(2));
    both.same(new ScaleInPlace(0.3f), 0, a);
    both.same(new ScaleInPlace(0.3f), 0, a.at(3));
    List<float[]> sum = both.run(new AddInPlace(), both.cuda, DType.BF16, a, b);
    for (int i = 0; i < sum.get(0).length; i++) {
      float exact = CpuAndCuda.rounded(a.floats()[i]) + CpuAndCuda.rounded(b.floats()[i]);
      assertEquals(CpuAndCuda.rounded(exact), sum.get(0)[i]);
    }
  }

  @Test
  void castRoundsToNearestEven() {
    float[] v = new float[9_001];
    for (int i = 0; i < v.length; i++) {
      v[i] = Float.intBitsToFloat(0x3f800000 + 0x4000 * i);
    }
    float[] expected = new float[v.length];
    for (int i = 0; i < v.length; i++) {
      expected[i] = CpuAndCuda.rounded(v[i]);
    }
    for (int offset : new int[] {0, 1}) {
      Input x = Input.of(v, v.length).at(offset);
      Op toBf16 = new Cast(DType.BF16);
      assertArrayEquals(expected, both.run(toBf16, both.cuda, DType.F32, x).get(0));
      Op toFloat = new Cast(DType.F32);
      assertArrayEquals(expected, both.run(toFloat, both.cuda, DType.BF16, x).get(0));
    }
  }

  @Test
  void dropoutDrawsTheBitsOfTheCpu() {
    for (long position : new long[] {0, 1, 2, 3, 4, 7, (1L << 34) - 2}) {
      Op op = new Dropout(0.3f, 0x123456789abcdefL, position);
      for (int n : new int[] {1, 2, 5, 1024, 70_001}) {
        both.same(op, 0, Input.uniform(9, -1, 1, n));
      }
      both.same(op, 0, Input.uniform(9, -1, 1, 301).at(1));
      both.sameBf16(op, Input.uniform(9, 0.5, 1, 3_001));
      both.sameBf16(op, Input.uniform(9, 0.5, 1, 3_001).at(1));
    }
  }

  /** The point of packs: one request of a warp moves 512 bytes instead of 128. */
  @Test
  void alignedTensorsMoveSixteenBytesAtATime() {
    CpuAndCuda aligned = new CpuAndCuda();
    CpuAndCuda not = new CpuAndCuda();
    Input x = Input.uniform(10, -1, 1, 32_768);
    aligned.run(new Square(), aligned.cuda, DType.F32, x);
    not.run(new Square(), not.cuda, DType.F32, x.at(1));
    long packs = aligned.driver.statistics().get("elementwise_square_f32").globalLoadRequests();
    long scalars = not.driver.statistics().get("elementwise_square_f32").globalLoadRequests();
    assertEquals(32_768 / 4 / 32, packs);
    assertEquals(32_768 / 32, scalars);
  }

  @Test
  void divisorsAgreeWithDivision() {
    int[] values = {1, 2, 3, 5, 7, 64, 641, 65_535, 65_537, (1 << 30) + 1, Integer.MAX_VALUE};
    for (int d : values) {
      int[] magic = Words.divisorOf(d);
      for (long n : new long[] {0, 1, d - 1L, d, d + 1L, 12_345_678, Integer.MAX_VALUE}) {
        if (n <= Integer.MAX_VALUE) {
          long high = n * (magic[1] & 0xffffffffL) >>> 32;
          long sum = n + high;
          assertTrue(sum < 1L << 32);
          assertEquals(n / d, sum >>> magic[2], n + " / " + d);
        }
      }
    }
  }
}
