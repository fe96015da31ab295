package io.med3dinsight.volume;

import io.med3dinsight.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Fields of an NRRD header.
 *
 * <p>Source: the definition of the NRRD file format, teem.sourceforge.net/nrrd/format.html.
 */
final class NrrdHeader {
  private static final int MAX_HEADER = 1 << 20;

  /** Of the value of a field that is needed; those of others may be as long as they like. */
  private static final int MAX_VALUE = 4096;

  private static final Pattern SIZES = Pattern.compile("\\d{1,15}( \\d{1,15}){0,6}");
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(\\d{1,40}\\.?\\d{0,40}|\\.\\d{1,40})([eE][+-]?\\d{1,3})?");

  private final String file;
  private final Map<String, String> fields = new LinkedHashMap<>();
  private int length;

  private NrrdHeader(String file) {
    this.file = file;
  }

  /** Reads lines up to the empty one or the end. */
  static NrrdHeader read(InputStream in, String file) throws IOException {
    NrrdHeader header = new NrrdHeader(file);
    StringBuilder line = new StringBuilder();
    boolean first = true;
    while (true) {
      int c = in.read();
      if (c >= 0) {
        header.length++;
      }
      if (header.length > MAX_HEADER) {
        throw header.bad("its header has no end within " + (MAX_HEADER >> 20) + " MiB");
      }
      if (c >= 0 && c != '\n') {
        line.append((char) c);
        continue;
      }
      String text = line.toString().stripTrailing();
      line.setLength(0);
      if (text.isEmpty() && !first) {
        return header;
      }
      if (!first && !text.startsWith("#")) {
        header.field(text);
      }
      first = false;
      if (c < 0) {
        return header;
      }
    }
  }

  private void field(String text) {
    if (text.contains(":=")) {
      return;
    }
    int colon = text.indexOf(": ");
    if (colon < 1) {
      throw bad("its header has the line \"" + NpzFile.printable(text) + "\"");
    }
    String name = text.substring(0, colon).strip().toLowerCase(Locale.ROOT);
    // The names of the format's first version, without spaces, mean the same.
    String value = text.substring(colon + 2).strip();
    fields.putIfAbsent(name.replace(" ", ""), value);
    if (name.replace(" ", "").equals("datafile") && value.startsWith("LIST")) {
      // Names of files follow, which are no fields.
      throw bad("its data are spread over several files");
    }
  }

  DataException bad(String why) {
    return new DataException(
        file + " cannot be read as NRRD: " + why + "; repair it or convert it to NIfTI.");
  }

  /** Bytes of the header with the empty line. */
  int length() {
    return length;
  }

  /** A field's text, empty when it is missing; names without spaces. */
  String text(String name) {
    String text = fields.getOrDefault(name, "");
    if (text.length() > MAX_VALUE) {
      throw bad("its " + name + " takes " + text.length() + " letters");
    }
    return text;
  }

  long whole(String name, long otherwise) {
    String text = text(name);
    if (text.isEmpty()) {
      return otherwise;
    }
    if (!text.matches("-?\\d{1,15}")) {
      throw bad("its " + name + " is \"" + NpzFile.printable(text) + "\", no whole number");
    }
    return Long.parseLong(text);
  }

  long[] sizes() {
    String text = text("sizes").replaceAll("\\s+", " ");
    if (!SIZES.matcher(text).matches()) {
      throw bad("its sizes are \"" + NpzFile.printable(text) + "\"");
    }
    long[] sizes = Arrays.stream(text.split(" ")).mapToLong(Long::parseLong).toArray();
    long dimension = whole("dimension", sizes.length);
    if (sizes.length != dimension || dimension > 7 || Arrays.stream(sizes).anyMatch(s -> s < 1)) {
      throw bad(
          "its " + dimension + " dimensions have the sizes \"" + NpzFile.printable(text) + '"');
    }
    return sizes;
  }

  VoxelType type() {
    String text = text("type").toLowerCase(Locale.ROOT).replace("_t", "").replace(" int", "");
    return switch (text) {
      case "signed char", "int8" -> VoxelType.INT8;
      case "uchar", "unsigned char", "uint8" -> VoxelType.UINT8;
      case "short", "signed short", "int16" -> VoxelType.INT16;
      case "ushort", "unsigned short", "uint16" -> VoxelType.UINT16;
      case "int", "signed", "signed int", "int32" -> VoxelType.INT32;
      case "uint", "unsigned", "unsigned int", "uint32" -> VoxelType.UINT32;
      case "longlong", "long long", "signed long long", "int64" -> VoxelType.INT64;
      case "ulonglong", "unsigned long long", "uint64" -> VoxelType.UINT64;
      case "float" -> VoxelType.FLOAT32;
      case "double" -> VoxelType.FLOAT64;
      default -> throw bad("its type is \"" + NpzFile.printable(text) + '"');
    };
  }

  ByteOrder order(VoxelType type) {
    String endian = text("endian");
    if (endian.isEmpty() && type.bytes() > 1 && !isAscii()) {
      throw bad("its byte order (endian) is missing");
    }
    return endian.equals("big") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
  }

  boolean isAscii() {
    return text("encoding").matches("ascii|text|txt");
  }

  boolean isZipped() {
    return text("encoding").matches("gzip|gz");
  }

  void checkEncoding() {
    if (!isAscii() && !isZipped() && !text("encoding").equals("raw")) {
      throw bad(
          "its encoding is \""
              + NpzFile.printable(text("encoding"))
              + "\", not raw, gzip or ascii");
    }
  }

  /** Vectors such as "(1,0,0) none (0,0,2)"; null for none. */
  double[][] vectors(String name, int count) {
    String[] parts = text(name).replaceAll("\\s*,\\s*", ",").strip().split("\\s+");
    double[][] out = new double[count][];
    if (parts.length != count) {
      throw bad("its " + name + " is \"" + NpzFile.printable(text(name)) + '"');
    }
    for (int i = 0; i < count; i++) {
      out[i] = parts[i].equals("none") ? null : vector(parts[i], name);
    }
    return out;
  }

  private double[] vector(String part, String name) {
    String[] numbers = part.replaceAll("[()]", "").split(",");
    if (!part.matches("\\([^()]*\\)") || numbers.length != 3) {
      throw bad("its " + name + " holds " + NpzFile.printable(part) + ", expected three numbers");
    }
    double[] v = new double[3];
    for (int i = 0; i < 3; i++) {
      v[i] = number(numbers[i], name);
    }
    return v;
  }

  double number(String text, String name) {
    if (text.equalsIgnoreCase("nan")) {
      return Double.NaN;
    }
    if (!NUMBER.matcher(text).matches()) {
      throw bad("its " + name + " holds \"" + NpzFile.printable(text) + "\", no number");
    }
    return Double.parseDouble(text);
  }
}
