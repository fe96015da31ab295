package io.med3dinsight.caption;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.slice.IntensityScale;
import io.med3dinsight.slice.Plane;
import io.med3dinsight.slice.Slice;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Every sentence is true of slices that were made to show it. */
class OfflineDescriberTest {
  private static final IntensityScale SCALE = new IntensityScale(0, 10, 50, 80, 100);
  private static final OfflineDescriber MRI = new OfflineDescriber("MRI");

  private static float[] filled(int rows, int columns, float value) {
    float[] pixels = new float[rows * columns];
    Arrays.fill(pixels, value);
    return pixels;
  }

  /** Puts a value on rows r0 to r1 and columns c0 to c1, without the last. */
  private static void box(
      float[] pixels, int columns, int r0, int r1, int c0, int c1, float value) {
    for (int r = r0; r < r1; r++) {
      Arrays.fill(pixels, r * columns + c0, r * columns + c1, value);
    }
  }

  private static String describe(Plane plane, int index, int count, int columns, float[] pixels) {
    int rows = pixels.length / columns;
    return MRI.describe(new Slice(plane, index, count, rows, columns, pixels, 1, 0.5, SCALE));
  }

  private static void says(String text, String... sentences) {
    for (String s : sentences) {
      assertTrue(text.contains(s), "\"" + s + "\" in: " + text);
    }
  }

  @Test
  void axialWithABrightBlockInFrontOnTheLeft() {
    float[] pixels = filled(40, 60, 50);
    box(pixels, 60, 30, 40, 0, 10, 90);
    says(
        describe(Plane.AXIAL, 9, 10, 60, pixels),
        "Axial MRI slice in the superior third, 100 percent of the way from inferior to superior.",
        "The field of view is 30 by 40 mm.",
        "Dark tissue fills 0 percent, intermediate tissue 95 percent and bright tissue 5 percent.",
        "One bright region: medium, about 50 square mm, on the anterior left side.",
        "There is no dark region.",
        "The anterior left quadrant is the brightest and the posterior left quadrant the darkest.",
        "Left and right are asymmetric.",
        "It is smooth.");
  }

  @Test
  void coronalWithDarkBlocksBelowAndSymmetry() {
    float[] pixels = filled(40, 60, 50);
    box(pixels, 60, 0, 10, 0, 10, 5);
    box(pixels, 60, 0, 10, 50, 60, 5);
    box(pixels, 60, 30, 40, 20, 40, 90);
    says(
        describe(Plane.CORONAL, 0, 9, 60, pixels),
        "Coronal MRI slice in the posterior third, 0 percent of the way from posterior to anterior.",
        "One bright region: medium, about 100 square mm, on the superior side.",
        "Few dark regions: the largest is medium, about 50 square mm, on the inferior left side.",
        "Left and right are symmetric.");
  }

  @Test
  void sagittalColumnsRunForwards() {
    float[] pixels = filled(40, 60, 50);
    box(pixels, 60, 15, 25, 50, 60, 90);
    String text = describe(Plane.SAGITTAL, 4, 9, 60, pixels);
    says(
        text,
        "Sagittal MRI slice in the middle third, 50 percent of the way from left to right.",
        "on the anterior side");
    assertFalse(text.contains("Left and right are"), text);
    box(pixels, 60, 15, 25, 50, 60, 50);
    box(pixels, 60, 15, 25, 25, 35, 5);
    says(describe(Plane.SAGITTAL, 4, 9, 60, pixels), "about 50 square mm, in the centre.");
  }

  @Test
  void manyTinyRegionsAndTexture() {
    float[] pixels = filled(40, 60, 20);
    for (int i = 0; i < pixels.length; i += 7) {
      pixels[i] = 100;
    }
    says(describe(Plane.AXIAL, 0, 1, 60, pixels), "Tiny bright regions", "richly textured");
    for (int c = 0; c < 60; c += 10) {
      box(pixels, 60, 0, 40, c, c + 5, 20);
      box(pixels, 60, 0, 40, c + 5, c + 10, 90);
    }
    says(
        describe(Plane.AXIAL, 0, 1, 60, pixels),
        "Many bright regions: the largest is medium, about 100 square mm",
        "50 percent of the way");
  }

  @Test
  void oneIntensityHasNoBrightAndNoDark() {
    float[] pixels = filled(8, 8, 7);
    IntensityScale flat = IntensityScale.of(pixels);
    String text = MRI.describe(new Slice(Plane.AXIAL, 0, 2, 8, 8, pixels, 1, 1, flat));
    says(
        text,
        "Dark tissue fills 0 percent, intermediate tissue 100 percent and bright tissue 0 percent.",
        "There is no bright region.",
        "There is no dark region.",
        "All quadrants are equally bright.",
        "Left and right are symmetric.");
  }

  /** Nine tenths of the volume are background 0, so that 0 is its 85th percentile, too. */
  @Test
  void backgroundIsDarkAndWhatStandsOutIsBright() {
    float[] pixels = filled(10, 10, 0);
    box(pixels, 10, 4, 6, 0, 5, 30);
    IntensityScale scale = IntensityScale.of(pixels);
    assertEquals(0, scale.bright());
    says(
        MRI.describe(new Slice(Plane.AXIAL, 0, 2, 10, 10, pixels, 1, 1, scale)),
        "Dark tissue fills 90 percent, intermediate tissue 0 percent and bright tissue 10 percent.",
        "One bright region: large, about 10 square mm, on the left side.",
        "One dark region: large, about 100 square mm");
  }

  @Test
  void singleRowsAndColumnsAreDescribed() {
    float[] row = {50, 50, 50, 90};
    says(
        describe(Plane.AXIAL, 0, 1, 4, row),
        "right quadrant is the brightest",
        "left quadrant the darkest");
    describe(Plane.SAGITTAL, 0, 1, 1, row);
  }

  @Test
  void ctIsToldInTissues() {
    float[] pixels = filled(10, 10, -1000);
    box(pixels, 10, 0, 3, 0, 10, -100);
    box(pixels, 10, 3, 7, 0, 10, 40);
    box(pixels, 10, 7, 8, 0, 10, 700);
    String text =
        new OfflineDescriber("CT")
            .describe(new Slice(Plane.AXIAL, 1, 2, 10, 10, pixels, 1, 1, SCALE));
    says(
        text,
        "Axial CT slice",
        "Air fills 20 percent, fat 30 percent, soft tissue 40 percent and bone or contrast 10"
            + " percent.");
    assertEquals("offline-describer-2/CT", new OfflineDescriber("CT").id());
  }
}
