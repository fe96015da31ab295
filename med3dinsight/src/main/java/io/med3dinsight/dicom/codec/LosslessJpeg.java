package io.med3dinsight.dicom.codec;

/**
 * Lossless JPEG (process 14, all predictors), one component of 2 to 16 bits.
 *
 * <p>Source: ITU-T T.81, annex H.
 */
public final class LosslessJpeg {
  private final byte[] data;
  private final int rows;
  private final int columns;
  private final HuffmanTable[] tables = new HuffmanTable[4];
  private int at;
  private int precision;
  private int restart;

  // Bits that were read but not used, the oldest highest.
  private int buffer;
  private int held;

  private LosslessJpeg(byte[] data, int rows, int columns) {
    this.data = data;
    this.rows = rows;
    this.columns = columns;
  }

  public static Frame decode(byte[] data, int rows, int columns) throws CodecException {
    return new LosslessJpeg(data, rows, columns).decode();
  }

  private Frame decode() throws CodecException {
    if (data.length < 4 || u16(0) != 0xffd8) {
      throw new CodecException("its JPEG data do not begin with a start marker");
    }
    at = 2;
    while (true) {
      int marker = marker();
      int length = u16(at);
      int end = at + length;
      if (length < 2 || end > data.length) {
        throw new CodecException("a JPEG segment goes beyond the end");
      }
      if (marker == 0xc3) {
        startOfFrame();
      } else if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xcc) {
        throw new CodecException(
            "its JPEG process (marker ff"
                + Integer.toHexString(marker)
                + ") is not the lossless one");
      } else if (marker == 0xc4) {
        huffmanTables(end);
      } else if (marker == 0xdd) {
        restart = u16(at + 2);
      } else if (marker == 0xda) {
        return scan(end);
      }
      at = end;
    }
  }

  private int marker() throws CodecException {
    if (at + 4 > data.length || u8(at) != 0xff) {
      throw new CodecException("its JPEG data have no marker where one belongs");
    }
    while (at + 3 < data.length && u8(at + 1) == 0xff) {
      at++;
    }
    int marker = u8(at + 1);
    at += 2;
    return marker;
  }

  private int u8(int i) throws CodecException {
    if (i >= data.length) {
      throw new CodecException("its JPEG data end too early");
    }
    return data[i] & 0xff;
  }

  private int u16(int i) throws CodecException {
    return u8(i) << 8 | u8(i + 1);
  }

  private void startOfFrame() throws CodecException {
    precision = u8(at + 2);
    if (precision < 2 || precision > 16 || u8(at + 7) != 1) {
      throw new CodecException(
          "its JPEG has " + u8(at + 7) + " components of " + precision + " bits, expected one");
    }
    Frame.check(u16(at + 5), u16(at + 3), rows, columns, data.length);
  }

  private void huffmanTables(int end) throws CodecException {
    int p = at + 2;
    while (p < end) {
      int id = u8(p++) & 3;
      int[] counts = new int[17];
      int total = 0;
      for (int i = 1; i <= 16; i++) {
        counts[i] = u8(p++);
        total += counts[i];
      }
      int[] symbols = new int[total];
      for (int i = 0; i < total; i++) {
        symbols[i] = u8(p++);
      }
      tables[id] = new HuffmanTable(counts, symbols);
    }
  }

  private Frame scan(int start) throws CodecException {
    HuffmanTable table = tables[u8(at + 4) >> 4 & 3];
    int predictor = u8(at + 5);
    int shift = u8(at + 7) & 15;
    if (precision == 0 || table == null || predictor < 1 || predictor > 7 || shift >= precision) {
      throw new CodecException("its JPEG scan lacks a frame, a table or a predictor");
    }
    at = start;
    int[] out = new int[rows * columns];
    int base = 1 << (precision - shift - 1);
    int left = restart;
    int firstRow = 0;
    for (int y = 0; y < rows; y++) {
      for (int x = 0; x < columns; x++) {
        if (restart > 0 && left-- == 0) {
          skipRestart();
          left = restart - 1;
          firstRow = y;
        }
        int i = y * columns + x;
        boolean first = restart > 0 ? left == restart - 1 : i == 0;
        int prediction = first ? base : predict(out, i, x, y == firstRow, predictor);
        out[i] = prediction + difference(table) & 0xffff;
      }
    }
    for (int i = 0; i < out.length && shift > 0; i++) {
      out[i] <<= shift;
    }
    return new Frame(out, precision, false);
  }

  private int predict(int[] out, int i, int x, boolean firstRow, int predictor) {
    if (firstRow) {
      return x == 0 ? out[i - columns] : out[i - 1];
    }
    if (x == 0) {
      return out[i - columns];
    }
    int a = out[i - 1];
    int b = out[i - columns];
    int c = out[i - columns - 1];
    return switch (predictor) {
      case 1 -> a;
      case 2 -> b;
      case 3 -> c;
      case 4 -> a + b - c;
      case 5 -> a + (b - c >> 1);
      case 6 -> b + (a - c >> 1);
      default -> a + b >> 1;
    };
  }

  private int difference(HuffmanTable table) throws CodecException {
    int code = 0;
    for (int length = 1; length <= 16; length++) {
      code = code << 1 | bits(1);
      int symbol = table.symbol(code, length);
      if (symbol >= 0) {
        if (symbol == 0 || symbol > 16) {
          return 0;
        }
        if (symbol == 16) {
          return 32768;
        }
        int v = bits(symbol);
        return v < 1 << (symbol - 1) ? v - (1 << symbol) + 1 : v;
      }
    }
    throw new CodecException("its JPEG data hold a code that is in no table");
  }

  private int bits(int count) throws CodecException {
    while (held < count) {
      int b = u8(at++);
      if (b == 0xff && u8(at++) != 0) {
        throw new CodecException("its JPEG data end too early");
      }
      buffer = buffer << 8 | b;
      held += 8;
    }
    held -= count;
    return buffer >> held & (1 << count) - 1;
  }

  private void skipRestart() throws CodecException {
    held = 0;
    if (u8(at) != 0xff || (u8(at + 1) & 0xf8) != 0xd0) {
      throw new CodecException("its JPEG data lack a restart marker");
    }
    at += 2;
  }

  /** Codes by length: those of one length follow one another. */
  private static final class HuffmanTable {
    private final int[] first = new int[17];
    private final int[] counts;
    private final int[] offset = new int[17];
    private final int[] symbols;

    HuffmanTable(int[] counts, int[] symbols) {
      this.counts = counts;
      this.symbols = symbols;
      int code = 0;
      int at = 0;
      for (int length = 1; length <= 16; length++) {
        first[length] = code;
        offset[length] = at;
        at += counts[length];
        code = code + counts[length] << 1;
      }
    }

    int symbol(int code, int length) {
      int i = code - first[length];
      return i >= 0 && i < counts[length] ? symbols[offset[length] + i] : -1;
    }
  }
}
