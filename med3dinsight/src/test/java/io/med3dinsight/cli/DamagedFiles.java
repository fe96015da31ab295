package io.med3dinsight.cli;

import io.med3dinsight.volume.Affine;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Volume;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** Damages NIfTI files in place, each in its own way. */
final class DamagedFiles {
  private DamagedFiles() {}

  static Path truncated(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    return Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
  }

  /** A header that claims 10^12 voxels. */
  static Path enormous(Path file) throws IOException {
    byte[] bytes;
    try (var in = new GZIPInputStream(new ByteArrayInputStream(Files.readAllBytes(file)))) {
      bytes = in.readAllBytes();
    }
    ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int axis = 1; axis <= 3; axis++) {
      header.putShort(40 + 2 * axis, (short) 10_000);
    }
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write(bytes);
    }
    return file;
  }

  static Path otherShape(Path label) throws IOException {
    Grid grid = Grid.of(5, 6, 7, Affine.scaling(1, 1, 1));
    Files.delete(label);
    LabelVolume.of(grid, new int[grid.size()]).write(label);
    return label;
  }

  static Path unknownLabel(Path label) throws IOException {
    LabelVolume old = LabelVolume.read(label);
    int[] labels = old.labels().clone();
    labels[17] = 7;
    Files.delete(label);
    LabelVolume.of(old.grid(), labels).write(label);
    return label;
  }

  static Path notANumber(Path image) throws IOException {
    Volume volume = Volume.read(image);
    volume.voxels()[5] = Float.NaN;
    Files.delete(image);
    volume.write(image);
    return image;
  }
}
