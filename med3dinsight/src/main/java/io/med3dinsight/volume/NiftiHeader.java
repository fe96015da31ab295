package io.med3dinsight.volume;

import io.med3dinsight.DataException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The parts of a NIfTI-1 or NIfTI-2 header that matter here, checked. Which affine holds follows
 * nibabel: the sform when its code is set, else the qform, else voxel sizes around the centre with
 * the first axis running to the left.
 *
 * <p>Source: nifti1.h and nifti2.h of the NIfTI data format working group.
 */
record NiftiHeader(
    int length,
    ByteOrder order,
    VoxelType type,
    long[] extents,
    long voxelOffset,
    double slope,
    double intercept,
    Affine affine,
    GridOrigin origin) {

  static final int BYTES_1 = 348;
  static final int BYTES_2 = 540;
  private static final int MIN_OFFSET_1 = 352;
  private static final int MIN_OFFSET_2 = 544;

  /** Header length that the first four bytes announce, negative when they are byte-swapped. */
  static int announcedLength(byte[] firstFour, String file) {
    int little = ByteBuffer.wrap(firstFour).order(ByteOrder.LITTLE_ENDIAN).getInt();
    int big = Integer.reverseBytes(little);
    if (little == BYTES_1 || little == BYTES_2) {
      return little;
    }
    if (big == BYTES_1 || big == BYTES_2) {
      return -big;
    }
    throw new DataException(
        file
            + " is not a NIfTI file: its header length reads "
            + little
            + ", expected 348 (NIfTI-1) or 540 (NIfTI-2); convert the image to .nii or .nii.gz.");
  }

  static NiftiHeader parse(byte[] bytes, ByteOrder order, String file) {
    ByteBuffer b = ByteBuffer.wrap(bytes).order(order);
    return new Parser(b, bytes.length == BYTES_2, file).parse();
  }

  /** Number of voxels; {@link Long#MAX_VALUE} when the product does not fit. */
  long voxels() {
    long n = 1;
    for (long e : extents) {
      if (n > Long.MAX_VALUE / e) {
        return Long.MAX_VALUE;
      }
      n *= e;
    }
    return n;
  }

  String shapeText() {
    return extents[0] + "x" + extents[1] + "x" + extents[2];
  }

  /** Reads the fields of either version by name. */
  private record Parser(ByteBuffer b, boolean two, String file) {

    NiftiHeader parse() {
      checkMagic();
      long[] extents = extents();
      VoxelType type = VoxelType.ofCode(b.getShort(two ? 12 : 70), file);
      long offset = voxelOffset();
      double slope = two ? b.getDouble(176) : b.getFloat(112);
      double intercept = two ? b.getDouble(184) : b.getFloat(116);
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
      GridOrigin origin = origin();
      return new NiftiHeader(
          b.capacity(),
          b.order(),
          type,
          extents,
          offset,
          slope,
          intercept,
          affine(origin, extents),
          origin);
    }

    private void checkMagic() {
      String magic =
          new String(b.array(), two ? 4 : 344, 3, StandardCharsets.ISO_8859_1).replace('\0', ' ');
      if (magic.equals(two ? "ni2" : "ni1")) {
        throw new DataException(
            file
                + " is the header of a .hdr/.img pair; convert the pair to one .nii or .nii.gz file.");
      }
      if (!magic.equals(two ? "n+2" : "n+1")) {
        throw new DataException(
            file
                + " is not a NIfTI file: its magic is \""
                + printable(magic)
                + "\", expected \""
                + (two ? "n+2" : "n+1")
                + "\" (ANALYZE images have to be converted first).");
      }
    }

    private long[] extents() {
      long dimensions = dim(0);
      if (dimensions < 1 || dimensions > 7) {
        throw new DataException(
            file + " claims " + dimensions + " dimensions in its header, expected 3.");
      }
      long[] extents = {1, 1, 1};
      for (int axis = 1; axis <= dimensions; axis++) {
        long extent = dim(axis);
        if (extent < 1) {
          throw new DataException(
              file
                  + " claims an extent of "
                  + extent
                  + " along axis "
                  + axis
                  + ", expected at least 1.");
        }
        if (axis <= 3) {
          extents[axis - 1] = extent;
        } else if (extent > 1) {
          throw new DataException(
              file
                  + " has "
                  + extent
                  + (axis == 4 ? " frames" : " entries along axis " + axis)
                  + "; one 3D image (or 4D with a single frame) is supported, so extract one frame first.");
        }
      }
      return extents;
    }

    private long dim(int i) {
      return two ? b.getLong(16 + 8 * i) : b.getShort(40 + 2 * i);
    }

    private double pixdim(int i) {
      return two ? b.getDouble(104 + 8 * i) : b.getFloat(76 + 4 * i);
    }

    /**
     * Voxel size i as nibabel mends it: the absolute value, 1 instead of 0. Where nothing but voxel
     * sizes says how the image lies, axes that it does not have count 1. Beside an sform the sizes
     * are mere comment, so that one that is no number is 1 too.
     */
    private double size(int i, int sformCode, int qformCode) {
      double v = Math.abs(pixdim(i));
      boolean absent = sformCode <= 0 && qformCode <= 0 && i > dim(0);
      boolean comment = sformCode > 0 && !Double.isFinite(v);
      return v == 0 || absent || comment ? 1 : v;
    }

    private long voxelOffset() {
      double offset = two ? b.getLong(168) : b.getFloat(108);
      int least = two ? MIN_OFFSET_2 : MIN_OFFSET_1;
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

    private double quaternion(int i) {
      return two ? b.getDouble(352 + 8 * i) : b.getFloat(256 + 4 * i);
    }

    private GridOrigin origin() {
      int qformCode = two ? b.getInt(344) : b.getShort(252);
      int sformCode = two ? b.getInt(348) : b.getShort(254);
      Qform qform =
          new Qform(
              quaternion(0),
              quaternion(1),
              quaternion(2),
              quaternion(3),
              quaternion(4),
              quaternion(5),
              pixdim(0) < 0 ? -1 : 1);
      int units = two ? b.getInt(500) : b.get(123);
      byte[] text = Arrays.copyOfRange(b.array(), two ? 240 : 148, (two ? 240 : 148) + 80);
      int end = 0;
      while (end < 79 && text[end] != 0) {
        end++;
      }
      String description = new String(text, 0, end, StandardCharsets.ISO_8859_1);
      Spacing sizes =
          new Spacing(
              size(1, sformCode, qformCode),
              size(2, sformCode, qformCode),
              size(3, sformCode, qformCode));
      return new GridOrigin(
          Math.max(sformCode, 0), Math.max(qformCode, 0), qform, sizes, units & 0xff, description);
    }

    private Affine affine(GridOrigin origin, long[] extents) {
      Affine affine;
      String form;
      Spacing s = origin.pixdim();
      if (origin.sformCode() > 0) {
        double[] rows = new double[12];
        for (int i = 0; i < 12; i++) {
          rows[i] = two ? b.getDouble(400 + 8 * i) : b.getFloat(280 + 4 * i);
        }
        affine = Affine.of(rows);
        form = "sform";
      } else if (origin.qformCode() > 0) {
        if (!origin.qform().isRotation()) {
          throw new DataException(
              file
                  + " has a qform whose quaternion (b, c, d) = "
                  + origin.qform().vectorText()
                  + " is longer than 1, so it is no rotation; repair its header.");
        }
        affine = origin.qform().affine(s.x(), s.y(), s.z());
        form = "qform";
      } else {
        affine = base(s, extents);
        form = "voxel size";
      }
      if (!affine.isUsable()) {
        throw new DataException(
            file + " has a singular or not finite " + form + " " + affine + "; repair its header.");
      }
      return affine;
    }

    private static Affine base(Spacing s, long[] extents) {
      return Affine.of(
          -s.x(),
          0,
          0,
          (extents[0] - 1) / 2.0 * s.x(),
          0,
          s.y(),
          0,
          -(extents[1] - 1) / 2.0 * s.y(),
          0,
          0,
          s.z(),
          -(extents[2] - 1) / 2.0 * s.z());
    }

    private static String printable(String text) {
      return text.replaceAll("[^\\x20-\\x7e]", "?");
    }
  }
}
