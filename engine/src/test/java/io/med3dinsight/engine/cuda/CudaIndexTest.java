package io.med3dinsight.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.cuda.CpuAndCuda.Input;
import io.med3dinsight.engine.op.Embedding;
import io.med3dinsight.engine.op.EmbeddingGrad;
import io.med3dinsight.engine.op.Extremum;
import io.med3dinsight.engine.op.Gather;
import io.med3dinsight.engine.op.NearestLabels;
import io.med3dinsight.engine.op.Op;
import io.med3dinsight.engine.op.ScatterAdd;
import io.med3dinsight.engine.op.Size3;
import io.med3dinsight.engine.tensor.DType;
import org.junit.jupiter.api.Test;

/** Picking and adding by index: every strategy, long lines, indices outside, ties and NaN. */
class CudaIndexTest {
  private final CpuAndCuda both = new CpuAndCuda();

  private boolean ran(String kernel) {
    return both.driver.statistics().containsKey(kernel);
  }

  @Test
  void embeddings() {
    for (int width : new int[] {1, 3, 6, 10, 16, 512}) {
      Input table = Input.uniform(1, -1, 1, 300, width);
      Input ids = Input.indices(2, 300, 7, 101);
      both.same(new Embedding(), 0, table, ids.at(1));
      both.same(new Embedding(), 0, table.at(1), ids);
      both.sameBf16(new Embedding(), table, ids);
      both.sameBf16(new Embedding(), table.at(1), ids);
    }
  }

  @Test
  void embeddingGradientsOfFewIds() {
    Input ids = Input.indices(3, 5, 200);
    both.same(new EmbeddingGrad(5), 1e-6, Input.uniform(4, -1, 1, 200, 33), ids);
    both.sameBf16(new EmbeddingGrad(5), Input.uniform(4, -1, 1, 200, 33), ids);
    assertTrue(ran("index_scatterscan_f32"));
  }

  @Test
  void embeddingGradientsByRadixSort() {
    for (int rows : new int[] {3, 255, 256, 3_375, 70_000}) {
      for (int width : new int[] {1, 12, 70}) {
        Input g = Input.uniform(5, -1, 1, 5_003, width);
        Input ids = Input.indices(6, rows, 5_003);
        both.same(new EmbeddingGrad(rows), 1e-5, g, ids);
        both.sameBf16(new EmbeddingGrad(rows), g.at(1), ids);
      }
    }
    assertTrue(ran("index_sort_spread"));
  }

  @Test
  void embeddingGradientsWhereAllIdsAreEqual() {
    Input g = Input.uniform(5, -1, 1, 9_000, 4);
    int[] ids = new int[9_000];
    java.util.Arrays.fill(ids, 17);
    both.same(new EmbeddingGrad(40), 1e-5, g, Input.of(ids, 9_000));
  }

  @Test
  void gathers() {
    int[][] cases = {{0, 40, 3, 1_000}, {1, 3, 70, 257}, {0, 9_001}, {2, 20, 30, 5}};
    for (int[] c : cases) {
      int[] shape = java.util.Arrays.copyOfRange(c, 1, c.length);
      int[] index = shape.clone();
      index[c[0]] = 13;
      Input x = Input.uniform(7, -1, 1, shape);
      Input i = Input.indices(8, shape[c[0]], index);
      both.same(new Gather(c[0]), 0, x.at(1), i);
      both.sameBf16(new Gather(c[0]), x, i.at(1));
    }
  }

  @Test
  void scatterOfFewEntriesScans() {
    both.same(
        new ScatterAdd(1, 9),
        1e-6,
        Input.uniform(1, -1, 1, 70, 8, 33),
        Input.indices(2, 9, 70, 8, 33));
    both.sameBf16(
        new ScatterAdd(2, 700), Input.uniform(1, -1, 1, 7, 3, 1), Input.indices(2, 700, 7, 3, 1));
    assertTrue(ran("index_scatterscan_f32") && ran("index_scatterscan_bf16"));
  }

  @Test
  void scatterOfManyLinesOwnsThem() {
    Input x = Input.uniform(1, -1, 1, 3, 40, 6_001);
    Input i = Input.indices(2, 11, 3, 40, 6_001);
    both.same(new ScatterAdd(1, 11), 0, x, i);
    both.sameBf16(new ScatterAdd(1, 11), x.at(1), i.at(1));
    assertTrue(ran("index_scatterlines_f32") && ran("index_scatterlines_bf16"));
  }

  @Test
  void scatterOfLongLinesSorts() {
    Input x = Input.uniform(1, -1, 1, 2, 20_003, 3);
    Input i = Input.indices(2, 41, 2, 20_003, 3);
    both.same(new ScatterAdd(1, 41), 1e-5, x, i);
    both.sameBf16(new ScatterAdd(1, 41), x, i);
    both.same(
        new ScatterAdd(0, 30_000),
        1e-5,
        Input.uniform(1, -1, 1, 9_000),
        Input.indices(2, 30_000, 9_000));
    assertTrue(ran("index_sort_places"));
  }

  @Test
  void sumsByIndexHaveTheSameBitsEachTime() {
    Input g = Input.uniform(5, -1, 1, 6_001, 20);
    Input ids = Input.indices(6, 50, 6_001);
    Op op = new EmbeddingGrad(50);
    float[] first = both.run(op, both.cuda, DType.F32, g, ids).get(0);
    assertArrayEquals(first, both.run(op, both.cuda, DType.F32, g, ids).get(0));
  }

  /** A kernel cannot throw: what an index outside touches becomes NaN, and nothing else is read. */
  @Test
  void indicesOutsideMakeNaN() {
    float[] picked =
        both.run(
                new Embedding(),
                both.cuda,
                DType.F32,
                Input.uniform(1, -1, 1, 4, 8),
                Input.of(new int[] {3, 4, -1}, 3))
            .get(0);
    for (int i = 0; i < picked.length; i++) {
      assertEquals(i >= 8, Float.isNaN(picked[i]));
    }
    for (int n : new int[] {20, 5_000}) {
      int[] ids = new int[n];
      ids[n / 2] = -3;
      float[] sums =
          both.run(
                  new EmbeddingGrad(6),
                  both.cuda,
                  DType.F32,
                  Input.uniform(1, -1, 1, n, 2),
                  Input.of(ids, n))
              .get(0);
      for (float v : sums) {
        assertTrue(Float.isNaN(v));
      }
    }
  }

  @Test
  void extrema() {
    int[][] cases = {
      {1, 3, 100_003},
      {0, 20_001, 3},
      {0, 20_001, 64},
      {1, 500, 3},
      {1, 7, 40, 9},
      {0, 1, 5},
      {0, 5_000}
    };
    for (int[] c : cases) {
      int[] shape = java.util.Arrays.copyOfRange(c, 1, c.length);
      Input x = Input.uniform(9, -1, 1, shape);
      for (boolean largest : new boolean[] {true, false}) {
        both.same(new Extremum(c[0], largest), 0, x.at(1));
        both.sameBf16(new Extremum(c[0], largest), x);
      }
    }
  }

  @Test
  void extremaOfEqualsAndNaN() {
    float[] v = new float[20_000];
    java.util.Arrays.fill(v, 1);
    both.same(new Extremum(0, true), 0, Input.of(v, 20_000));
    v[13_000] = Float.NaN;
    v[7_000] = Float.NaN;
    both.same(new Extremum(0, true), 0, Input.of(v, 20_000));
    both.same(new Extremum(0, false), 0, Input.of(v, 20_000));
    both.same(new Extremum(1, false), 0, Input.of(v, 2_000, 10));
    float inf = Float.NEGATIVE_INFINITY;
    both.same(new Extremum(0, true), 0, Input.of(new float[] {inf, inf, -0f, 0f}, 2, 2));
  }

  @Test
  void labels() {
    Input x = Input.indices(10, 7, 2, 11, 13, 17);
    both.same(new NearestLabels(new Size3(20, 7, 31)), 0, x);
    both.same(new NearestLabels(new Size3(11, 13, 17)), 0, x.at(1));
    both.same(new NearestLabels(new Size3(1, 1, 1)), 0, x);
    both.same(new NearestLabels(new Size3(1, 1, 5_001)), 0, Input.indices(11, 7, 1, 1, 1, 300_007));
  }
}
