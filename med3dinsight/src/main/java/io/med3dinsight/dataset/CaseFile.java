package io.med3dinsight.dataset;

import io.med3dinsight.DataException;
import io.med3dinsight.volume.AtomicFile;
import io.med3dinsight.volume.Grid;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * One prepared case in a file, for the process that wrote it: intensities of each channel as
 * floats, then labels as ints. What is small stays in memory.
 */
final class CaseFile {
  private static final int CHUNK = 1 << 18;

  private final Path file;
  private final String id;
  private final Grid grid;
  private final int[][] centres;
  private final int channels;

  CaseFile(Path file, TrainingCase c) {
    this.file = file;
    this.id = c.id();
    this.grid = c.grid();
    this.centres = c.centres();
    this.channels = c.channels().length;
  }

  String id() {
    return id;
  }

  Grid grid() {
    return grid;
  }

  void delete() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw DataException.of(file, "deleted", e);
    }
  }

  void write(TrainingCase c) {
    int[] labels = c.labels();
    AtomicFile.write(
        file,
        out -> {
          for (float[] image : c.channels()) {
            inChunks(out, image.length, (buffer, i) -> buffer.putFloat(image[i]));
          }
          inChunks(out, labels.length, (buffer, i) -> buffer.putInt(labels[i]));
        });
  }

  private interface Element {
    void put(ByteBuffer buffer, int index);
  }

  private static void inChunks(OutputStream out, int count, Element element) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(4 * CHUNK);
    for (int from = 0; from < count; from += CHUNK) {
      buffer.clear();
      for (int i = from; i < Math.min(count, from + CHUNK); i++) {
        element.put(buffer, i);
      }
      out.write(buffer.array(), 0, buffer.position());
    }
  }

  TrainingCase read() {
    float[][] images = new float[channels][grid.size()];
    int[] labels = new int[grid.size()];
    ByteBuffer buffer = ByteBuffer.allocateDirect(4 * CHUNK);
    try (FileChannel channel = FileChannel.open(file)) {
      for (float[] image : images) {
        for (int from = 0; from < image.length; from += CHUNK) {
          int n = Math.min(CHUNK, image.length - from);
          fill(channel, buffer, n).asFloatBuffer().get(image, from, n);
        }
      }
      for (int from = 0; from < labels.length; from += CHUNK) {
        int n = Math.min(CHUNK, labels.length - from);
        fill(channel, buffer, n).asIntBuffer().get(labels, from, n);
      }
    } catch (IOException e) {
      throw DataException.of(file, "read", e);
    }
    return new TrainingCase(id, grid, images, labels, centres);
  }

  private ByteBuffer fill(FileChannel channel, ByteBuffer buffer, int elements) throws IOException {
    buffer.clear().limit(4 * elements);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) {
        throw new EOFException("the file is shorter than it was written");
      }
    }
    return buffer.flip();
  }
}
