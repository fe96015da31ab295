package io.med3dinsight.volume;

import io.med3dinsight.UsageException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;

/**
 * Writes NIfTI single files, little-endian, gzipped when the name ends in .gz: NIfTI-1, or NIfTI-2
 * when the grid comes from such a file or is too long for the other.
 */
final class NiftiWriter {
  private static final int CHUNK = 8192;

  private NiftiWriter() {}

  /** Puts voxel {@code index} into the buffer. */
  interface VoxelSource {
    void put(ByteBuffer out, int index);
  }

  static void write(Path path, Grid grid, VoxelType type, VoxelSource voxels) {
    String name = path.toString();
    boolean zipped = name.endsWith(".nii.gz");
    if (!zipped && !name.endsWith(".nii")) {
      throw new UsageException(
          name + " cannot be written: images are written as .nii or .nii.gz, so name it that way.");
    }
    AtomicFile.write(
        path,
        out -> {
          if (zipped) {
            try (GZIPOutputStream zip = new GZIPOutputStream(out, 1 << 16)) {
              write(zip, grid, type, voxels);
            }
          } else {
            write(out, grid, type, voxels);
          }
        });
  }

  private static void write(OutputStream out, Grid grid, VoxelType type, VoxelSource voxels)
      throws IOException {
    byte[] extensions = grid.origin().extensions().bytes();
    boolean two = isTwo(grid);
    out.write(
        two ? headerTwo(grid, type, extensions.length) : header(grid, type, extensions.length));
    out.write(extensions);
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    int size = grid.size();
    for (int i = 0; i < size; i++) {
      voxels.put(chunk, i);
      if (!chunk.hasRemaining() || i == size - 1) {
        out.write(chunk.array(), 0, chunk.position());
        chunk.clear();
      }
    }
  }

  private static boolean isTwo(Grid grid) {
    boolean tooLong = false;
    for (int axis = 0; axis < 3; axis++) {
      tooLong |= grid.extent(axis) > Short.MAX_VALUE;
    }
    return tooLong || grid.origin().version() == 2;
  }

  private static long[] dim(Grid grid) {
    return new long[] {3, grid.width(), grid.height(), grid.depth(), 1, 1, 1, 1};
  }

  private static double[] pixdim(GridOrigin origin) {
    Spacing s = origin.pixdim();
    return new double[] {origin.qform().qfac(), s.x(), s.y(), s.z(), 1, 1, 1, 1};
  }

  private static double[] quaternion(Qform q) {
    return new double[] {q.b(), q.c(), q.d(), q.x(), q.y(), q.z()};
  }

  private static byte[] description(GridOrigin origin) {
    byte[] text = origin.description().getBytes(StandardCharsets.ISO_8859_1);
    return Arrays.copyOf(text, Math.min(text.length, 79));
  }

  private static byte[] header(Grid grid, VoxelType type, int extensions) {
    GridOrigin origin = grid.origin();
    ByteBuffer b = ByteBuffer.allocate(NiftiFields.BYTES_1).order(ByteOrder.LITTLE_ENDIAN);
    b.putInt(0, NiftiFields.BYTES_1);
    long[] dim = dim(grid);
    double[] pixdim = pixdim(origin);
    for (int i = 0; i < 8; i++) {
      b.putShort(40 + 2 * i, (short) dim[i]);
      b.putFloat(76 + 4 * i, (float) pixdim[i]);
    }
    b.putShort(70, (short) type.code());
    b.putShort(72, (short) (8 * type.bytes()));
    b.putFloat(108, NiftiFields.BYTES_1 + extensions);
    b.putFloat(112, 1);
    b.put(123, (byte) origin.units());
    b.put(148, description(origin));
    b.putShort(252, (short) origin.qformCode());
    b.putShort(254, (short) origin.sformCode());
    double[] quaternion = quaternion(origin.qform());
    for (int i = 0; i < 6; i++) {
      b.putFloat(256 + 4 * i, (float) quaternion[i]);
    }
    for (int i = 0; i < 12 && origin.sformCode() > 0; i++) {
      b.putFloat(280 + 4 * i, (float) origin.sform().at(i / 4, i % 4));
    }
    b.put(344, "n+1".getBytes(StandardCharsets.ISO_8859_1));
    return b.array();
  }

  private static byte[] headerTwo(Grid grid, VoxelType type, int extensions) {
    GridOrigin origin = grid.origin();
    ByteBuffer b = ByteBuffer.allocate(NiftiFields.BYTES_2).order(ByteOrder.LITTLE_ENDIAN);
    b.putInt(0, NiftiFields.BYTES_2);
    // The bytes after the name show a transfer that took the file for text.
    b.put(4, "n+2\0\r\n\032\n".getBytes(StandardCharsets.ISO_8859_1));
    b.putShort(12, (short) type.code());
    b.putShort(14, (short) (8 * type.bytes()));
    long[] dim = dim(grid);
    double[] pixdim = pixdim(origin);
    for (int i = 0; i < 8; i++) {
      b.putLong(16 + 8 * i, dim[i]);
      b.putDouble(104 + 8 * i, pixdim[i]);
    }
    b.putLong(168, NiftiFields.BYTES_2 + (long) extensions);
    b.putDouble(176, 1);
    b.put(240, description(origin));
    b.putInt(344, origin.qformCode());
    b.putInt(348, origin.sformCode());
    double[] quaternion = quaternion(origin.qform());
    for (int i = 0; i < 6; i++) {
      b.putDouble(352 + 8 * i, quaternion[i]);
    }
    for (int i = 0; i < 12 && origin.sformCode() > 0; i++) {
      b.putDouble(400 + 8 * i, origin.sform().at(i / 4, i % 4));
    }
    b.putInt(500, origin.units());
    return b.array();
  }
}
