package io.med3dinsight.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.med3dinsight.DataException;
import io.med3dinsight.volume.Affine;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Orientation;
import io.med3dinsight.volume.Spacing;
import io.med3dinsight.volume.Volume;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OverlayTest {
  private static final int SCALE = 10;

  /** 16 mm to the right, 24 mm to the front, 20 mm up. */
  private static final Grid GRID = Grid.of(10, 24, 16, new Spacing(1, 1, 2));

  /** Left and in front. */
  private static final int[] FIRST = {1, 2, 7, 14, 20, 2, 6};

  /** Right and behind. */
  private static final int[] SECOND = {2, 4, 8, 4, 10, 10, 14};

  @TempDir Path folder;

  @Test
  void thePatientsLeftIsOnTheLeftAndTheFrontOnTop() {
    OverlayPanel axial = overlay(GRID, FIRST).panels().get(0);
    BufferedImage picture = paint(axial);
    assertEquals(160, picture.getWidth());
    assertEquals(240, picture.getHeight());
    // The image is dark on the left and bright on the right.
    assertEquals(Color.BLACK, color(picture, 5, 5));
    assertEquals(Color.WHITE, color(picture, 155, 5));
    assertEquals(List.of("L", "R", "A", "P"), sides(axial));
    // The structure fills x 20..60 and y 40..100; its outline is two pixels wide, inside.
    Color solid = Palette.structure(0);
    assertEquals(solid, color(picture, 21, 45));
    assertEquals(solid, color(picture, 58, 95));
    assertEquals(solid, color(picture, 45, 41));
    assertEquals(solid, color(picture, 45, 98));
    assertEquals(Color.BLACK, color(picture, 40, 70));
    assertEquals(Color.BLACK, color(picture, 18, 70));
    assertEquals(0, count(picture, Palette.structure(1)));
  }

  @Test
  void theOtherPlanesAreToScale() {
    List<OverlayPanel> panels = overlay(GRID, FIRST).panels();
    BufferedImage coronal = paint(panels.get(1));
    assertEquals(160, coronal.getWidth());
    assertEquals(200, coronal.getHeight());
    assertEquals(List.of("L", "R", "S", "I"), sides(panels.get(1)));
    // 2..6 of 16 mm from the left, 4..14 of 20 mm from below.
    assertEquals(Palette.structure(0), color(coronal, 40, 61));
    assertEquals(Palette.structure(0), color(coronal, 40, 158));
    BufferedImage sagittal = paint(panels.get(2));
    assertEquals(240, sagittal.getWidth());
    assertEquals(200, sagittal.getHeight());
    assertEquals(List.of("P", "A", "S", "I"), sides(panels.get(2)));
    assertEquals(Palette.structure(0), color(sagittal, 141, 100));
    assertEquals(Palette.structure(0), color(sagittal, 198, 100));
  }

  @Test
  void theReferenceIsDashedInItsOwnTint() {
    LabelVolume reference = Cases.boxes(GRID, FIRST, SECOND);
    LabelVolume prediction = Cases.boxes(GRID, FIRST);
    Overlay overlay = new Overlay("a", image(GRID), reference, prediction, Cases.NAMES);
    BufferedImage picture = paint(overlay.panels().get(0));
    assertEquals(0, count(picture, Palette.structure(1)));
    int dashes = count(picture, Palette.reference(1));
    int outline = 2 * (2 * (40 + 60));
    assertTrue(dashes > 0.4 * outline && dashes < 0.7 * outline, dashes + " of " + outline);
    // Where the two agree, both colours can be seen.
    assertTrue(count(picture, Palette.structure(0)) > 0.3 * outline);
    assertTrue(count(picture, Palette.reference(0)) > 0.3 * outline);
    assertNotEquals(Palette.reference(0), Palette.reference(1));
  }

  @Test
  void theSliceWithMostOfTheReferenceIsShown() {
    LabelVolume reference = Cases.boxes(GRID, FIRST, new int[] {2, 8, 9, 0, 24, 0, 16});
    LabelVolume prediction = Cases.boxes(GRID, FIRST);
    Overlay overlay = new Overlay("a", image(GRID), reference, prediction, Cases.NAMES);
    assertEquals("axial, slice 9 of 10", overlay.panels().get(0).caption());
    LabelVolume empty = LabelVolume.of(GRID, new int[GRID.size()]);
    Overlay nothing = new Overlay("a", image(GRID), empty, prediction, Cases.NAMES);
    assertEquals("axial, slice 6 of 10", nothing.panels().get(0).caption());
  }

  @Test
  void everyOrientationGivesTheSamePicture() {
    LabelVolume straight = Cases.boxes(GRID, FIRST);
    LabelVolume both = Cases.boxes(GRID, FIRST, SECOND);
    BufferedImage expected = new Overlay("a", image(GRID), straight, both, Cases.NAMES).draw();
    Grid lps = Grid.of(10, 24, 16, Affine.of(-1, 0, 0, 15, 0, -1, 0, 23, 0, 0, 2, 0));
    Grid sal = Grid.of(16, 24, 10, Affine.of(0, 0, -1, 15, 0, 1, 0, 0, 2, 0, 0, 0));
    for (Grid grid : List.of(lps, sal)) {
      Orientation o = Orientation.of(grid);
      assertFalse(o.isRas());
      LabelVolume reference = o.fromRas(straight, grid);
      LabelVolume labels = o.fromRas(both, grid);
      Volume turned = o.fromRas(image(GRID), grid);
      BufferedImage picture = new Overlay("a", turned, reference, labels, Cases.NAMES).draw();
      assertArrayEquals(pixels(expected), pixels(picture), o.code());
    }
  }

  @Test
  void theLettersStandOnTheirSides() {
    assumeTrue(Lettering.missing().isEmpty(), "this Java has no fonts");
    BufferedImage picture = overlay(GRID, FIRST).draw();
    // The first plane starts at 36 and is 16/24 of 340 pixels wide and 340 high.
    int middle = 16 + 24 + 20 + 170;
    assertFalse(inkAtUpperRight(picture, 16, 36, middle), "L has nothing at its upper right");
    assertTrue(inkAtUpperRight(picture, 36 + 227 + 1, 36 + 227 + 20, middle), "R has");
  }

  private static boolean inkAtUpperRight(BufferedImage picture, int from, int to, int middle) {
    int[] box = {to, from, middle + 14, middle - 14};
    for (int pass = 0; pass < 2; pass++) {
      for (int y = middle - 14; y < middle + 14; y++) {
        for (int x = from; x < to; x++) {
          if (color(picture, x, y).getGreen() < 150) {
            continue;
          }
          if (pass == 1 && x > (box[0] + box[1]) / 2.0 && y < (box[2] + box[3]) / 2.0) {
            return true;
          }
          box[0] = Math.min(box[0], x);
          box[1] = Math.max(box[1], x);
          box[2] = Math.min(box[2], y);
          box[3] = Math.max(box[3], y);
        }
      }
    }
    assertTrue(box[1] - box[0] > 4 && box[3] - box[2] > 6, "a letter: " + Arrays.toString(box));
    return false;
  }

  @Test
  void smallCropsAreEnlargedAndLargeScansKeepTheirVoxels() {
    assertEquals(340 / 24.0, OverlayPainter.scale(overlay(GRID, FIRST).panels()), 1e-9);
    Grid large = Grid.of(8, 400, 400, new Spacing(0.5, 0.5, 5));
    assertEquals(2, OverlayPainter.scale(overlay(large, FIRST).panels()), 1e-9);
    Grid huge = Grid.of(2, 1280, 640, new Spacing(0.5, 0.5, 5));
    assertEquals(1, OverlayPainter.scale(overlay(huge, new int[] {1, 0, 1, 0, 1, 0, 1}).panels()));
  }

  @Test
  void aPictureWithoutReferenceIsWrittenToANewFolder() throws IOException {
    Path png = folder.resolve("overlays/a.png");
    LabelVolume prediction = Cases.boxes(GRID, FIRST);
    new Overlay("a", image(GRID), null, prediction, Cases.NAMES).write(png);
    BufferedImage picture = ImageIO.read(png.toFile());
    assertTrue(count(picture, Palette.structure(0)) > 100);
    assertEquals(0, count(picture, Palette.reference(0)));
    try (var files = Files.list(png.getParent())) {
      assertEquals(1, files.count());
    }
  }

  @Test
  void manyStructuresGetSeveralLinesOfLegend() {
    TreeMap<Integer, String> names = new TreeMap<>(Cases.NAMES);
    for (int label = 3; label < 20; label++) {
      names.put(label, "a structure with a long name, number " + label);
    }
    LabelVolume labels = Cases.boxes(GRID, FIRST);
    BufferedImage few = overlay(GRID, FIRST).draw();
    BufferedImage many = new Overlay("a", image(GRID), labels, labels, names).draw();
    assertEquals(few.getWidth(), many.getWidth());
    if (Lettering.missing().isEmpty()) {
      assertTrue(many.getHeight() > few.getHeight() + 5 * 24);
    }
  }

  @Test
  void labelsOfAnotherShapeAreRefused() {
    Grid other = Grid.of(10, 24, 15, new Spacing(1, 1, 2));
    LabelVolume labels = Cases.boxes(other, FIRST);
    DataException e =
        assertThrows(
            DataException.class,
            () -> new Overlay("case_7", image(GRID), null, labels, Cases.NAMES));
    for (String part : List.of("case_7", "15x24x10", "16x24x10")) {
      assertTrue(e.getMessage().contains(part), e.getMessage());
    }
  }

  /** Without a reference. */
  private static Overlay overlay(Grid grid, int[] first, int[]... more) {
    int[][] all = new int[more.length + 1][];
    all[0] = first;
    System.arraycopy(more, 0, all, 1, more.length);
    return new Overlay("a", image(grid), null, Cases.boxes(grid, all), Cases.NAMES);
  }

  /** Dark in the left half, bright in the right. */
  private static Volume image(Grid grid) {
    float[] voxels = new float[grid.size()];
    for (int i = 0; i < voxels.length; i++) {
      voxels[i] = i % grid.width() < grid.width() / 2 ? -50 : 1000;
    }
    return Volume.of(grid, voxels);
  }

  /** The plane alone without smoothing, so that colours are exact. */
  private static BufferedImage paint(OverlayPanel panel) {
    int w = (int) Math.round(panel.width() * SCALE);
    int h = (int) Math.round(panel.height() * SCALE);
    BufferedImage picture = new BufferedImage(w, h, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = picture.createGraphics();
    panel.paint(g, 0, 0, SCALE);
    g.dispose();
    return picture;
  }

  private static List<String> sides(OverlayPanel p) {
    return List.of(p.left(), p.right(), p.top(), p.bottom());
  }

  private static Color color(BufferedImage picture, int x, int y) {
    return new Color(picture.getRGB(x, y));
  }

  private static int count(BufferedImage picture, Color color) {
    return (int) Arrays.stream(pixels(picture)).filter(rgb -> rgb == color.getRGB()).count();
  }

  private static int[] pixels(BufferedImage p) {
    return p.getRGB(0, 0, p.getWidth(), p.getHeight(), null, 0, p.getWidth());
  }
}
