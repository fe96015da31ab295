package io.med3dinsight.volume;

import io.med3dinsight.DataException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A NIfTI-1, NIfTI-2 or ANALYZE 7.5 header, checked. Which affine holds follows nibabel: the sform
 * when its code is set, else the qform, else voxel sizes around the centre with the first axis
 * running to the left. ANALYZE is read as SPM wrote it, which is nibabel's choice as well.
 *
 * @param format for people
 * @param length bytes of the header
 * @param pair whether voxels are in a file of their own
 * @param dims extents, at least three
 * @param zooms voxel sizes along the same axes, the first three in mm
 * @param affine to mm in RAS+
 * @param units of length and time, for people
 */
record NiftiHeader(
    String format,
    int length,
    boolean pair,
    ByteOrder order,
    VoxelType type,
    long[] dims,
    double[] zooms,
    long voxelOffset,
    double slope,
    double intercept,
    Affine affine,
    GridOrigin origin,
    String units) {

  private static final int MIN_OFFSET_1 = 352;
  private static final int MIN_OFFSET_2 = 544;

  /** Intent codes of CIFTI-2, whose matrices are not images. */
  private static final int CIFTI_FIRST = 3000;

  private static final int CIFTI_LAST = 3099;

  /** Whether a file that begins like this can be NIfTI. */
  static boolean announces(byte[] firstFour) {
    int little = ByteBuffer.wrap(firstFour).order(ByteOrder.LITTLE_ENDIAN).getInt();
    int big = Integer.reverseBytes(little);
    return little == NiftiFields.BYTES_1
        || little == NiftiFields.BYTES_2
        || big == NiftiFields.BYTES_1
        || big == NiftiFields.BYTES_2;
  }

  /** Header length that the first four bytes announce, negative when they are byte-swapped. */
  static int announcedLength(byte[] firstFour, String file) {
    int little = ByteBuffer.wrap(firstFour).order(ByteOrder.LITTLE_ENDIAN).getInt();
    int big = Integer.reverseBytes(little);
    if (little == NiftiFields.BYTES_1 || little == NiftiFields.BYTES_2) {
      return little;
    }
    if (big == NiftiFields.BYTES_1 || big == NiftiFields.BYTES_2) {
      return -big;
    }
    throw new DataException(
        file
            + " is not a NIfTI file: its header length reads "
            + little
            + ", expected 348 (NIfTI-1) or 540 (NIfTI-2); convert the image to .nii or .nii.gz.");
  }

  /**
   * Parses and checks.
   *
   * @param analyze whether a header without NIfTI's mark may be ANALYZE's: only files named .hdr
   *     are
   */
  static NiftiHeader parse(byte[] bytes, ByteOrder order, boolean analyze, String file) {
    boolean two = bytes.length == NiftiFields.BYTES_2;
    NiftiFields fields = new NiftiFields(ByteBuffer.wrap(bytes).order(order), two);
    String magic = fields.magic();
    boolean pair = magic.equals(two ? "ni2" : "ni1");
    boolean single = magic.equals(two ? "n+2" : "n+1");
    if (analyze && !two && !pair && !single) {
      return new AnalyzeParser(fields, file).parse();
    }
    return new Parser(fields, pair, file).parse();
  }

  /** Bytes from the header's end to the first voxel of a single file. */
  int extensionBytes() {
    return pair ? 0 : (int) Math.min(voxelOffset - length, Integer.MAX_VALUE - 8);
  }

  NiftiHeader withExtensions(NiftiExtensions extensions) {
    GridOrigin o = origin;
    GridOrigin with =
        new GridOrigin(
            o.version(),
            o.sformCode(),
            o.qformCode(),
            o.qform(),
            o.sform(),
            o.pixdim(),
            o.units(),
            o.description(),
            extensions);
    return new NiftiHeader(
        format,
        length,
        pair,
        order,
        type,
        dims,
        zooms,
        voxelOffset,
        slope,
        intercept,
        affine,
        with,
        units);
  }

  /** Voxels of one frame; {@link Long#MAX_VALUE} when the product does not fit. */
  long frameVoxels() {
    return product(0, 3);
  }

  /** Number of frames, likewise. */
  long frames() {
    return product(3, dims.length);
  }

  private long product(int from, int to) {
    long n = 1;
    for (int i = from; i < to; i++) {
      if (n > Long.MAX_VALUE / dims[i]) {
        return Long.MAX_VALUE;
      }
      n *= dims[i];
    }
    return n;
  }

  String shapeText() {
    return dims[0] + "x" + dims[1] + "x" + dims[2];
  }

  /** Extents, at least three; those that the header does not count are 1. */
  static long[] dims(NiftiFields f, String file) {
    long dimensions = f.dim(0);
    if (dimensions < 1 || dimensions > 7) {
      throw new DataException(
          file + " claims " + dimensions + " dimensions in its header, expected 3.");
    }
    long[] dims = new long[(int) Math.max(3, dimensions)];
    Arrays.fill(dims, 1);
    for (int axis = 1; axis <= dimensions; axis++) {
      long extent = f.dim(axis);
      if (extent < 1) {
        throw new DataException(
            file
                + " claims an extent of "
                + extent
                + " along axis "
                + axis
                + ", expected at least 1.");
      }
      dims[axis - 1] = extent;
    }
    return dims;
  }

  /** Refuses an affine that cannot be inverted. */
  static Affine usable(Affine affine, String form, String file) {
    if (!affine.isUsable()) {
      throw new DataException(
          file + " has a singular or not finite " + form + " " + affine + "; repair its header.");
    }
    return affine;
  }

  private record Parser(NiftiFields f, boolean pair, String file) {

    NiftiHeader parse() {
      checkMagic();
      long[] dims = dims(f, file);
      VoxelType type = VoxelType.ofCode(f.datatype(), file);
      if (f.intent() >= CIFTI_FIRST && f.intent() <= CIFTI_LAST) {
        throw new DataException(
            file
                + " is a CIFTI-2 matrix (NIfTI intent "
                + f.intent()
                + ") and no image on a voxel grid; extract a volume with Connectome Workbench"
                + " (wb_command -cifti-separate).");
      }
      double slope = f.slope();
      double intercept = f.intercept();
      if (slope == 0 || !Double.isFinite(slope)) {
        // The standard's way of saying "no scaling".
        slope = 1;
        intercept = 0;
      } else if (!Double.isFinite(intercept)) {
        throw new DataException(
            file
                + " has scl_slope "
                + slope
                + " but scl_inter "
                + intercept
                + "; repair its header.");
      }
      Spacing sizes = new Spacing(size(1), size(2), size(3));
      Affine affine = affine(sizes, dims);
      double mm = millimetres();
      Affine inMm = usable(affine.scaled(mm), "affine in mm", file);
      return new NiftiHeader(
          f.two() ? "NIfTI-2" : "NIfTI-1",
          f.b().capacity(),
          pair,
          f.b().order(),
          type,
          dims,
          zooms(dims, sizes, mm),
          voxelOffset(),
          slope,
          intercept,
          inMm,
          origin(affine, sizes),
          units());
    }

    private void checkMagic() {
      String magic = f.magic();
      if (!pair && !magic.equals(f.two() ? "n+2" : "n+1")) {
        throw new DataException(
            file
                + " is not a NIfTI file: its magic is \""
                + magic.replaceAll("[^\\x20-\\x7e]", "?")
                + "\", expected \""
                + (f.two() ? "n+2" : "n+1")
                + "\" (an ANALYZE image is a pair of files named .hdr and .img).");
      }
    }

    /**
     * Voxel size i as nibabel mends it: the absolute value, 1 instead of 0. Where nothing but voxel
     * sizes says how the image lies, axes that it does not have count 1. Beside an sform the sizes
     * are mere comment, so that one that is no number is 1 too.
     */
    private double size(int i) {
      double v = Math.abs(f.pixdim(i));
      boolean absent = f.sformCode() == 0 && f.qformCode() == 0 && i > f.dim(0);
      boolean comment = f.sformCode() > 0 && !Double.isFinite(v);
      return v == 0 || absent || comment ? 1 : v;
    }

    private double[] zooms(long[] dims, Spacing sizes, double mm) {
      double[] zooms = new double[dims.length];
      for (int i = 0; i < zooms.length; i++) {
        zooms[i] = i < 3 ? sizes.along(i) * mm : f.pixdim(i + 1);
      }
      return zooms;
    }

    private long voxelOffset() {
      double offset = f.voxelOffset();
      int least = pair ? 0 : f.two() ? MIN_OFFSET_2 : MIN_OFFSET_1;
      // 0 is what programs leave there that do not know the field.
      if (offset != 0 && !(offset >= least && offset <= 1e15)) {
        throw new DataException(
            file
                + " puts its voxels at byte "
                + offset
                + " of the file, expected "
                + least
                + " or more; repair its header.");
      }
      return Math.max((long) offset, least);
    }

    /** Millimetres in the header's unit of length: code 1 is the metre, 3 the micrometre. */
    private double millimetres() {
      return switch (f.units() & 7) {
        case 1 -> 1000;
        case 3 -> 0.001;
        default -> 1;
      };
    }

    private String units() {
      String length =
          switch (f.units() & 7) {
            case 1 -> "m";
            case 2 -> "mm";
            case 3 -> "micron";
            default -> "unknown (taken as mm)";
          };
      String time =
          switch (f.units() & 0x38) {
            case 8 -> ", s";
            case 16 -> ", ms";
            case 24 -> ", us";
            case 32 -> ", Hz";
            case 40 -> ", ppm";
            case 48 -> ", rad/s";
            default -> "";
          };
      return length + time;
    }

    private GridOrigin origin(Affine affine, Spacing sizes) {
      return new GridOrigin(
          f.two() ? 2 : 1,
          f.sformCode(),
          f.qformCode(),
          f.qform(),
          affine,
          sizes,
          f.units(),
          f.description(),
          NiftiExtensions.NONE);
    }

    /** In the header's own unit of length. */
    private Affine affine(Spacing s, long[] dims) {
      if (f.sformCode() > 0) {
        return usable(f.sform(), "sform", file);
      }
      if (f.qformCode() > 0) {
        Qform qform = f.qform();
        if (!qform.isRotation()) {
          throw new DataException(
              file
                  + " has a qform whose quaternion (b, c, d) = "
                  + qform.vectorText()
                  + " is longer than 1, so it is no rotation; repair its header.");
        }
        return usable(qform.affine(s.x(), s.y(), s.z()), "qform", file);
      }
      return usable(base(s, dims), "voxel size", file);
    }

    private static Affine base(Spacing s, long[] dims) {
      return Affine.of(
          -s.x(),
          0,
          0,
          (dims[0] - 1) / 2.0 * s.x(),
          0,
          s.y(),
          0,
          -(dims[1] - 1) / 2.0 * s.y(),
          0,
          0,
          s.z(),
          -(dims[2] - 1) / 2.0 * s.z());
    }
  }
}
