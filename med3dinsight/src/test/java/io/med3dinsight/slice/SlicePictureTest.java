package io.med3dinsight.slice;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.UsageException;
import io.med3dinsight.image.GreyPng;
import io.med3dinsight.slice.SliceChoice.Place;
import io.med3dinsight.volume.Sentences;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

/** Windows, pictures and the rules that choose slices. */
class SlicePictureTest {
  private static final Set<Plane> ALL = EnumSet.allOf(Plane.class);
  private static final Window GREY = new Window(0, 255);

  /** A volume of 2 x 3 x 4 voxels (D, H, W) of 1 mm with a bright voxel in one corner. */
  private static Slice slice(Plane plane, int index, int d, int h, int w) {
    float[] voxels = new float[24];
    voxels[(d * 3 + h) * 4 + w] = 255;
    IntensityScale scale = IntensityScale.of(voxels);
    return Slice.of(voxels, new int[] {2, 3, 4}, new double[] {1, 1, 1}, plane, index, scale);
  }

  private static void assertBrightAt(SlicePicture p, int x, int y) {
    for (int i = 0; i < p.grey().length; i++) {
      assertEquals(i == y * p.width() + x ? 255 : 0, p.grey()[i] & 255, "pixel " + i);
    }
  }

  @Test
  void picturesHangAsRadiologistsHangThem() {
    // Anterior right: top left.
    SlicePicture axial = SlicePicture.of(slice(Plane.AXIAL, 1, 1, 2, 3), GREY, 4);
    assertEquals("4 3", axial.width() + " " + axial.height());
    assertBrightAt(axial, 0, 0);
    // Superior left: top right.
    assertBrightAt(SlicePicture.of(slice(Plane.CORONAL, 1, 1, 1, 0), GREY, 4), 3, 0);
    // Inferior posterior: bottom right.
    SlicePicture sagittal = SlicePicture.of(slice(Plane.SAGITTAL, 2, 0, 0, 2), GREY, 3);
    assertBrightAt(sagittal, 2, 1);
    assertEquals("right", SlicePicture.left(Plane.AXIAL));
    assertEquals("left", SlicePicture.right(Plane.CORONAL));
    assertEquals("anterior", SlicePicture.left(Plane.SAGITTAL));
    assertEquals("superior", SlicePicture.top(Plane.SAGITTAL));
    assertEquals("posterior", SlicePicture.bottom(Plane.AXIAL));
  }

  @Test
  void pixelsAreSquareInMillimetres() {
    float[] pixels = new float[10 * 20];
    IntensityScale scale = IntensityScale.of(pixels);
    Slice s = new Slice(Plane.CORONAL, 0, 1, 10, 20, pixels, 5, 0.5, scale);
    SlicePicture p = SlicePicture.of(s, GREY, 100);
    assertEquals("20 100", p.width() + " " + p.height());
    assertTrue(p.isBlank());
    assertFalse(SlicePicture.of(slice(Plane.AXIAL, 1, 1, 2, 3), GREY, 4).isBlank());
  }

  @Test
  void windowsMapHounsfieldUnitsAndPercentiles() {
    Window soft = Window.ct("soft");
    assertEquals(new Window(-160, 240), soft);
    assertEquals(0, soft.grey(-1000));
    assertEquals(128, soft.grey(40));
    assertEquals(255, soft.grey(3000));
    assertEquals(new Window(-1350, 150), Window.ct("LUNG"));
    assertEquals(new Window(-125, 225), Window.ct("50/350"));
    assertEquals(new Window(-700, -500), Window.ct("-600/200"));
    for (String bad : List.of("50", "50/0", "a/b", "", "50/-3")) {
      assertThrows(UsageException.class, () -> Window.ct(bad));
    }
    float[] voxels = new float[1001];
    for (int i = 0; i < voxels.length; i++) {
      voxels[i] = 1000 - i;
    }
    assertEquals(new Window(5, 995), Window.ofPercentiles(voxels, 0.5, 99.5));
    assertEquals(0, new Window(3, 3).grey(3));
    assertEquals(255, new Window(3, 3).grey(4));
  }

  @Test
  void aPngHoldsThePixels() throws IOException {
    byte[] grey = {0, 1, 127, (byte) 128, (byte) 200, (byte) 255};
    byte[] png = GreyPng.encode(new SlicePicture(3, 2, grey));
    BufferedImage read = ImageIO.read(new ByteArrayInputStream(png));
    byte[] back = (byte[]) read.getRaster().getDataElements(0, 0, 3, 2, null);
    assertArrayEquals(grey, back);
  }

  // ---- rules

  /** A box of 200 in a field of 10. */
  private static float[] box(int[] e, int d0, int d1, int h0, int h1, int w0, int w1) {
    float[] voxels = new float[e[0] * e[1] * e[2]];
    Arrays.fill(voxels, 10);
    for (int d = d0; d < d1; d++) {
      for (int h = h0; h < h1; h++) {
        Arrays.fill(voxels, (d * e[1] + h) * e[2] + w0, (d * e[1] + h) * e[2] + w1, 200);
      }
    }
    return voxels;
  }

  @Test
  void foregroundIsWhereThePatientIs() {
    int[] e = {20, 30, 40};
    float[] voxels = box(e, 5, 15, 10, 30, 20, 24);
    float threshold = Foreground.threshold(voxels, IntensityScale.of(voxels));
    assertTrue(threshold > 10 && threshold < 200, threshold + "");
    List<Place> places = SliceChoice.foreground(voxels, e, threshold, 5, ALL);
    assertEquals(List.of(6, 8, 10, 12, 14), indices(places, Plane.AXIAL));
    assertEquals(List.of(12, 16, 20, 24, 28), indices(places, Plane.CORONAL));
    // Four slices of it only.
    assertEquals(List.of(20, 21, 22, 23), indices(places, Plane.SAGITTAL));
    assertEquals(List.of(), SliceChoice.foreground(voxels, e, 500, 5, ALL));
  }

  @Test
  void denseForegroundGetsMoreSlices() {
    int[] e = {100, 1, 100};
    float[] voxels = new float[10_000];
    for (int d = 0; d < 100; d++) {
      Arrays.fill(voxels, d * 100, d * 100 + (d < 50 ? 90 : 10), 1);
    }
    List<Place> places = SliceChoice.foreground(voxels, e, 0.5f, 10, EnumSet.of(Plane.AXIAL));
    assertEquals(10, places.size());
    assertEquals(9, places.stream().filter(p -> p.index() < 50).count());
  }

  @Test
  void skewedForegroundStillGivesDistinctSlices() {
    int[] e = {6, 1, 1000};
    float[] voxels = new float[6000];
    Arrays.fill(voxels, 0, 1000, 1);
    for (int d = 1; d < 6; d++) {
      voxels[d * 1000] = 1;
    }
    List<Place> places = SliceChoice.foreground(voxels, e, 0.5f, 4, EnumSet.of(Plane.AXIAL));
    assertEquals(4, indices(places, Plane.AXIAL).stream().distinct().count());
  }

  private static List<Integer> indices(List<Place> places, Plane plane) {
    return places.stream().filter(p -> p.plane() == plane).map(Place::index).toList();
  }

  @Test
  void rulesChoose() {
    int[] e = {20, 30, 40};
    float[] voxels = box(e, 5, 15, 10, 30, 20, 24);
    IntensityScale scale = IntensityScale.of(voxels);
    SliceRule even = SliceRule.even(2, EnumSet.of(Plane.AXIAL, Plane.CORONAL));
    assertEquals(4, even.most());
    assertEquals(
        List.of(
            new Place(Plane.AXIAL, 5),
            new Place(Plane.AXIAL, 15),
            new Place(Plane.CORONAL, 7),
            new Place(Plane.CORONAL, 22)),
        even.places(voxels, e, scale, false, "v"));
    assertEquals(
        List.of(7, 12),
        indices(SliceRule.foreground(2, ALL).places(voxels, e, scale, false, "v"), Plane.AXIAL));
    // In HU all of it is more than air.
    assertEquals(
        List.of(5, 15),
        indices(SliceRule.foreground(2, ALL).places(voxels, e, scale, true, "v"), Plane.AXIAL)
            .stream()
            .map(i -> i / 5 * 5)
            .toList());
    SliceRule listed = SliceRule.listed(List.of("axial:0,19,50%", "Sagittal:100%"));
    assertEquals(4, listed.most());
    assertEquals(
        List.of(
            new Place(Plane.AXIAL, 0),
            new Place(Plane.AXIAL, 19),
            new Place(Plane.AXIAL, 10),
            new Place(Plane.SAGITTAL, 39)),
        listed.places(voxels, e, scale, false, "v"));
    Sentences.refused(
        () -> SliceRule.listed(List.of("axial:20")).places(voxels, e, scale, false, "scan_1"),
        "scan_1",
        "0 to 19");
    for (String bad : List.of("axial", "axial:", "axal:3", "axial:-1", "axial:101%", "axial:1;2")) {
      assertThrows(UsageException.class, () -> SliceRule.listed(List.of(bad)));
    }
    assertThrows(UsageException.class, () -> SliceRule.even(0, ALL));
    assertThrows(UsageException.class, () -> SliceRule.planes("axial,oblique"));
    assertEquals(EnumSet.of(Plane.AXIAL, Plane.CORONAL), SliceRule.planes("coronal, axial"));
  }
}
