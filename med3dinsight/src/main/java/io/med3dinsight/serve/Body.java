package io.med3dinsight.serve;

import io.med3dinsight.DataException;
import io.med3dinsight.volume.ChannelZip;
import io.med3dinsight.volume.Channels;
import io.med3dinsight.volume.ReadOptions;
import io.med3dinsight.volume.Volume;
import io.med3dinsight.volume.VolumeReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The image that a request brought, in a temporary file: one that holds it, or a zip of files that
 * hold a channel each. Closing deletes whatever was unpacked, and the body itself.
 */
final class Body implements AutoCloseable {
  private final Path file;

  /** Null until a zip is unpacked. */
  private Path folder;

  /** The files of the image, with what the client calls them. */
  private Map<Path, String> files;

  Body(Path file) {
    this.file = file;
    files = Map.of(file, "the body");
  }

  /**
   * Finds the files of the image.
   *
   * @throws DataException when a header names another file for its voxels, or a zip cannot be used
   */
  void open() throws IOException {
    if (ChannelZip.isFor(file)) {
      folder = Files.createTempDirectory("med3dinsight-body-");
      files = ChannelZip.unpack(file, folder);
    }
    files.keySet().forEach(VolumeReader::requireWhole);
  }

  /** Voxels of all files by what their headers say. */
  double voxels() {
    return files.keySet().stream()
        .map(f -> VolumeReader.info(f, ReadOptions.none()).shape())
        .mapToDouble(
            shape -> shape.stream().mapToDouble(Long::doubleValue).reduce(1, (a, b) -> a * b))
        .sum();
  }

  /** The extents of the image by what its headers say. */
  String shapes() {
    return String.join(
        " and ",
        files.keySet().stream()
            .map(f -> VolumeReader.info(f, ReadOptions.none()).shape().toString())
            .toList());
  }

  /**
   * The channels.
   *
   * @param count that the model takes
   * @param modality what they are
   */
  List<Volume> channels(int count, String modality) {
    String wanted =
        Channels.wanted(
            count,
            modality,
            count == 1
                ? "send an image of that channel alone."
                : "send one file with a frame for each, or a zip of a file for each, numbered"
                    + " CASE_0000, CASE_0001 and so on.");
    return Channels.read(List.copyOf(files.keySet()), ReadOptions.none(), count, wanted);
  }

  /** A sentence without the server's own file names, which mean nothing to the client. */
  String told(DataException e) {
    String sentence = e.getMessage();
    for (Map.Entry<Path, String> known : files.entrySet()) {
      sentence = sentence.replace(known.getKey().toString(), known.getValue());
    }
    return sentence.replace(file.toString(), "the body");
  }

  @Override
  public void close() {
    if (folder != null) {
      try (Stream<Path> unpacked = Files.list(folder)) {
        unpacked.forEach(Answers::delete);
      } catch (IOException e) {
        Answers.left(folder, e);
      }
      Answers.delete(folder);
    }
    Answers.delete(file);
  }
}
