package io.med3dinsight.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.op.MatMul;
import io.med3dinsight.engine.tensor.Arithmetic;
import io.med3dinsight.engine.tensor.Scope;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which tile and how many splits a shape gets. */
class TileTest {
  private static final List<Tile> CONV = CudaConv.gatherTiles(Arithmetic.BF16);
  private static final List<Tile> WEIGHTS = CudaConv.weightTiles(Arithmetic.BF16);

  private static Tile.Choice choose(List<Tile> tiles, long m, long n, long k) {
    return Tile.choose(tiles, m, n, k, 1, 132, 1L << 30);
  }

  @Test
  void narrowResultsGetNarrowTiles() {
    assertEquals(32, choose(CONV, 2 << 20, 32, 27 * 32).tile().columns());
    assertEquals(64, choose(CONV, 2 << 18, 64, 27 * 64).tile().columns());
    assertEquals(128, choose(CONV, 2 << 16, 128, 27 * 128).tile().columns());
    assertEquals(1, choose(CONV, 2 << 16, 128, 27 * 128).splits());
  }

  @Test
  void smallResultsOfLongSumsAreSplit() {
    Tile.Choice c = choose(WEIGHTS, 27, 32, 2 << 20);
    assertTrue(c.splits() >= 132, "splits " + c.splits());
    assertTrue(choose(CONV, 512, 320, 27 * 320).splits() > 1);
    assertEquals(1, choose(CONV, 64, 32, 64).splits());
  }

  @Test
  void partialSumsStayWithinTheWorkspace() {
    Tile.Choice c = Tile.choose(WEIGHTS, 27 * 32, 64, 2 << 20, 1, 132, 1 << 20);
    assertTrue(4L * c.splits() * 27 * 32 * 64 <= 1 << 20, "splits " + c.splits());
  }

  @Test
  void tf32IsUsedWhenAskedFor() {
    for (Arithmetic a : new Arithmetic[] {Arithmetic.FP32, Arithmetic.TF32}) {
      ProductChecks c = new ProductChecks(a);
      try (Scope scope = Scope.open()) {
        var x = c.operand(c.uniform(64), 0, 8, 8);
        c.products.multiply(new MatMul(false, false), x, x, c.result(true, 8, 8));
      }
      String end = a == Arithmetic.TF32 ? "_tf32" : "_f32";
      assertTrue(
          c.driver.statistics().keySet().stream().allMatch(k -> k.endsWith(end)),
          a + ": " + c.driver.statistics().keySet());
    }
  }
}
