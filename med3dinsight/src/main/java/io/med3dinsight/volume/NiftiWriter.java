package io.med3dinsight.volume;

import io.med3dinsight.DataException;
import io.med3dinsight.UsageException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;

/** Writes NIfTI-1 single files, little-endian, gzipped when the name ends in .gz. */
final class NiftiWriter {
  private static final int OFFSET = 352;
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
    for (int axis = 0; axis < 3; axis++) {
      if (grid.extent(axis) > Short.MAX_VALUE) {
        throw new DataException(
            name
                + " cannot be written: "
                + grid.shapeText()
                + " voxels exceed NIfTI-1's limit of 32767 along an axis.");
      }
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
    out.write(header(grid, type));
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

  private static byte[] header(Grid grid, VoxelType type) {
    GridOrigin origin = grid.origin();
    ByteBuffer b = ByteBuffer.allocate(OFFSET).order(ByteOrder.LITTLE_ENDIAN);
    b.putInt(0, NiftiHeader.BYTES_1);
    short[] dim = {
      3, (short) grid.width(), (short) grid.height(), (short) grid.depth(), 1, 1, 1, 1
    };
    for (int i = 0; i < 8; i++) {
      b.putShort(40 + 2 * i, dim[i]);
    }
    b.putShort(70, (short) type.code());
    b.putShort(72, (short) (8 * type.bytes()));
    Spacing s = origin.pixdim();
    double[] pixdim = {origin.qform().qfac(), s.x(), s.y(), s.z(), 1, 1, 1, 1};
    for (int i = 0; i < 8; i++) {
      b.putFloat(76 + 4 * i, (float) pixdim[i]);
    }
    b.putFloat(108, OFFSET);
    b.putFloat(112, 1);
    b.put(123, (byte) origin.units());
    byte[] text = origin.description().getBytes(StandardCharsets.ISO_8859_1);
    b.put(148, Arrays.copyOf(text, Math.min(text.length, 79)));
    putForms(b, grid.affine(), origin);
    b.put(344, "n+1".getBytes(StandardCharsets.ISO_8859_1));
    return b.array();
  }

  private static void putForms(ByteBuffer b, Affine affine, GridOrigin origin) {
    Qform q = origin.qform();
    b.putShort(252, (short) origin.qformCode());
    b.putShort(254, (short) origin.sformCode());
    double[] quaternion = {q.b(), q.c(), q.d(), q.x(), q.y(), q.z()};
    for (int i = 0; i < 6; i++) {
      b.putFloat(256 + 4 * i, (float) quaternion[i]);
    }
    if (origin.sformCode() > 0) {
      for (int i = 0; i < 12; i++) {
        b.putFloat(280 + 4 * i, (float) affine.at(i / 4, i % 4));
      }
    }
  }
}
