package io.med3dinsight.volume;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** All 48 ways in which axes can lie, and oblique ones against nibabel (oracle/volumes.py). */
class OrientationTest {
  /** Codes such as "LPS": each permutation of the axes with each choice of directions. */
  private static List<String> codes() {
    List<String> codes = new ArrayList<>();
    String[] orders = {"RAS", "RSA", "ARS", "ASR", "SRA", "SAR"};
    for (String order : orders) {
      for (int flips = 0; flips < 8; flips++) {
        StringBuilder code = new StringBuilder();
        for (int axis = 0; axis < 3; axis++) {
          char c = order.charAt(axis);
          boolean flipped = (flips >> axis & 1) == 1;
          code.append(flipped ? "LPI".charAt("RAS".indexOf(c)) : c);
        }
        codes.add(code.toString());
      }
    }
    return codes;
  }

  @Provide
  Arbitrary<String> orientations() {
    return Arbitraries.of(codes());
  }

  /** The affine whose file axes run as the code says, turned by a few degrees about x. */
  private static Affine affine(String code, double[] sizes, double degrees) {
    double[] rows = new double[12];
    for (int axis = 0; axis < 3; axis++) {
      int out = Math.max("RAS".indexOf(code.charAt(axis)), "LPI".indexOf(code.charAt(axis)));
      double sign = "LPI".indexOf(code.charAt(axis)) >= 0 ? -1 : 1;
      rows[4 * out + axis] = sign * sizes[axis];
    }
    rows[3] = 11;
    rows[7] = -22;
    rows[11] = 33;
    double cos = Math.cos(Math.toRadians(degrees));
    double sin = Math.sin(Math.toRadians(degrees));
    return Affine.of(1, 0, 0, 0, 0, cos, -sin, 0, 0, sin, cos, 0).times(Affine.of(rows));
  }

  @Test
  void thereAre48() {
    Set<Orientation> all = new HashSet<>();
    for (String code : codes()) {
      Grid grid = Grid.of(2, 3, 4, affine(code, new double[] {1, 2, 3}, 0));
      assertEquals(code, Orientation.of(grid).code());
      all.add(Orientation.of(grid));
    }
    assertEquals(48, all.size());
  }

  @Property(tries = 500, seed = "20250914")
  void thereAndBackIsExact(
      @ForAll("orientations") String code,
      @ForAll @IntRange(min = 1, max = 6) int width,
      @ForAll @IntRange(min = 1, max = 6) int height,
      @ForAll @IntRange(min = 1, max = 6) int depth,
      @ForAll @DoubleRange(min = -40, max = 40) double degrees) {
    Grid file = Grid.of(depth, height, width, affine(code, new double[] {0.5, 1.25, 3}, degrees));
    Orientation orientation = Orientation.of(file);
    assertEquals(code, orientation.code());
    float[] voxels = new float[file.size()];
    int[] marks = new int[file.size()];
    for (int i = 0; i < voxels.length; i++) {
      voxels[i] = i;
      marks[i] = i;
    }
    Volume ras = orientation.toRas(Volume.of(file, voxels));
    LabelVolume rasMarks = orientation.toRas(LabelVolume.of(file, marks));
    assertTrue(Orientation.of(ras.grid()).isRas());
    // Every voxel keeps its place in space.
    double[] where = new double[3];
    for (int d = 0, i = 0; d < ras.grid().depth(); d++) {
      for (int h = 0; h < ras.grid().height(); h++) {
        for (int w = 0; w < ras.grid().width(); w++, i++) {
          int from = (int) ras.voxels()[i];
          assertEquals(from, rasMarks.labels()[i]);
          where = ras.grid().affine().apply(w, h, d);
          double[] before =
              file.affine().apply(from % width, from / width % height, from / width / height);
          assertArrayEquals(before, where, 1e-9);
        }
      }
    }
    Volume back = orientation.fromRas(ras, file);
    assertArrayEquals(voxels, back.voxels());
    assertSame(file, back.grid());
    assertArrayEquals(marks, orientation.fromRas(rasMarks, file).labels());
  }

  @Test
  void obliqueAxesGoWhereNibabelPutsThem() throws IOException {
    List<JsonNode> cases = JsonLines.read(OrientationTest.class, "orientation.jsonl");
    assertEquals(150, cases.size());
    for (JsonNode c : cases) {
      Grid grid = Grid.of(2, 3, 4, Affine.of(JsonLines.doubles(c.get("affine"))));
      assertEquals(c.get("axes").asText(), Orientation.of(grid).code(), c.toString());
    }
  }

  @Test
  void labelsOfAnotherShapeAreRefused() {
    Grid file = Grid.of(2, 3, 4, affine("SPL", new double[] {1, 1, 1}, 0));
    LabelVolume wrong = LabelVolume.of(Grid.of(2, 3, 4, new Spacing(1, 1, 1)), new int[24]);
    Orientation orientation = Orientation.of(file);
    assertThrows(IllegalArgumentException.class, () -> orientation.fromRas(wrong, file));
  }
}
