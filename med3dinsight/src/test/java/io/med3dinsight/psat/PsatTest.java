package io.med3dinsight.psat;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.med3dinsight.UsageException;
import io.med3dinsight.engine.autograd.Gradients;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.ShapeException;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.checkpoint.Checkpoint;
import io.med3dinsight.nn.checkpoint.SafetensorsFile;
import io.med3dinsight.psat.Psat.Query;
import io.med3dinsight.slice.Plane;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PsatTest {
  private static final Device DEVICE = Device.cpu(2);

  @TempDir Path dir;

  private static Psat psat(boolean planeAware, boolean sliceAware) {
    PsatSettings s = new PsatSettings(12, 3, 2, 3, planeAware, sliceAware);
    return new Psat(Setup.of(DEVICE, 1), s, 5, 7);
  }

  /** The whole transformer against PyTorch in double precision (oracle/psat.py). */
  @ParameterizedTest
  @CsvSource({"a,1,1", "a,1,0", "a,0,1", "a,0,0", "b,1,1", "b,1,0", "b,0,1", "b,0,0"})
  void embeddingsAndGradientsAgreeWithPyTorch(String batch, int plane, int slice)
      throws IOException {
    Path file = dir.resolve("fixture.safetensors");
    try (InputStream in = getClass().getResourceAsStream("psat.safetensors")) {
      Files.copy(in, file);
    }
    String key = batch + plane + slice + "/";
    try (SafetensorsFile f = SafetensorsFile.open(file);
        Psat psat = psat(plane == 1, slice == 1);
        Checkpoint c = Checkpoint.open(file);
        Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      assertEquals(psat.namedState().size(), c.load(psat, "weight/").matched().size());
      Tensor x =
          Tensor.of(DEVICE, f.floats(batch + "/x"), f.shape(batch + "/x").toArray()).requireGrad();
      Tensor y = psat.embed(x, queries(f, batch));
      compare(f.floats(key + "y"), y.toFloats(), 2e-6, "embeddings");
      float[] w = f.floats(batch + "/weighting");
      Tensor loss = y.mul(Tensor.of(DEVICE, w, w.length / 7, 7)).sum();
      Gradients g = tape.gradients(loss);
      compare(f.floats(key + "gradient/x"), g.of(x).toFloats(), 1e-4, "gradient of x");
      if (plane + slice == 2) {
        psat.namedState()
            .forEach(
                (name, s) ->
                    compare(
                        f.floats(key + "gradient/" + name),
                        s.layout().toTorch(g.of(s.tensor()).toFloats(), s.tensor().shape()),
                        1e-4,
                        "gradient of " + name));
      }
    }
  }

  private static List<List<Query>> queries(SafetensorsFile f, String batch) {
    int slices = f.shape(batch + "/planes").dim(1);
    long[] planes = f.longs(batch + "/planes");
    float[] positions = f.floats(batch + "/positions");
    List<List<Query>> all = new ArrayList<>();
    for (int n = 0; n < 2; n++) {
      List<Query> one = new ArrayList<>();
      for (int i = n * slices; i < (n + 1) * slices; i++) {
        one.add(new Query(Plane.values()[Math.toIntExact(planes[i])], positions[i]));
      }
      all.add(one);
    }
    return all;
  }

  private static void compare(float[] expected, float[] got, double tolerance, String what) {
    // The bias of the keys has gradient 0 but for rounding: hence the floor.
    double scale = 1e-2;
    for (float e : expected) {
      scale = Math.max(scale, Math.abs(e));
    }
    assertEquals(expected.length, got.length, what);
    for (int i = 0; i < got.length; i++) {
      assertEquals(expected[i], got[i], tolerance * scale, what + " at " + i);
    }
  }

  private static float[] embed(Psat psat, int[] extents, Query... queries) {
    SplittableRandom random = new SplittableRandom(2);
    float[] x = new float[extents[0] * extents[1] * extents[2] * 5];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextDouble(-1, 1);
    }
    try (Scope scope = Scope.open()) {
      Tensor f = Tensor.of(DEVICE, x, 1, extents[0], extents[1], extents[2], 5);
      return psat.embed(f, List.of(List.of(queries))).toFloats();
    }
  }

  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,true", "false,false"})
  void onlyWhatItIsAwareOfChangesTheEmbedding(boolean planeAware, boolean sliceAware) {
    Query q = new Query(Plane.AXIAL, 0.25);
    try (Psat psat = psat(planeAware, sliceAware)) {
      float[] axial = embed(psat, new int[] {3, 2, 2}, q);
      float[] plane = embed(psat, new int[] {3, 2, 2}, new Query(Plane.SAGITTAL, 0.25));
      float[] position = embed(psat, new int[] {3, 2, 2}, new Query(Plane.AXIAL, 0.75));
      assertEquals(planeAware, !Arrays.equals(axial, plane));
      assertEquals(sliceAware, !Arrays.equals(axial, position));
    }
  }

  @Test
  void rowsHaveLengthOneForVolumesOfAnySize() {
    try (Psat psat = psat(true, true)) {
      for (int[] extents : new int[][] {{1, 1, 1}, {1, 7, 2}, {4, 5, 6}, {9, 1, 1}}) {
        Query a = new Query(Plane.CORONAL, 0);
        Query b = new Query(Plane.SAGITTAL, 1);
        float[] e = embed(psat, extents, a, b);
        assertEquals(14, e.length);
        for (int row = 0; row < 2; row++) {
          double sum = 0;
          for (int i = 0; i < 7; i++) {
            sum += e[row * 7 + i] * e[row * 7 + i];
          }
          assertEquals(1, sum, 1e-5);
        }
        // Slices of one batch do not see each other.
        assertArrayEquals(Arrays.copyOf(e, 7), embed(psat, extents, a), 2e-6f);
        assertFalse(Arrays.equals(Arrays.copyOf(e, 7), Arrays.copyOfRange(e, 7, 14)));
      }
    }
  }

  @Test
  void unequalNumbersOfSlicesAreRefused() {
    Query q = new Query(Plane.AXIAL, 0);
    try (Psat psat = psat(true, true);
        Scope scope = Scope.open()) {
      Tensor x = Tensor.zeros(DEVICE, 2, 1, 1, 1, 5);
      assertThrows(ShapeException.class, () -> psat.embed(x, List.of(List.of(q))));
      assertThrows(ShapeException.class, () -> psat.embed(x, List.of(List.of(), List.of())));
      assertThrows(ShapeException.class, () -> psat.embed(x, List.of(List.of(q), List.of(q, q))));
    }
    assertThrows(UsageException.class, () -> new PsatSettings(10, 3, 1, 1, true, true));
    assertThrows(UsageException.class, () -> new PsatSettings(9, 3, 1, 1, true, true));
    assertThrows(UsageException.class, () -> new PsatSettings(12, 3, 0, 1, true, true));
  }
}
