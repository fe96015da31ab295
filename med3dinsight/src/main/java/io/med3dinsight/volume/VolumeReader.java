package io.med3dinsight.volume;

import io.med3dinsight.DataException;
import io.med3dinsight.dicom.DicomReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Reads images of every supported format. What a file is follows from its content; its name decides
 * only where the content leaves it open (ANALYZE). NIfTI-1, NIfTI-2 and ANALYZE 7.5, single or in
 * pairs, plain or gzipped; NRRD with attached or detached data; NumPy's .npy and .npz; DICOM, one
 * file, a folder or a zip of a series.
 */
public final class VolumeReader {
  /** Endings of image files; an .img goes with its .hdr. */
  private static final Pattern ENDING =
      Pattern.compile("(?i)\\.(nii|nii\\.gz|hdr|hdr\\.gz|nrrd|nhdr|npy|npz|dcm|zip)$");

  private VolumeReader() {}

  /**
   * Whether a file is named like an image. Hidden files are not, and neither is a slice of a DICOM
   * series by itself.
   */
  public static boolean isImageName(Path path) {
    String name = path.getFileName().toString();
    return !name.startsWith(".")
        && ENDING.matcher(name).find()
        && !name.toLowerCase(Locale.ROOT).endsWith(".dcm");
  }

  /** A file's name without the ending of an image. */
  public static String stem(Path path) {
    return ENDING.matcher(path.getFileName().toString()).replaceFirst("");
  }

  /** Whether a folder is a DICOM series, or several: it holds no other images by name. */
  public static boolean isDicomFolder(Path path) {
    return Files.isDirectory(path) && DicomReader.hasDicom(path);
  }

  /**
   * An image's intensities.
   *
   * @throws DataException when the file is missing, damaged, cut off or of an unsupported kind, or
   *     holds several images of which the options choose none
   */
  public static Volume volume(Path path, ReadOptions options) {
    StoredImage image = open(path, options);
    int frame = frame(path, image.info(), options);
    Grid grid = image.grid();
    VoxelSink.Floats sink = new VoxelSink.Floats(grid.size(), image.bytes());
    image.read(frame, sink);
    return new Volume(grid, sink.data(), image.info().dtype(), path.toString());
  }

  /** A label map; see {@link #volume}. Voxels must be whole numbers of 32 bits. */
  public static LabelVolume labels(Path path, ReadOptions options) {
    StoredImage image = open(path, options);
    int frame = frame(path, image.info(), options);
    Grid grid = image.grid();
    VoxelSink.Labels sink = new VoxelSink.Labels(grid.size(), image.bytes(), path.toString());
    image.read(frame, sink);
    return new LabelVolume(grid, sink.data(), image.info().dtype(), path.toString());
  }

  /** What a file or folder says about its image; voxels are not read. */
  public static ImageInfo info(Path path, ReadOptions options) {
    return open(path, options).info();
  }

  /** Where an image's voxels lie; they are not read. */
  public static Grid grid(Path path, ReadOptions options) {
    return open(path, options).grid();
  }

  /**
   * Makes sure that a file holds its image whole. A header that came from somebody else could name
   * any file of this machine as the one with its voxels.
   *
   * @throws DataException when it names another file
   */
  public static void requireWhole(Path path) {
    if (startsWith(start(path, DicomReader.START), "NRRD000") && NrrdImage.isDetached(path)) {
      throw new DataException(
          path + " is a header whose voxels are in another file; send both as one .nrrd.");
    }
  }

  /** Measures the voxels of all frames. */
  public static Statistics statistics(Path path, ReadOptions options) {
    Statistics.Sink sink = new Statistics.Sink();
    open(path, options).read(StoredImage.ALL, sink);
    return sink.statistics();
  }

  /** Reads and checks a header. */
  static StoredImage open(Path path, ReadOptions options) {
    if (!Files.exists(path)) {
      if (NiftiImage.isPairName(path)) {
        return NiftiImage.open(path);
      }
      throw new DataException(path + " does not exist; check the path.");
    }
    if (Files.isDirectory(path)) {
      return DicomImage.open(path, options);
    }
    byte[] start = start(path, DicomReader.START);
    if (DicomReader.isDicom(start)) {
      return DicomImage.open(path, options);
    }
    if (startsWith(start, "NRRD000")) {
      return NrrdImage.open(path);
    }
    if (startsWith(start, "PK\u0003\u0004") && !NpzFile.isNpz(path)) {
      return DicomImage.open(path, options);
    }
    if (startsWith(start, "PK\u0003\u0004") || startsWith(start, NpyHeader.MAGIC)) {
      return NpyImage.open(path, options);
    }
    if (!NiftiImage.isNifti(path)) {
      throw new DataException(
          path
              + " is of no format that can be read (NIfTI, ANALYZE, NRRD, .npy, .npz, DICOM): its"
              + " beginning is damaged, or it has to be converted to NIfTI first.");
    }
    return NiftiImage.open(path);
  }

  private static int frame(Path path, ImageInfo info, ReadOptions options) {
    long frames = info.frames();
    if (options.frame() == null) {
      if (frames > 1) {
        throw new DataException(
            path
                + " has "
                + frames
                + " frames ("
                + shapeText(info)
                + "); choose one of 0 to "
                + (frames - 1)
                + " (option --frame), or extract one first.");
      }
      return 0;
    }
    if (options.frame() >= frames) {
      throw new DataException(
          path
              + " has "
              + frames
              + (frames == 1 ? " frame" : " frames")
              + ", so that there is no frame "
              + options.frame()
              + "; they count from 0.");
    }
    return options.frame();
  }

  private static String shapeText(ImageInfo info) {
    return String.join("x", info.shape().stream().map(String::valueOf).toList());
  }

  /** The first bytes of a file. */
  static byte[] start(Path path, int count) {
    try (InputStream in = Files.newInputStream(path)) {
      return in.readNBytes(count);
    } catch (IOException e) {
      throw DataException.of(path, "read", e);
    }
  }

  static boolean startsWith(byte[] bytes, String text) {
    return bytes.length >= text.length()
        && new String(bytes, 0, text.length(), StandardCharsets.ISO_8859_1).equals(text);
  }
}
