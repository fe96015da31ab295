package io.med3dinsight.volume;

import io.med3dinsight.DataException;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Reads NIfTI-1 and NIfTI-2 files, plain or gzipped. Memory follows the bytes that are really
 * there, never the header's claim.
 */
final class NiftiReader {
  /** DEFLATE cannot expand by more than this: 258 bytes from two bits. */
  private static final long MAX_EXPANSION = 1032;

  /** What may follow the voxels in a gzipped file; more is no padding, but unpacks for hours. */
  private static final long MAX_REST = 64L << 20;

  private static final int CHUNK = 8192;

  private final Path path;
  private final String file;

  private NiftiReader(Path path) {
    this.path = path;
    this.file = path.toString();
  }

  static Volume volume(Path path) {
    NiftiReader reader = new NiftiReader(path);
    Content<VoxelSink.Floats> content = reader.read(VoxelSink.Floats::new);
    return new Volume(
        content.grid(), content.sink().data(), content.header().type(), path.toString());
  }

  static LabelVolume labels(Path path) {
    NiftiReader reader = new NiftiReader(path);
    Content<VoxelSink.Labels> content = reader.read(n -> new VoxelSink.Labels(n, reader.file));
    return new LabelVolume(
        content.grid(), content.sink().data(), content.header().type(), path.toString());
  }

  private record Content<S extends VoxelSink>(NiftiHeader header, S sink) {
    Grid grid() {
      long[] e = header.extents();
      return new Grid((int) e[2], (int) e[1], (int) e[0], header.affine(), header.origin());
    }
  }

  private <S extends VoxelSink> Content<S> read(IntFunction<S> sinks) {
    if (!Files.exists(path)) {
      throw new DataException(file + " does not exist; check the path.");
    }
    if (!Files.isRegularFile(path)) {
      throw new DataException(file + " is not a file; expected a .nii or .nii.gz image.");
    }
    try {
      long size = Files.size(path);
      try (InputStream raw = new BufferedInputStream(Files.newInputStream(path), 1 << 16)) {
        raw.mark(2);
        boolean zipped = raw.read() == 0x1f && raw.read() == 0x8b;
        raw.reset();
        if (!zipped) {
          return read(raw, size, false, sinks);
        }
        try (InputStream in = new GZIPInputStream(raw, 1 << 16)) {
          return read(in, size, true, sinks);
        }
      }
    } catch (EOFException e) {
      throw new DataException(
          file + " is cut off: the compressed data end too early; copy or download it again.", e);
    } catch (ZipException e) {
      throw new DataException(
          file + " is damaged: its gzip data cannot be unpacked (" + e.getMessage() + ").", e);
    } catch (IOException e) {
      throw DataException.of(path, "read", e);
    }
  }

  private <S extends VoxelSink> Content<S> read(
      InputStream in, long size, boolean zipped, IntFunction<S> sinks) throws IOException {
    NiftiHeader header = header(in, size);
    int voxels = checkedVoxels(header, size, zipped);
    in.skipNBytes(header.voxelOffset() - header.length());
    S sink = sinks.apply(voxels);
    decode(in, header, voxels, sink);
    if (zipped) {
      skipRest(in);
    }
    return new Content<>(header, sink);
  }

  /** Reads to the end, so that the checksum is compared. */
  private void skipRest(InputStream in) throws IOException {
    byte[] rest = new byte[1 << 16];
    long skipped = 0;
    for (int got = in.read(rest); got >= 0; got = in.read(rest)) {
      skipped += got;
      if (skipped > MAX_REST) {
        throw new DataException(
            file
                + " goes on for more than "
                + (MAX_REST >> 20)
                + " MiB after its last voxel; the file or its header is damaged.");
      }
    }
  }

  private NiftiHeader header(InputStream in, long size) throws IOException {
    byte[] start = in.readNBytes(4);
    int announced = start.length == 4 ? NiftiHeader.announcedLength(start, file) : 0;
    byte[] bytes = Arrays.copyOf(start, Math.max(Math.abs(announced), 4));
    int got = in.readNBytes(bytes, 4, bytes.length - 4) + start.length;
    if (announced == 0 || got < bytes.length) {
      throw new DataException(
          file
              + " is cut off: it has "
              + size
              + " bytes and ends inside the NIfTI header; copy or download it again.");
    }
    ByteOrder order = announced < 0 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    return NiftiHeader.parse(bytes, order, file);
  }

  /** Number of voxels, after the claim was held against the size of the file. */
  private int checkedVoxels(NiftiHeader header, long size, boolean zipped) {
    long voxels = header.voxels();
    long bytesLeft = (zipped ? size * MAX_EXPANSION : size) - header.voxelOffset();
    if (voxels > bytesLeft / header.type().bytes()) {
      throw new DataException(
          file
              + " claims "
              + header.shapeText()
              + " voxels of "
              + header.type()
              + ", but "
              + size
              + (zipped ? " compressed" : "")
              + " bytes cannot hold them; the file is cut off or its header is damaged.");
    }
    if (voxels > Integer.MAX_VALUE - 8) {
      throw new DataException(
          file
              + " has "
              + header.shapeText()
              + " voxels; at most 2147483639 are supported, so crop or resample it first.");
    }
    long heap = Runtime.getRuntime().maxMemory();
    if (Float.BYTES * voxels > heap) {
      throw new DataException(
          file
              + " has "
              + header.shapeText()
              + " voxels, which take "
              + (Float.BYTES * voxels >> 20)
              + " MiB of memory where Java may use "
              + (heap >> 20)
              + "; start with a larger heap (java -Xmx...), or crop or resample it first.");
    }
    return (int) voxels;
  }

  private void decode(InputStream in, NiftiHeader header, int voxels, VoxelSink sink)
      throws IOException {
    int width = header.type().bytes();
    byte[] bytes = new byte[CHUNK * width];
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(header.order());
    double[] values = new double[CHUNK];
    boolean scaled = header.slope() != 1 || header.intercept() != 0;
    for (int done = 0; done < voxels; done += CHUNK) {
      int count = Math.min(CHUNK, voxels - done);
      int got = in.readNBytes(bytes, 0, count * width);
      if (got < count * width) {
        throw new DataException(
            file
                + " is cut off: its header promises "
                + header.shapeText()
                + " voxels, but the data end after "
                + (done + got / width)
                + "; copy or download it again.");
      }
      VoxelCodec.decode(buffer, header.type(), values, count);
      if (scaled) {
        for (int i = 0; i < count; i++) {
          values[i] = values[i] * header.slope() + header.intercept();
        }
      }
      sink.put(values, count);
    }
  }
}
