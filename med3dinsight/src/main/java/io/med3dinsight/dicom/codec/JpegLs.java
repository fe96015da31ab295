package io.med3dinsight.dicom.codec;

import java.util.Arrays;

/**
 * JPEG-LS, lossless and near-lossless, one component of 2 to 16 bits.
 *
 * <p>Source: ITU-T T.87.
 */
public final class JpegLs {
  private static final int CONTEXTS = 365;

  /** Binary logarithms of run lengths, T.87 A.2.1. */
  private static final int[] J = {
    0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13,
    14, 15
  };

  private final byte[] data;
  private final int rows;
  private final int columns;
  private int at;
  private int precision;
  private int near;
  private int maximum;
  private int t1;
  private int t2;
  private int t3;
  private int reset = 64;
  private int range;
  private int quantizedBits;
  private int limit;
  private int runIndex;

  // Statistics of each context; the last two are those of interrupted runs.
  private final int[] a = new int[CONTEXTS + 2];
  private final int[] b = new int[CONTEXTS];
  private final int[] c = new int[CONTEXTS];
  private final int[] n = new int[CONTEXTS + 2];
  private final int[] negative = new int[2];

  // Bits that were read but not used, the oldest highest.
  private int buffer;
  private int held;
  private boolean afterFf;

  private JpegLs(byte[] data, int rows, int columns) {
    this.data = data;
    this.rows = rows;
    this.columns = columns;
  }

  public static Frame decode(byte[] data, int rows, int columns) throws CodecException {
    return new JpegLs(data, rows, columns).decode();
  }

  private Frame decode() throws CodecException {
    if (data.length < 4 || u16(0) != 0xffd8) {
      throw new CodecException("its JPEG-LS data do not begin with a start marker");
    }
    at = 2;
    while (true) {
      int marker = u16(at);
      int length = u16(at + 2);
      int end = at + 2 + length;
      if (marker < 0xff01 || length < 2 || end > data.length) {
        throw new CodecException("a JPEG-LS segment is damaged");
      }
      at += 4;
      if (marker == 0xfff7) {
        startOfFrame();
      } else if (marker == 0xfff8) {
        presets();
      } else if (marker == 0xffdd) {
        throw new CodecException("its JPEG-LS has restart intervals, which are not supported");
      } else if (marker == 0xffda) {
        return scan(end);
      }
      at = end;
    }
  }

  private int u8(int i) throws CodecException {
    if (i >= data.length) {
      throw new CodecException("its JPEG-LS data end too early");
    }
    return data[i] & 0xff;
  }

  private int u16(int i) throws CodecException {
    return u8(i) << 8 | u8(i + 1);
  }

  private void startOfFrame() throws CodecException {
    precision = u8(at);
    if (precision < 2 || precision > 16 || u8(at + 5) != 1) {
      throw new CodecException(
          "its JPEG-LS has " + u8(at + 5) + " components of " + precision + " bits, expected one");
    }
    Frame.check(u16(at + 3), u16(at + 1), rows, columns, data.length);
  }

  private void presets() throws CodecException {
    if (u8(at) != 1) {
      throw new CodecException("its JPEG-LS has mapping tables, which are not supported");
    }
    maximum = u16(at + 1);
    t1 = u16(at + 3);
    t2 = u16(at + 5);
    t3 = u16(at + 7);
    reset = u16(at + 9) == 0 ? reset : u16(at + 9);
  }

  private void parameters() throws CodecException {
    maximum = maximum == 0 ? (1 << precision) - 1 : maximum;
    if (precision == 0 || near > Math.min(255, maximum / 2) || maximum >= 1 << precision) {
      throw new CodecException("its JPEG-LS parameters are not valid");
    }
    int factor = maximum >= 128 ? (Math.min(maximum, 4095) + 128) / 256 : 256 / (maximum + 1);
    boolean large = maximum >= 128;
    int d1 = large ? factor + 2 + 3 * near : Math.max(2, 3 / factor + 3 * near);
    int d2 = large ? 4 * factor + 3 + 5 * near : Math.max(3, 7 / factor + 5 * near);
    int d3 = large ? 17 * factor + 4 + 7 * near : Math.max(4, 21 / factor + 7 * near);
    t1 = t1 == 0 ? clamped(d1, near + 1) : t1;
    t2 = t2 == 0 ? clamped(d2, t1) : t2;
    t3 = t3 == 0 ? clamped(d3, t2) : t3;
    range = (maximum + 2 * near) / (2 * near + 1) + 1;
    quantizedBits = bitsOf(range);
    int bits = Math.max(2, bitsOf(maximum + 1));
    limit = 2 * (bits + Math.max(8, bits));
    Arrays.fill(a, Math.max(2, (range + 32) / 64));
    Arrays.fill(n, 1);
  }

  private int clamped(int value, int lowest) {
    return value > maximum || value < lowest ? lowest : value;
  }

  /** Bits that number so many values. */
  private static int bitsOf(int values) {
    return 32 - Integer.numberOfLeadingZeros(values - 1);
  }

  private Frame scan(int start) throws CodecException {
    near = u8(at + 3);
    parameters();
    at = start;
    int[] out = new int[rows * columns];
    // One sample before the line and one behind it.
    int[] previous = new int[columns + 2];
    int[] line = new int[columns + 2];
    for (int y = 0; y < rows; y++) {
      previous[columns + 1] = previous[columns];
      line[0] = previous[1];
      line(line, previous);
      System.arraycopy(line, 1, out, y * columns, columns);
      int[] swap = previous;
      previous = line;
      line = swap;
    }
    return new Frame(out, precision, false);
  }

  private void line(int[] line, int[] previous) throws CodecException {
    int x = 1;
    while (x <= columns) {
      int ra = line[x - 1];
      int rb = previous[x];
      int rc = previous[x - 1];
      int q1 = quantized(previous[x + 1] - rb);
      int q2 = quantized(rb - rc);
      int q3 = quantized(rc - ra);
      if (q1 == 0 && q2 == 0 && q3 == 0) {
        x = run(line, previous, x);
      } else {
        line[x++] = regular(ra, rb, rc, 81 * q1 + 9 * q2 + q3);
      }
    }
  }

  private int quantized(int d) {
    int size = Math.abs(d);
    int q = size <= near ? 0 : size < t1 ? 1 : size < t2 ? 2 : size < t3 ? 3 : 4;
    return d < 0 ? -q : q;
  }

  private int regular(int ra, int rb, int rc, int signedContext) throws CodecException {
    int sign = signedContext < 0 ? -1 : 1;
    int q = Math.abs(signedContext);
    int prediction =
        rc >= Math.max(ra, rb)
            ? Math.min(ra, rb)
            : rc <= Math.min(ra, rb) ? Math.max(ra, rb) : ra + rb - rc;
    prediction = Math.min(Math.max(prediction + sign * c[q], 0), maximum);
    int k = golomb(n[q], a[q]);
    int mapped = code(k, limit);
    int error;
    if (near == 0 && k == 0 && 2 * b[q] <= -n[q]) {
      error = (mapped & 1) != 0 ? mapped / 2 : -(mapped / 2) - 1;
    } else {
      error = (mapped & 1) == 0 ? mapped / 2 : -(mapped + 1) / 2;
    }
    update(q, error);
    return reconstructed(prediction + sign * error * (2 * near + 1));
  }

  private void update(int q, int error) {
    b[q] += error * (2 * near + 1);
    a[q] += Math.abs(error);
    if (n[q] >= reset) {
      a[q] >>= 1;
      b[q] >>= 1;
      n[q] >>= 1;
    }
    n[q]++;
    if (b[q] <= -n[q]) {
      b[q] = Math.max(b[q] + n[q], -n[q] + 1);
      c[q] = Math.max(c[q] - 1, -128);
    } else if (b[q] > 0) {
      b[q] = Math.min(b[q] - n[q], 0);
      c[q] = Math.min(c[q] + 1, 127);
    }
  }

  private int reconstructed(int value) {
    int step = range * (2 * near + 1);
    int v = value < -near ? value + step : value > maximum + near ? value - step : value;
    return Math.min(Math.max(v, 0), maximum);
  }

  /** Decodes a run from x on, and the sample that interrupts it; returns where to go on. */
  private int run(int[] line, int[] previous, int from) throws CodecException {
    int ra = line[from - 1];
    int x = from;
    while (bits(1) == 1) {
      int length = 1 << J[runIndex];
      int filled = Math.min(length, columns + 1 - x);
      Arrays.fill(line, x, x + filled, ra);
      x += filled;
      if (filled == length) {
        runIndex = Math.min(runIndex + 1, 31);
      }
      if (x > columns) {
        return x;
      }
    }
    int rest = bits(J[runIndex]);
    if (rest > columns - x) {
      throw new CodecException("a run of its JPEG-LS goes beyond the line");
    }
    Arrays.fill(line, x, x + rest, ra);
    x += rest;
    line[x] = interruption(ra, previous[x]);
    runIndex = Math.max(runIndex - 1, 0);
    return x + 1;
  }

  private int interruption(int ra, int rb) throws CodecException {
    int type = Math.abs(ra - rb) <= near ? 1 : 0;
    int q = CONTEXTS + type;
    int k = golomb(n[q], type == 0 ? a[q] : a[q] + (n[q] >> 1));
    int mapped = code(k, limit - J[runIndex] - 1);
    int folded = mapped + type;
    boolean odd = (folded & 1) != 0;
    int size = (folded + 1) / 2;
    boolean likelyNegative = k != 0 || 2 * negative[type] >= n[q];
    int error = likelyNegative == odd ? -size : size;
    if (error < 0) {
      negative[type]++;
    }
    a[q] += mapped + 1 - type >> 1;
    if (n[q] >= reset) {
      a[q] >>= 1;
      n[q] >>= 1;
      negative[type] >>= 1;
    }
    n[q]++;
    int sign = type == 0 && ra > rb ? -1 : 1;
    return reconstructed((type == 1 ? ra : rb) + sign * error * (2 * near + 1));
  }

  private static int golomb(int count, int sum) {
    int k = 0;
    while (k < 24 && count << k < sum) {
      k++;
    }
    return k;
  }

  /** A Golomb code of limited length. */
  private int code(int k, int longest) throws CodecException {
    int zeros = 0;
    while (bits(1) == 0) {
      if (++zeros > longest) {
        throw new CodecException("its JPEG-LS holds a code that is too long");
      }
    }
    return zeros < longest - quantizedBits - 1 ? (zeros << k) + bits(k) : bits(quantizedBits) + 1;
  }

  private int bits(int count) throws CodecException {
    while (held < count) {
      int next = u8(at++);
      if (afterFf && next >= 0x80) {
        throw new CodecException("its JPEG-LS data end too early");
      }
      int width = afterFf ? 7 : 8;
      buffer = buffer << width | next;
      held += width;
      afterFf = next == 0xff;
    }
    held -= count;
    return buffer >> held & (1 << count) - 1;
  }
}
