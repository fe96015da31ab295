package io.med3dinsight.cli;

import io.med3dinsight.volume.ReadOptions;
import picocli.CommandLine.Option;

/** Options that say which image of a file or folder is meant. */
final class ReadChoice {
  @Option(
      names = "--frame",
      paramLabel = "N",
      description = "Which 3D image of a 4D or 5D file, from 0.")
  private Integer frame;

  @Option(
      names = "--series",
      paramLabel = "UID|NUMBER",
      description = "Which series of a DICOM folder or zip.")
  private String series;

  @Option(names = "--array", paramLabel = "NAME", description = "Which array of an .npz file.")
  private String array;

  ReadOptions options() {
    return new ReadOptions(frame, series, array);
  }
}
