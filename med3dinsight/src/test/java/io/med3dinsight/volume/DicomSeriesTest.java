package io.med3dinsight.volume;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.fuzz.Packing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Slices become volumes: order, geometry, and what is unusual is said. */
class DicomSeriesTest {
  @TempDir Path folder;

  private void slice(String name, int number, double x, double z) throws IOException {
    byte[] bytes = DicomFiles.slice("1.2.3", number, x, -20, z).pixels(100 * number, 1);
    Files.write(folder.resolve(name), bytes);
  }

  private ImageInfo info() {
    return VolumeReader.info(folder, ReadOptions.none());
  }

  /** What {@link DicomFiles#pixels} counts, rows from the lowest, less 1000. */
  private static float[] expected(int... firsts) {
    float[] out = new float[6 * firsts.length];
    for (int k = 0; k < firsts.length; k++) {
      for (int i = 0; i < 6; i++) {
        out[6 * k + i] = firsts[k] + (i < 3 ? i + 3 : i - 3) - 1000;
      }
    }
    return out;
  }

  @Test
  void slicesAreSortedByPosition() throws IOException {
    slice("a", 3, 10, 4);
    slice("b", 1, 10, 8);
    slice("c", 2, 10, 6);
    Volume volume = Volume.read(folder);
    assertEquals(3, volume.grid().depth());
    assertArrayEquals(expected(300, 200, 100), volume.voxels());
    Affine affine = Affine.of(-0.25, 0, 0, -10, 0, 0.5, 0, 19.5, 0, 0, 2, 4);
    assertEquals(0, volume.grid().affine().distance(affine), 1e-12);
    assertEquals(List.of(), info().warnings());
    assertEquals(VoxelType.INT16, volume.storedType());
    Path copy = folder.resolveSibling(folder.getFileName() + ".nii.gz");
    volume.write(copy);
    assertArrayEquals(volume.voxels(), Volume.read(copy).voxels());
    Files.delete(copy);
  }

  @Test
  void aZipIsAFolder() throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("README.txt", new byte[10]);
    for (int i = 1; i <= 3; i++) {
      entries.put("d/" + i, DicomFiles.slice("1.2.3", i, 0, 0, 5 * i).pixels(10 * i, 1));
    }
    Path zip = Files.write(folder.resolve("x.zip"), Packing.zip(entries));
    assertArrayEquals(expected(10, 20, 30), Volume.read(zip).voxels());
  }

  @Test
  void severalSeriesAreListedAndOneIsChosen() throws IOException {
    slice("a", 1, 0, 0);
    slice("b", 2, 0, 2);
    Files.write(folder.resolve("c"), DicomFiles.slice("1.2.7", 9, 0, 0, 0).pixels(5, 1));
    Sentences.refused(
        () -> Volume.read(folder), "2 series", "--series", "number 3 (CT, 2 images, UID 1.2.3)");
    Sentences.refused(() -> VolumeReader.volume(folder, ReadOptions.ofSeries("8")), "no series 8");
    assertEquals(2, VolumeReader.volume(folder, ReadOptions.ofSeries("3")).grid().depth());
    assertArrayEquals(
        expected(5), VolumeReader.volume(folder, ReadOptions.ofSeries("1.2.7")).voxels());
  }

  @Test
  void missingSlicesAreInterpolatedAndSaid() throws IOException {
    for (int i : new int[] {0, 1, 2, 4, 5}) {
      slice("s" + i, i + 1, 0, 2 * i);
    }
    Volume volume = Volume.read(folder);
    assertEquals(6, volume.grid().depth());
    assertEquals(2, volume.grid().spacing().z(), 1e-12);
    assertArrayEquals(expected(100, 200, 300, 400, 500, 600), volume.voxels(), 1e-3f);
    assertTrue(info().warnings().get(0).contains("1 of 6 slices are missing"), "" + info());
  }

  @Test
  void unevenSlicesAreInterpolatedAndSaid() throws IOException {
    double[] z = {0, 2, 4, 6.6, 8.6};
    for (int i = 0; i < z.length; i++) {
      Files.write(
          folder.resolve("s" + i),
          DicomFiles.slice("1.2.3", i, 0, 0, z[i]).pixels((int) Math.round(100 * z[i]), 1));
    }
    Volume volume = Volume.read(folder);
    assertEquals(5, volume.grid().depth());
    assertEquals(2.15, volume.grid().spacing().z(), 1e-9);
    // Pixels grow with the position, so that interpolation gives the position back.
    for (int k = 0; k < 5; k++) {
      assertEquals(expected((int) Math.round(215.0 * k))[0], volume.at(k, 0, 0), 5.5);
    }
    assertTrue(info().warnings().get(0).contains("2.00 to 2.60 mm apart"), "" + info());
  }

  @Test
  void aTiltedGantryShearsTheGrid() throws IOException {
    for (int i = 0; i < 4; i++) {
      Files.write(folder.resolve("s" + i), DicomFiles.slice("1.2.3", i, 0, i, 3 * i).pixels(i, 1));
    }
    Affine affine = Volume.read(folder).grid().affine();
    assertArrayEquals(
        new double[] {0, -1, 3}, new double[] {affine.at(0, 2), affine.at(1, 2), affine.at(2, 2)});
    assertTrue(info().warnings().get(0).contains("tilted by 18.4 degrees"), "" + info());
  }

  @Test
  void severalImagesOfAPositionAreFrames() throws IOException {
    for (int i = 0; i < 6; i++) {
      slice("s" + i, i + 1, 0, 2 * (i % 3));
    }
    assertEquals(List.of(3L, 2L, 3L, 2L), info().shape());
    Volume second = VolumeReader.volume(folder, ReadOptions.ofFrame(1));
    assertArrayEquals(expected(400, 500, 600), second.voxels());
    slice("more", 7, 0, 2);
    Sentences.refused(() -> Volume.read(folder), "2 images at one position and 3 at another");
  }

  @Test
  void copiesAndLocalisersAreLeftOutAndSaid() throws IOException {
    slice("a", 1, 0, 0);
    slice("b", 2, 0, 2);
    slice("copy", 2, 0, 2);
    byte[] localiser =
        DicomFiles.file("1.2.840.10008.1.2.1")
            .text(0x0020000e, "UI", "1.2.3")
            .text(0x00200032, "DS", "0\\0\\0")
            .text(0x00200037, "DS", "1\\0\\0\\0\\0\\-1")
            .pixels(0, 1);
    Files.write(folder.resolve("localiser"), localiser);
    // It has no name of its own, but the same bytes.
    Files.write(folder.resolve("localiser again"), localiser);
    assertEquals(List.of(3L, 2L, 2L), info().shape());
    assertTrue(info().warnings().toString().contains("2 files are copies"), "" + info());
    assertTrue(info().warnings().toString().contains("1 images of another size"), "" + info());
  }

  @Test
  void enhancedFilesDescribeEachFrame() throws IOException {
    DicomFiles[] frames = new DicomFiles[3];
    for (int i = 0; i < 3; i++) {
      DicomFiles place = DicomFiles.item().text(0x00200032, "DS", "1\\2\\" + (30 - 10 * i));
      DicomFiles scale =
          DicomFiles.item().text(0x00281052, "DS", i + "").text(0x00281053, "DS", "2");
      frames[i] = DicomFiles.item().sequence(0x00209113, place).sequence(0x00289145, scale);
    }
    DicomFiles shared =
        DicomFiles.item()
            .sequence(0x00209116, DicomFiles.item().text(0x00200037, "DS", "1\\0\\0\\0\\1\\0"))
            .sequence(0x00289110, DicomFiles.item().text(0x00280030, "DS", "3\\4"));
    byte[] file =
        DicomFiles.file("1.2.840.10008.1.2.1")
            .text(0x00280008, "IS", "3")
            .sequence(0x52009229, shared)
            .sequence(0x52009230, frames)
            .pixels(0, 3);
    Path path = Files.write(folder.resolve("enhanced.dcm"), file);
    Volume volume = Volume.read(path);
    Affine affine = Affine.of(-4, 0, 0, -1, 0, 3, 0, -5, 0, 0, 10, 10);
    assertEquals(0, volume.grid().affine().distance(affine), 1e-12);
    // The last frame is the lowest: pixels 12 to 17, twice, and 2.
    assertEquals(2 * 15 + 2, volume.at(0, 0, 0));
    assertEquals(2 * 3, volume.at(2, 0, 0));
  }

  @Test
  void filesWithoutPlacesAreOrderedByNumberAndSaid() throws IOException {
    for (int i = 1; i <= 3; i++) {
      byte[] bytes =
          DicomFiles.file("1.2.840.10008.1.2.1")
              .text(0x00180050, "DS", "4")
              .text(0x00200013, "IS", 4 - i + "")
              .pixels(10 * i, 1);
      Files.write(folder.resolve("s" + i), bytes);
    }
    Volume volume = Volume.read(folder);
    assertArrayEquals(expected(30, 20, 10), volume.voxels());
    assertEquals(4, volume.grid().spacing().z());
    assertTrue(info().warnings().get(0).contains("do not say where"), "" + info());
  }

  @Test
  void whatCannotBeReadSaysWhatToDo() throws IOException {
    byte[] lossy =
        DicomFiles.file("1.2.840.10008.1.2.4.51")
            .format()
            .encapsulated(new byte[0], new byte[20])
            .bytes();
    Path a = Files.write(folder.resolve("a"), lossy);
    Sentences.refused(() -> Volume.read(a), "JPEG extended (lossy)", "dcm2niix");
    byte[] colour =
        DicomFiles.file("1.2.840.10008.1.2.1")
            .number(0x00280002, 3)
            .number(0x00280010, 1)
            .number(0x00280011, 1)
            .value(0x7fe00010, "OB", new byte[4])
            .bytes();
    Path b = Files.write(folder.resolve("b"), colour);
    Sentences.refused(() -> Volume.read(b), "colour");
    Path none = Files.createDirectory(folder.resolve("none"));
    Files.writeString(none.resolve("notes.txt"), "nothing here");
    Sentences.refused(() -> Volume.read(none), "holds no image");
    byte[] far = DicomFiles.slice("1.2.3", 1, 0, 0, 1e9).pixels(0, 1);
    Path c = Files.write(folder.resolve("c"), far);
    Sentences.refused(() -> Volume.read(c), "unusable position");
  }

  /** Frames in several fragments are found by the table of offsets. */
  @Test
  void fragmentsAreJoinedByTheTable() throws IOException {
    byte[][] parts = new byte[4][];
    for (int frame = 0; frame < 2; frame++) {
      // Two segments of PackBits: the high bytes are 0, the low ones count.
      byte[] rle = new byte[64 + 2 + 8];
      DicomFiles.little(12).putInt(2).putInt(64).putInt(66).flip().get(rle, 0, 12);
      rle[64] = -5;
      rle[66] = 5;
      for (int i = 0; i < 6; i++) {
        rle[67 + i] = (byte) (10 * frame + i);
      }
      parts[2 * frame] = java.util.Arrays.copyOf(rle, 66);
      parts[2 * frame + 1] = java.util.Arrays.copyOfRange(rle, 66, 74);
    }
    byte[] table = DicomFiles.little(8).putInt(0).putInt(8 + 66 + 8 + 8).array();
    byte[] file =
        DicomFiles.file("1.2.840.10008.1.2.5")
            .text(0x00200032, "DS", "0\\0\\0")
            .text(0x00200037, "DS", "1\\0\\0\\0\\1\\0")
            .text(0x00280008, "IS", "2")
            .format()
            .encapsulated(table, parts)
            .bytes();
    Path path = Files.write(folder.resolve("x.dcm"), file);
    assertArrayEquals(expected(0, 10), Volume.read(path).voxels());
  }
}
