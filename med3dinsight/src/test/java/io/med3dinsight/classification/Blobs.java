package io.med3dinsight.classification;

import io.med3dinsight.dataset.Augmentation;
import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.network.NetworkConfig;
import io.med3dinsight.network.UNetConfig;
import io.med3dinsight.volume.Normalization;
import io.med3dinsight.volume.Spacing;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Tiny images of two classes: a stripe along one axis or along another, somewhere, in noise. */
public final class Blobs {
  static final int EXTENT = 8;

  static final NetworkConfig UNET = unet(1);

  static NetworkConfig unet(int channels) {
    return new UNetConfig(channels, new int[] {4, 8}, new int[][] {{1, 1, 1}, {2, 2, 2}}, 1, true);
  }

  private Blobs() {}

  static ClassificationPlan plan(NetworkConfig network, int extent) {
    int channels = network.inputChannels();
    double[] statistics = new double[4 * channels];
    for (int i = 0; i < statistics.length; i++) {
      statistics[i] = new double[] {0, 1, 1, 0.1}[i % 4];
    }
    return new ClassificationPlan(
        "stripes",
        channels == 1 ? "" : "noise+stripes",
        List.of("across", "along"),
        new Spacing(1, 1, 1),
        new PatchSize(extent, extent, extent),
        Collections.nCopies(channels, Normalization.none()),
        ClassificationPlan.Pooling.MEAN_AND_MAX,
        statistics,
        network);
  }

  static ClassificationSettings settings(int epochs, int patience) {
    return new ClassificationSettings(
        epochs,
        0,
        4,
        1e-2,
        2,
        1e-2,
        5,
        0.7,
        0.05,
        null,
        true,
        0.1,
        ClassificationPlan.Pooling.MEAN_AND_MAX,
        true,
        1,
        patience,
        ClassificationSettings.Keep.BEST,
        false,
        1,
        true,
        new Augmentation(
            true,
            true,
            true,
            new Augmentation.Change(0.5, -5, 5),
            Augmentation.Change.NEVER,
            new Augmentation.Change(0.5, 0, 0.1),
            Augmentation.Change.NEVER,
            Augmentation.Change.NEVER,
            Augmentation.Change.NEVER,
            Augmentation.Change.NEVER));
  }

  static float[] image(int label, int extent, Random r) {
    float[] x = new float[extent * extent * extent];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) (0.3 * r.nextGaussian());
    }
    int a = 1 + r.nextInt(extent - 2);
    int b = 1 + r.nextInt(extent - 2);
    for (int k = 0; k < extent; k++) {
      int at = label == 0 ? (a * extent + b) * extent + k : (k * extent + a) * extent + b;
      x[at] += 3;
    }
    return x;
  }

  static PreparedImages images(int count, int extent, long seed) {
    return images(count, extent, 1, seed);
  }

  /** The same in the last channel; the others hold noise alone. */
  static PreparedImages images(int count, int extent, int channels, long seed) {
    Random r = new Random(seed);
    List<String> ids = new ArrayList<>();
    List<float[][]> images = new ArrayList<>();
    int[] labels = new int[count];
    for (int i = 0; i < count; i++) {
      labels[i] = i % 3 == 0 ? 1 : 0;
      ids.add("i" + i);
      float[][] image = new float[channels][extent * extent * extent];
      for (int c = 0; c < channels - 1; c++) {
        for (int v = 0; v < image[c].length; v++) {
          image[c][v] = (float) r.nextGaussian();
        }
      }
      image[channels - 1] = image(labels[i], extent, r);
      images.add(image);
    }
    return new PreparedImages(ids, labels, images);
  }

  /** The same as a file of MedMNIST3D with 24, 9 and 9 images. */
  public static Path medMnist(Path file) throws java.io.IOException {
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      int[] counts = {24, 9, 9};
      String[] splits = {"train", "val", "test"};
      for (int s = 0; s < 3; s++) {
        PreparedImages images = images(counts[s], EXTENT, 10 + s);
        ByteBuffer voxels = ByteBuffer.allocate(counts[s] * EXTENT * EXTENT * EXTENT);
        for (float[][] image : images.images()) {
          for (float v : image[0]) {
            voxels.put((byte) Math.round(Math.min(255, Math.max(0, 60 + 50 * v))));
          }
        }
        put(zip, splits[s] + "_images", counts[s] + ", 8, 8, 8", voxels.array());
        byte[] labels = new byte[counts[s]];
        for (int i = 0; i < labels.length; i++) {
          labels[i] = (byte) images.labels()[i];
        }
        put(zip, splits[s] + "_labels", counts[s] + ", 1", labels);
      }
    }
    return file;
  }

  private static void put(ZipOutputStream zip, String name, String shape, byte[] data)
      throws java.io.IOException {
    String header = "{'descr': '|u1', 'fortran_order': False, 'shape': (" + shape + "), }\n";
    ByteBuffer b =
        ByteBuffer.allocate(10 + header.length() + data.length).order(ByteOrder.LITTLE_ENDIAN);
    b.put("\u0093NUMPY\u0001\0".getBytes(StandardCharsets.ISO_8859_1));
    b.putShort((short) header.length()).put(header.getBytes(StandardCharsets.US_ASCII)).put(data);
    zip.putNextEntry(new ZipEntry(name + ".npy"));
    zip.write(b.array());
    zip.closeEntry();
  }
}
