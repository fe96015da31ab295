package io.med3dinsight.kernels.ladder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.kernels.ptx.LaunchStatistics;
import io.med3dinsight.kernels.ptx.SimulatedArrays;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The ladder of trilinear resizing to twice the size, and of its gradient. */
class ResizeLadderTest {
  private static final int[] IN = {3, 4, 4};
  private static final int C = 32;
  private static final int SMALL = 3 * 4 * 4 * C;
  private static final int LARGE = 8 * SMALL;
  private static final int[] EXTENTS = {3, 4, 4, 6, 8, 8, C};

  private final float[] x = RowLadderTest.random(8, SMALL);
  private final float[] dy = RowLadderTest.random(9, LARGE);
  private final double[] y = new double[LARGE];
  private final double[] dx = new double[SMALL];

  ResizeLadderTest() {
    int[] low = new int[3];
    double[] part = new double[3];
    for (int v = 0; v < LARGE / C; v++) {
      int[] at = {v / 64, v / 8 % 8, v % 8};
      for (int a = 0; a < 3; a++) {
        double place = Math.max(0, (at[a] + 0.5) / 2 - 0.5);
        low[a] = (int) place;
        part[a] = place - low[a];
      }
      for (int k = 0; k < 8; k++) {
        double weight = 1;
        int from = 0;
        for (int a = 0; a < 3; a++) {
          int side = k >> a & 1;
          weight *= side == 1 ? part[a] : 1 - part[a];
          from = from * IN[a] + Math.min(low[a] + side, IN[a] - 1);
        }
        for (int c = 0; c < C; c++) {
          y[v * C + c] += weight * x[from * C + c];
          dx[from * C + c] += weight * dy[v * C + c];
        }
      }
    }
  }

  private LaunchStatistics forward(String kernel, int each) throws IOException {
    SimulatedArrays s = LadderFile.load("resize");
    long out = s.allocate(4L * LARGE);
    LaunchStatistics done =
        s.launch(kernel, LARGE / each / 256, 256, s.upload(x), out, IN[0], IN[1], IN[2], C);
    RowLadderTest.same(y, s.floats(out, LARGE), 1e-6, kernel);
    return done;
  }

  private LaunchStatistics scatter() throws IOException {
    SimulatedArrays s = LadderFile.load("resize");
    long out = s.upload(new float[SMALL]);
    LaunchStatistics done =
        s.launch("resize_scatter_f32", LARGE / 256, 256, s.upload(dy), out, IN[0], IN[1], IN[2], C);
    RowLadderTest.same(dx, s.floats(out, SMALL), 1e-5, "scatter");
    return done;
  }

  /** Forward and gradient of the kernels that ship, tables included. */
  private LaunchStatistics[] shipped() {
    SimulatedArrays s = RowLadderTest.shipped("resize");
    long low = s.allocate(4L * 22);
    long part = s.allocate(4L * 22);
    LaunchStatistics map = s.launch("resize_map_f32", 1, 128, low, part, EXTENTS, 1);
    long out = s.allocate(4L * LARGE);
    LaunchStatistics forward =
        s.launch(
            "resize_forward_f32",
            LARGE / 1024,
            256,
            s.upload(x),
            out,
            low,
            part,
            LARGE / 4,
            EXTENTS,
            2,
            1);
    RowLadderTest.same(y, s.floats(out, LARGE), 1e-6, "shipped");
    long first = s.allocate(4L * 11);
    long end = s.allocate(4L * 11);
    LaunchStatistics spans = s.launch("resize_spans_i32", 1, 128, low, first, end, EXTENTS, 2);
    long back = s.allocate(4L * SMALL);
    LaunchStatistics gradient =
        s.launch(
            "resize_gradient_f32",
            (SMALL / 4 + 255) / 256,
            256,
            s.upload(dy),
            back,
            low,
            part,
            first,
            end,
            SMALL / 4,
            EXTENTS,
            2,
            1);
    RowLadderTest.same(dx, s.floats(back, SMALL), 1e-5, "shipped gradient");
    return new LaunchStatistics[] {map.plus(forward), spans.plus(gradient)};
  }

  @Test
  void eachStepSavesWhatItSays() throws IOException {
    LaunchStatistics naive = forward("resize_naive_f32", 1);
    LaunchStatistics wide = forward("resize_wide_f32", 4);
    LaunchStatistics scatter = scatter();
    LaunchStatistics[] last = shipped();
    assertEquals(8L * LARGE / 32, naive.globalLoadRequests());
    assertEquals(8L * LARGE / 128, wide.globalLoadRequests());
    assertTrue(wide.warpInstructions() < 0.5 * naive.warpInstructions(), wide + " " + naive);
    assertTrue(last[0].warpInstructions() < 0.7 * naive.warpInstructions(), last[0] + " " + naive);
    assertEquals(8L * LARGE * 4, scatter.atomicBytes());
    assertEquals(0, last[1].atomicBytes());
    // The tables of spans aside, each number is written once.
    assertEquals(4L * SMALL + 2 * 4 * 11, last[1].globalStoreBytes());
    assertTrue(
        last[1].warpInstructions() < 0.75 * scatter.warpInstructions(), last[1] + " " + scatter);
  }
}
