package io.med3dinsight.volume;

import io.med3dinsight.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Header of a NumPy array.
 *
 * <p>Source: numpy.lib.format, versions 1 to 3.
 *
 * @param code NumPy's name of the elements' type, such as "i2" or "O"
 * @param type of the elements, booleans being uint8; null when they are no numbers that can be read
 * @param order of their bytes
 * @param fortran whether the first axis is the fastest
 * @param shape extents along the array's axes
 */
record NpyHeader(String code, VoxelType type, ByteOrder order, boolean fortran, List<Long> shape) {
  static final String MAGIC = "\u0093NUMPY";

  private static final int MAX_HEADER = 1 << 16;

  private static final Pattern DESCR =
      Pattern.compile("'descr'\\s*:\\s*(?:'([<>|=]?)([a-zA-Z]\\d*)'|(\\[))");
  private static final Pattern FORTRAN = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
  private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([0-9, L]*)\\)");

  /** Reads the header, after which the stream is at the first element. */
  static NpyHeader read(InputStream in, String name) throws IOException {
    byte[] start = in.readNBytes(8);
    if (start.length < 8 || !VolumeReader.startsWith(start, MAGIC)) {
      throw new DataException(name + " is not a NumPy array; leave it out.");
    }
    int width = start[6] == 1 ? 2 : 4;
    byte[] size = in.readNBytes(width);
    long length = 0;
    for (int i = size.length - 1; i >= 0; i--) {
      length = length << 8 | size[i] & 0xff;
    }
    if (size.length < width || length > MAX_HEADER) {
      throw damaged(name, "its header claims " + length + " bytes");
    }
    byte[] bytes = in.readNBytes((int) length);
    if (bytes.length < length) {
      throw damaged(name, "it ends inside the header");
    }
    return parse(new String(bytes, StandardCharsets.ISO_8859_1), name);
  }

  private static NpyHeader parse(String text, String name) {
    Matcher descr = DESCR.matcher(text);
    Matcher fortran = FORTRAN.matcher(text);
    Matcher shape = SHAPE.matcher(text);
    if (!descr.find() || !fortran.find() || !shape.find()) {
      throw damaged(name, "its header is not that of an array of numbers");
    }
    List<Long> extents = new ArrayList<>();
    for (String part : shape.group(1).split(",")) {
      String digits = part.strip().replace("L", "");
      if (digits.isEmpty()) {
        continue;
      }
      if (!digits.matches("\\d{1,18}") || digits.matches("0+") || extents.size() >= 16) {
        throw damaged(name, "its shape is (" + shape.group(1) + ")");
      }
      extents.add(Long.parseLong(digits));
    }
    boolean big = ">".equals(descr.group(1));
    String code = descr.group(3) == null ? descr.group(2) : "structured";
    return new NpyHeader(
        code,
        type(code),
        big ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN,
        fortran.group(1).equals("True"),
        extents);
  }

  private static VoxelType type(String code) {
    return switch (code) {
      case "u1", "b1" -> VoxelType.UINT8;
      case "i1" -> VoxelType.INT8;
      case "u2" -> VoxelType.UINT16;
      case "i2" -> VoxelType.INT16;
      case "u4" -> VoxelType.UINT32;
      case "i4" -> VoxelType.INT32;
      case "u8" -> VoxelType.UINT64;
      case "i8" -> VoxelType.INT64;
      case "f4" -> VoxelType.FLOAT32;
      case "f8" -> VoxelType.FLOAT64;
      default -> null;
    };
  }

  /** Refuses objects, texts, complex and half-precision numbers. */
  NpyHeader requireNumbers(String name) {
    if (type == null) {
      throw new DataException(
          name
              + " holds elements of NumPy type "
              + NpzFile.printable(code)
              + "; booleans, integers, float32 and float64 can be read, so convert it.");
    }
    return this;
  }

  private static DataException damaged(String name, String why) {
    return new DataException(name + " is a damaged NumPy array: " + why + ".");
  }

  /** Number of elements; {@link Long#MAX_VALUE} when the product does not fit. */
  long elements() {
    long n = 1;
    for (long e : shape) {
      if (n > Long.MAX_VALUE / e) {
        return Long.MAX_VALUE;
      }
      n *= e;
    }
    return n;
  }

  String shapeText() {
    return String.join("x", shape.stream().map(String::valueOf).toList());
  }
}
