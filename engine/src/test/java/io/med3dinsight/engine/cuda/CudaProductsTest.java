package io.med3dinsight.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.med3dinsight.engine.cpu.ConvAxis;
import io.med3dinsight.engine.cpu.ConvGeometry;
import io.med3dinsight.engine.tensor.Arithmetic;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.kernels.catalogue.Catalogue;
import io.med3dinsight.kernels.catalogue.KernelSignature;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every tile of the matrix products and convolutions, whatever the shape would choose, on ragged
 * and on even sizes, split and whole, within twice the error of the naive computation, three times
 * for gradients.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CudaProductsTest {
  private static final Map<Arithmetic, ProductChecks> CHECKS = new EnumMap<>(Arithmetic.class);

  private static ProductChecks checks(Arithmetic a) {
    return CHECKS.computeIfAbsent(a, ProductChecks::new);
  }

  // ---- matrix products

  @ParameterizedTest
  @EnumSource(Arithmetic.class)
  @Order(1)
  void everyTileOfMatrixProducts(Arithmetic arithmetic) {
    ProductChecks c = checks(arithmetic);
    for (boolean ta : new boolean[] {false, true}) {
      for (boolean tb : new boolean[] {false, true}) {
        for (int t = 0; t < 3; t++) {
          product(c, t, ta, tb);
        }
      }
    }
  }

  /** Tile number t with this layout, if there is one: ragged; even; even, split and batched. */
  private static void product(ProductChecks c, int t, boolean ta, boolean tb) {
    try (Scope scope = Scope.open()) {
      List<Tile> tiles = CudaMatMul.tiles(layout(c, ta, tb), c.arithmetic);
      if (t >= tiles.size()) {
        return;
      }
      Tile tile = tiles.get(t);
      int m = tile.rows();
      int n = tile.columns();
      multiply(c, tile, 1, m + 5, n + 3, 37, ta, tb, 1);
      multiply(c, tile, 1, m + 8, n / 2, 104, ta, tb, 0);
      multiply(c, tile, 3, m - 24, n - 8, 136, ta, tb, 0);
    }
  }

  private static void multiply(
      ProductChecks c,
      Tile tile,
      int splits,
      int m,
      int n,
      int k,
      boolean ta,
      boolean tb,
      int offset) {
    float[] a = c.uniform(m * k);
    float[] b = c.uniform(k * n);
    float[] bias = c.uniform(n);
    MatrixTask t =
        new MatrixTask(
            m,
            n,
            k,
            c.operand(a, offset, a.length),
            ta,
            c.operand(b, offset, b.length),
            tb,
            MatrixBatch.ONE,
            c.single(bias),
            c.result(false, m, n));
    c.products.tiles(t, new Tile.Choice(tile, splits));
    String what = tile.name() + " " + t.layout() + " " + m + "x" + n + "x" + k + " / " + splits;
    c.check(what, t.y(), a, b, bias, v -> terms(m, n, k, ta, tb, v), 2);
  }

  private static void terms(int m, int n, int k, boolean ta, boolean tb, ProductChecks.Visitor v) {
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        for (int p = 0; p < k; p++) {
          v.at(ta ? p * m + i : i * k + p, tb ? j * k + p : p * n + j, i * n + j);
        }
      }
    }
  }

  private static MatrixTask layout(ProductChecks c, boolean ta, boolean tb) {
    Tensor one = c.operand(new float[1], 0, 1, 1);
    return new MatrixTask(1, 1, 1, one, ta, one, tb, MatrixBatch.ONE, null, one);
  }

  /** Few vectors on either side, the matrix in either layout, split and whole. */
  @ParameterizedTest
  @EnumSource(value = Arithmetic.class, names = "TF32", mode = EnumSource.Mode.EXCLUDE)
  @Order(2)
  void fewVectors(Arithmetic arithmetic) {
    ProductChecks c = checks(arithmetic);
    int[][] sizes = {{1, 70, 67}, {70, 1, 67}, {3, 37, 130}, {45, 4, 129}, {2, 2, 64}};
    for (int[] s : sizes) {
      for (int layout = 0; layout < 8; layout++) {
        boolean ta = (layout & 1) != 0;
        boolean tb = (layout & 2) != 0;
        int splits = (layout & 4) != 0 && (s[0] <= s[1] ? !tb : ta) ? 2 : 1;
        vectors(c, s, ta, tb, splits);
      }
    }
  }

  private static void vectors(ProductChecks c, int[] s, boolean ta, boolean tb, int splits) {
    try (Scope scope = Scope.open()) {
      float[] a = c.uniform(s[0] * s[2]);
      float[] b = c.uniform(s[2] * s[1]);
      MatrixTask t =
          new MatrixTask(
              s[0],
              s[1],
              s[2],
              c.operand(a, 1, a.length),
              ta,
              c.operand(b, 1, b.length),
              tb,
              MatrixBatch.ONE,
              null,
              c.result(false, s[0], s[1]));
      c.products.vectors(t, splits);
      String what = "vectors " + t.layout() + " " + s[0] + "x" + s[1] + "x" + s[2] + " / " + splits;
      c.check(what, t.y(), a, b, null, v -> terms(s[0], s[1], s[2], ta, tb, v), 2);
    }
  }

  // ---- convolutions

  private static ConvAxis axis(int in, int kernel, int stride, int pad, int dilation) {
    return ConvAxis.forward(in, kernel, stride, pad, dilation);
  }

  /** Odd channels, even channels, strides, dilation, groups, patches, weights in either layout. */
  private static List<ConvGeometry> geometries() {
    List<ConvGeometry> g = new ArrayList<>();
    ConvAxis plain = axis(4, 3, 1, 1, 1);
    ConvAxis strided = axis(5, 3, 2, 1, 1);
    ConvAxis dilated = axis(6, 2, 1, 1, 3);
    ConvAxis up = new ConvAxis(6, 3, 2, 2, 0, 1);
    ConvAxis patch = axis(8, 4, 4, 0, 1);
    for (boolean outFirst : new boolean[] {false, true}) {
      g.add(new ConvGeometry(2, 5, 7, 1, plain, plain, axis(9, 3, 1, 1, 1), outFirst));
      g.add(new ConvGeometry(1, 16, 40, 1, plain, plain, axis(11, 3, 1, 1, 1), outFirst));
      g.add(new ConvGeometry(1, 8, 16, 1, strided, axis(4, 1, 2, 0, 1), strided, outFirst));
      g.add(new ConvGeometry(1, 16, 48, 2, dilated, axis(3, 1, 1, 0, 1), dilated, outFirst));
      g.add(new ConvGeometry(1, 24, 8, 1, up, up, up, outFirst));
    }
    g.add(new ConvGeometry(1, 1, 20, 1, patch, patch, axis(12, 4, 4, 0, 1), false));
    g.add(new ConvGeometry(1, 8, 24, 1, patch, axis(2, 1, 1, 0, 1), patch, false));
    return g;
  }

  @ParameterizedTest
  @EnumSource(Arithmetic.class)
  @Order(3)
  void everyTileOfConvolutions(Arithmetic arithmetic) {
    ProductChecks c = checks(arithmetic);
    List<Tile> tiles = CudaConv.gatherTiles(arithmetic);
    int i = 0;
    for (ConvGeometry g : geometries()) {
      // Each geometry with one tile after the other, so that every tile meets most kinds.
      Tile.Choice choice = new Tile.Choice(tiles.get(i % tiles.size()), 1 + i % 2);
      forward(c, choice, g, i % 3);
      inputGradient(c, choice, g, i % 3);
      i++;
    }
    for (Tile t : tiles) {
      forward(c, new Tile.Choice(t, 1), geometries().get(1), 0);
      inputGradient(c, new Tile.Choice(t, 1), geometries().get(6), 0);
    }
  }

  private static void forward(ProductChecks c, Tile.Choice choice, ConvGeometry g, int offset) {
    try (Scope scope = Scope.open()) {
      float[] x = c.uniform(g.inputSize());
      float[] w = c.uniform(g.weightSize());
      float[] bias = offset == 0 ? c.uniform(g.outChannels()) : null;
      Tensor y = c.result(false, g.outputSize());
      Tensor dx = c.operand(x, offset, x.length);
      Tensor dw = c.operand(w, offset, w.length);
      c.convolutions.gather(g, false, choice, dx, dw, c.single(bias), y);
      String what = "forward " + choice.tile().name() + " / " + choice.splits() + " " + g;
      c.check(what, y, x, w, bias, v -> ProductChecks.convolution(g, v), 2);
    }
  }

  private static void inputGradient(
      ProductChecks c, Tile.Choice choice, ConvGeometry g, int offset) {
    try (Scope scope = Scope.open()) {
      float[] dy = c.uniform(g.outputSize());
      float[] w = c.uniform(g.weightSize());
      float[] bias = offset == 0 ? c.uniform(g.inChannels()) : null;
      Tensor dx = c.result(false, g.inputSize());
      Tensor tdy = c.operand(dy, offset, dy.length);
      Tensor tw = c.operand(w, offset, w.length);
      c.convolutions.gather(g, true, choice, tdy, tw, c.single(bias), dx);
      String what = "input gradient " + choice.tile().name() + " / " + choice.splits() + " " + g;
      c.check(
          what, dx, dy, w, bias, v -> ProductChecks.convolution(g, (i, k, o) -> v.at(o, k, i)), 3);
    }
  }

  @ParameterizedTest
  @EnumSource(Arithmetic.class)
  @Order(4)
  void everyTileOfWeightGradients(Arithmetic arithmetic) {
    ProductChecks c = checks(arithmetic);
    int i = 0;
    for (ConvGeometry g : geometries()) {
      for (Tile t : CudaConv.weightTiles(arithmetic)) {
        weightGradient(c, new Tile.Choice(t, 1 + i % 2), g, i % 3);
        i++;
      }
    }
  }

  private static void weightGradient(
      ProductChecks c, Tile.Choice choice, ConvGeometry g, int offset) {
    try (Scope scope = Scope.open()) {
      float[] x = c.uniform(g.inputSize());
      float[] dy = c.uniform(g.outputSize());
      // Weight gradients of BF16 may be asked for in single precision.
      Tensor dw = c.result(offset == 2, g.weightSize());
      Tensor tx = c.operand(x, offset, x.length);
      c.convolutions.weightGradient(g, choice, tx, c.operand(dy, offset, dy.length), dw);
      String kernel = choice == null ? "direct" : choice.tile().name() + " / " + choice.splits();
      c.check(
          "weight gradient " + kernel + " " + g,
          dw,
          x,
          dy,
          null,
          v -> ProductChecks.convolution(g, (i, k, o) -> v.at(i, o, k)),
          3);
    }
  }

  /** Depthwise, narrow groups, and padded kernels with more taps than the bit masks hold. */
  @ParameterizedTest
  @EnumSource(value = Arithmetic.class, names = "TF32", mode = EnumSource.Mode.EXCLUDE)
  @Order(5)
  void directKernels(Arithmetic arithmetic) {
    ProductChecks c = checks(arithmetic);
    ConvAxis plain = axis(4, 3, 1, 1, 1);
    ConvAxis strided = axis(5, 3, 2, 1, 1);
    ConvAxis dilated = axis(7, 2, 1, 1, 3);
    ConvAxis longKernel = axis(3, 31, 1, 15, 1);
    List<ConvGeometry> all =
        List.of(
            new ConvGeometry(2, 35, 35, 35, plain, plain, axis(9, 3, 1, 1, 1), false),
            new ConvGeometry(1, 19, 19, 19, plain, plain, dilated, false),
            new ConvGeometry(1, 8, 8, 8, strided, plain, strided, true),
            new ConvGeometry(1, 4, 8, 4, strided, plain, plain, false),
            new ConvGeometry(1, 6, 9, 3, plain, strided, plain, true),
            new ConvGeometry(1, 3, 5, 1, longKernel, axis(2, 1, 1, 0, 1), plain, false));
    for (ConvGeometry g : all) {
      direct(c, g);
      weightGradient(c, null, g, 1);
    }
  }

  private static void direct(ProductChecks c, ConvGeometry g) {
    try (Scope scope = Scope.open()) {
      float[] x = c.uniform(g.inputSize());
      float[] w = c.uniform(g.weightSize());
      float[] dy = c.uniform(g.outputSize());
      float[] bias = c.uniform(g.outChannels());
      Tensor y = c.result(false, g.outputSize());
      Tensor dx = c.result(false, g.inputSize());
      Tensor tw = c.operand(w, 1, w.length);
      c.convolutions.forward(g, c.operand(x, 1, x.length), tw, c.single(bias), y);
      c.convolutions.inputGradient(g, c.operand(dy, 1, dy.length), tw, null, dx);
      c.check("direct " + g, y, x, w, bias, v -> ProductChecks.convolution(g, v), 2);
      c.check(
          "direct input gradient " + g,
          dx,
          dy,
          w,
          null,
          v -> ProductChecks.convolution(g, (i, k, o) -> v.at(o, k, i)),
          3);
    }
  }

  /** No kernel of the two families is left without a run. */
  @Test
  @Order(9)
  void everyKernelRan() {
    TreeSet<String> missing = new TreeSet<>();
    for (String family : List.of("matmul", "conv")) {
      for (KernelSignature k : Catalogue.kernels(family)) {
        missing.add(k.name());
      }
    }
    CHECKS.values().forEach(c -> missing.removeAll(c.driver.statistics().keySet()));
    assertEquals(new TreeSet<String>(), missing);
  }
}
