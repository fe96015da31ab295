package io.med3dinsight.dicom.codec;

/**
 * How a tile's wavelet coefficients are coded: the markers COD and QCD of JPEG 2000.
 *
 * <p>Source: ITU-T T.800, A.6.
 */
final class Coding {
  /** The standard's own bound. */
  private static final int MAX_LEVELS = 32;

  private int progression;
  private int layers;
  private int levels = -1;
  private int blockWidth;
  private int blockHeight;
  private int style;
  private boolean reversible;
  private int[] precincts;
  private int guardBits;
  private int quantization = -1;
  private int[] exponents;
  private int[] mantissas;

  /** A copy, which a tile's own markers may change. */
  Coding copy() {
    Coding c = new Coding();
    c.progression = progression;
    c.layers = layers;
    c.levels = levels;
    c.blockWidth = blockWidth;
    c.blockHeight = blockHeight;
    c.style = style;
    c.reversible = reversible;
    c.precincts = precincts;
    c.guardBits = guardBits;
    c.quantization = quantization;
    c.exponents = exponents;
    c.mantissas = mantissas;
    return c;
  }

  /** Reads COD, whose first byte behind the length is at {@code p}. */
  void style(Codestream s, int p) throws CodecException {
    int flags = s.u8(p);
    progression = s.u8(p + 1);
    layers = s.u16(p + 2);
    if (progression > 4 || layers == 0) {
      throw new CodecException("its JPEG 2000 coding style is damaged");
    }
    component(s, p + 5, (flags & 1) != 0);
  }

  /** The part that COD and COC share. */
  void component(Codestream s, int p, boolean ownPrecincts) throws CodecException {
    levels = s.u8(p);
    blockWidth = s.u8(p + 1) + 2;
    blockHeight = s.u8(p + 2) + 2;
    style = s.u8(p + 3);
    reversible = s.u8(p + 4) == 1;
    boolean tooLarge = blockWidth > 10 || blockHeight > 10 || blockWidth + blockHeight > 12;
    if (levels > MAX_LEVELS || tooLarge || s.u8(p + 4) > 1) {
      throw new CodecException("its JPEG 2000 coding style is damaged");
    }
    if ((style & 5) != 0) {
      throw new CodecException(
          "its JPEG 2000 uses arithmetic-coding bypass or termination, which is not supported");
    }
    precincts = new int[levels + 1];
    for (int r = 0; r <= levels; r++) {
      precincts[r] = ownPrecincts ? s.u8(p + 5 + r) : 0xff;
      if (r > 0 && ((precincts[r] & 15) == 0 || precincts[r] >> 4 == 0)) {
        throw new CodecException("its JPEG 2000 precincts are damaged");
      }
    }
  }

  /** Reads QCD or QCC from the style byte on, up to {@code end}. */
  void quantization(Codestream s, int p, int end) throws CodecException {
    quantization = s.u8(p) & 31;
    guardBits = s.u8(p) >> 5;
    int width = quantization == 0 ? 1 : 2;
    int count = (end - p - 1) / width;
    if (quantization > 2 || count < 1 || count > 3 * MAX_LEVELS + 1) {
      throw new CodecException("its JPEG 2000 quantisation is damaged");
    }
    exponents = new int[count];
    mantissas = new int[count];
    for (int i = 0; i < count; i++) {
      int v = width == 1 ? s.u8(p + 1 + i) << 8 : s.u16(p + 1 + 2 * i);
      exponents[i] = v >> 11;
      mantissas[i] = v & 0x7ff;
    }
  }

  void requireComplete() throws CodecException {
    int needed = quantization == 1 ? 1 : 3 * levels + 1;
    if (levels < 0 || quantization < 0 || exponents.length < needed) {
      throw new CodecException("its JPEG 2000 lacks a coding style or a quantisation");
    }
    if (reversible != (quantization == 0)) {
      throw new CodecException("its JPEG 2000 quantisation does not go with its transform");
    }
  }

  int progression() {
    return progression;
  }

  int layers() {
    return layers;
  }

  int levels() {
    return levels;
  }

  int style() {
    return style;
  }

  boolean reversible() {
    return reversible;
  }

  int blockWidthLog() {
    return blockWidth;
  }

  int blockHeightLog() {
    return blockHeight;
  }

  int precinctWidthLog(int resolution) {
    return precincts[resolution] & 15;
  }

  int precinctHeightLog(int resolution) {
    return precincts[resolution] >> 4;
  }

  /** A band's bounds, bit planes and step, T.800 B.5 and E.1. */
  Band band(int resolution, Band.Kind kind, int[] tile, int depth) throws CodecException {
    int level = resolution == 0 ? levels : levels - resolution + 1;
    int index = resolution == 0 ? 0 : 3 * (resolution - 1) + kind.ordinal();
    int exponent = quantization == 1 ? exponents[0] + level - levels : exponents[index];
    int mantissa = quantization == 1 ? mantissas[0] : mantissas[index];
    int planes = guardBits + exponent - 1;
    if (exponent < 0 || planes > 30) {
      throw new CodecException("its JPEG 2000 bands have " + planes + " bit planes");
    }
    double step = reversible ? 1 : Math.scalb(1 + mantissa / 2048.0, depth + kind.gain - exponent);
    return new Band(
        kind,
        bound(tile[0], level, kind.x),
        bound(tile[1], level, kind.y),
        bound(tile[2], level, kind.x),
        bound(tile[3], level, kind.y),
        planes,
        step);
  }

  private static int bound(int at, int level, int high) {
    if (level == 0) {
      return at;
    }
    long half = level > 32 ? 0 : (1L << (level - 1)) * high;
    return (int) Codestream.ceilShift(at - half, level);
  }
}
