package io.med3dinsight.dataset;

import static io.med3dinsight.volume.Sentences.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.med3dinsight.volume.SharedData;
import io.med3dinsight.volume.Volume;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** MedMNIST3D's arrays and splits. */
class MedMnistTest {
  @TempDir Path folder;

  /** Arrays of bytes that count from a first value. */
  private static void put(ZipOutputStream zip, String name, String shape, int count, int first)
      throws IOException {
    String header = "{'descr': '|u1', 'fortran_order': False, 'shape': (" + shape + "), }\n";
    ByteBuffer b = ByteBuffer.allocate(10 + header.length() + count).order(ByteOrder.LITTLE_ENDIAN);
    b.put("\u0093NUMPY\u0001\0".getBytes(StandardCharsets.ISO_8859_1));
    b.putShort((short) header.length()).put(header.getBytes(StandardCharsets.US_ASCII));
    for (int i = 0; i < count; i++) {
      b.put((byte) (first + i));
    }
    zip.putNextEntry(new ZipEntry(name + ".npy"));
    zip.write(b.array());
    zip.closeEntry();
  }

  private Path file(String labelShape) throws IOException {
    Path path = folder.resolve("x.npz");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(path))) {
      int n = 3;
      for (String split : new String[] {"train", "val", "test"}) {
        put(zip, split + "_images", n + ", 2, 2, 2", 8 * n, 10 * n);
        put(zip, split + "_labels", String.format(labelShape, n), n, 0);
        n--;
      }
    }
    return path;
  }

  @Test
  void splitsAreTheOfficialOnes() throws IOException {
    MedMnist data = MedMnist.read(file("%d, 1"));
    assertEquals(2, data.size());
    assertEquals(3, data.classes());
    assertEquals(3, data.count(MedMnist.Split.TRAIN));
    assertEquals(1, data.count(MedMnist.Split.TEST));
    assertArrayEquals(new int[] {0, 1}, data.labelsOf(MedMnist.Split.VAL));
    Volume second = data.image(MedMnist.Split.VAL, 1);
    assertArrayEquals(new float[] {28, 29, 30, 31, 32, 33, 34, 35}, second.voxels());
    float[] both = data.images(MedMnist.Split.VAL, 0, 2);
    assertArrayEquals(second.voxels(), Arrays.copyOfRange(both, 8, 16));
    assertThrows(IndexOutOfBoundsException.class, () -> data.image(MedMnist.Split.TEST, 1));
  }

  @Test
  void whatIsWrongIsSaid() throws IOException {
    Path two = file("1, %d");
    refused(() -> MedMnist.read(two), "train_labels", "one label per image");
    Path other = folder.resolve("other.npz");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(other))) {
      put(zip, "x", "2, 2, 2, 2", 16, 0);
    }
    refused(() -> MedMnist.read(other), "train_images is missing");
  }

  @Test
  void adrenalMnist() {
    Path path = SharedData.find("adrenalmnist3d_64.npz");
    assumeTrue(path != null, "the file is not in this checkout");
    MedMnist data = MedMnist.read(path);
    assertEquals(64, data.size());
    assertEquals(2, data.classes());
    assertEquals(1188, data.count(MedMnist.Split.TRAIN));
    assertEquals(98, data.count(MedMnist.Split.VAL));
    assertEquals(298, data.count(MedMnist.Split.TEST));
    // The larger class alone gives this accuracy.
    int zeros = (int) Arrays.stream(data.labelsOf(MedMnist.Split.TEST)).filter(l -> l == 0).count();
    assertEquals(0.768, zeros / 298.0, 5e-4);
  }
}
