package io.med3dinsight.dicom.codec;

/**
 * Decodes the bit planes of a code-block of wavelet coefficients.
 *
 * <p>Source: ITU-T T.800, annex D.
 */
final class CodeBlockDecoder {
  static final int RUN = 17;
  static final int UNIFORM = 18;

  /** Style bits of the code-block that change decoding. */
  static final int RESET = 2;

  static final int VERTICALLY_CAUSAL = 8;
  static final int SEGMENTATION = 32;

  private static final int SIGNIFICANT = 1;
  private static final int NEGATIVE = 2;
  private static final int VISITED = 4;
  private static final int REFINED = 8;

  private final int width;
  private final int height;
  private final Band.Kind kind;
  private final int style;
  private final MqDecoder mq;

  /** One coefficient of border on each side. */
  private final byte[] flags;

  /** Twice the magnitude, with the middle of what is not decoded. */
  private final int[] twice;

  private final int stride;

  private CodeBlockDecoder(CodeBlock block, Band.Kind kind, int style) {
    this.width = block.width();
    this.height = block.height();
    this.kind = kind;
    this.style = style;
    this.stride = width + 2;
    this.flags = new byte[stride * (height + 2)];
    this.twice = new int[width * height];
    byte[] data = block.data();
    this.mq = new MqDecoder(data, data.length);
  }

  /**
   * Decodes a block.
   *
   * @param planes bit planes of its band
   * @return twice the coefficients, row by row
   */
  static int[] decode(CodeBlock block, Band.Kind kind, int style, int planes)
      throws CodecException {
    CodeBlockDecoder decoder = new CodeBlockDecoder(block, kind, style);
    decoder.passes(block.passes(), planes - block.zeroPlanes() - 1);
    return decoder.signed();
  }

  private void passes(int count, int firstPlane) throws CodecException {
    int plane = firstPlane;
    int kindOfPass = 2;
    for (int pass = 0; pass < count; pass++) {
      if (plane < 0 || plane > 29) {
        throw new CodecException("a JPEG 2000 code-block has more bit planes than its band");
      }
      if (kindOfPass == 0) {
        significance(plane);
      } else if (kindOfPass == 1) {
        refinement(plane);
      } else {
        cleanup(plane);
        if ((style & SEGMENTATION) != 0) {
          for (int i = 0; i < 4; i++) {
            mq.bit(UNIFORM);
          }
        }
      }
      if ((style & RESET) != 0) {
        mq.reset();
      }
      if (kindOfPass == 2) {
        plane--;
      }
      kindOfPass = (kindOfPass + 1) % 3;
    }
  }

  private int[] signed() {
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        if ((flags[at(x, y)] & NEGATIVE) != 0) {
          twice[y * width + x] = -twice[y * width + x];
        }
      }
    }
    return twice;
  }

  private int at(int x, int y) {
    return (y + 1) * stride + x + 1;
  }

  private void significance(int plane) {
    for (int y0 = 0; y0 < height; y0 += 4) {
      for (int x = 0; x < width; x++) {
        for (int y = y0; y < Math.min(y0 + 4, height); y++) {
          int i = at(x, y);
          int context = (flags[i] & SIGNIFICANT) == 0 ? zeroContext(i, y) : 0;
          if (context != 0) {
            if (mq.bit(context) == 1) {
              becomeSignificant(x, y, i, plane);
            }
            flags[i] |= VISITED;
          }
        }
      }
    }
  }

  private void refinement(int plane) {
    for (int y0 = 0; y0 < height; y0 += 4) {
      for (int x = 0; x < width; x++) {
        for (int y = y0; y < Math.min(y0 + 4, height); y++) {
          int i = at(x, y);
          if ((flags[i] & (SIGNIFICANT | VISITED)) == SIGNIFICANT) {
            int context = (flags[i] & REFINED) != 0 ? 16 : zeroContext(i, y) != 0 ? 15 : 14;
            int half = 1 << plane;
            twice[y * width + x] += mq.bit(context) == 1 ? half : -half;
            flags[i] |= REFINED;
          }
        }
      }
    }
  }

  private void cleanup(int plane) {
    for (int y0 = 0; y0 < height; y0 += 4) {
      for (int x = 0; x < width; x++) {
        int y = y0;
        boolean known = false;
        if (y0 + 4 <= height && isQuiet(x, y0)) {
          if (mq.bit(RUN) == 0) {
            continue;
          }
          y += mq.bit(UNIFORM) << 1;
          y += mq.bit(UNIFORM);
          known = true;
        }
        for (; y < Math.min(y0 + 4, height); y++) {
          int i = at(x, y);
          if (known || (flags[i] & (SIGNIFICANT | VISITED)) == 0) {
            if (known || mq.bit(zeroContext(i, y)) == 1) {
              becomeSignificant(x, y, i, plane);
            }
            known = false;
          }
        }
      }
    }
    for (int i = 0; i < flags.length; i++) {
      flags[i] &= ~VISITED;
    }
  }

  /** Whether the four coefficients of a column are all uncoded, without significant neighbours. */
  private boolean isQuiet(int x, int y0) {
    for (int y = y0; y < y0 + 4; y++) {
      int i = at(x, y);
      if ((flags[i] & (SIGNIFICANT | VISITED)) != 0 || zeroContext(i, y) != 0) {
        return false;
      }
    }
    return true;
  }

  private void becomeSignificant(int x, int y, int i, int plane) {
    int below = isHidden(y) ? 0 : sign(i + stride);
    int h = Math.max(-1, Math.min(1, sign(i - 1) + sign(i + 1)));
    int v = Math.max(-1, Math.min(1, sign(i - stride) + below));
    // Table D.3, symmetric in the signs: a negative pair is the positive one with the bit turned.
    boolean turned = h < 0 || (h == 0 && v < 0);
    int context = 9 + (turned ? -1 : 1) * (3 * h + v);
    int bit = mq.bit(context);
    flags[i] |= (byte) (SIGNIFICANT | ((bit ^ (turned ? 1 : 0)) == 1 ? NEGATIVE : 0));
    twice[y * width + x] = 3 << plane;
  }

  private int sign(int i) {
    return (flags[i] & SIGNIFICANT) == 0 ? 0 : (flags[i] & NEGATIVE) != 0 ? -1 : 1;
  }

  /** Whether the row below belongs to the next stripe and must not be looked at. */
  private boolean isHidden(int y) {
    return (style & VERTICALLY_CAUSAL) != 0 && y % 4 == 3;
  }

  private int significant(int i) {
    return flags[i] & SIGNIFICANT;
  }

  /** Context of a coefficient that is not significant, table D.1. */
  private int zeroContext(int i, int y) {
    boolean hidden = isHidden(y);
    int h = significant(i - 1) + significant(i + 1);
    int v = significant(i - stride) + (hidden ? 0 : significant(i + stride));
    int d = significant(i - stride - 1) + significant(i - stride + 1);
    d += hidden ? 0 : significant(i + stride - 1) + significant(i + stride + 1);
    if (kind == Band.Kind.HH) {
      int hv = h + v;
      return switch (d) {
        case 0 -> Math.min(hv, 2);
        case 1 -> 3 + Math.min(hv, 2);
        case 2 -> hv > 0 ? 7 : 6;
        default -> 8;
      };
    }
    int first = kind == Band.Kind.HL ? v : h;
    int second = kind == Band.Kind.HL ? h : v;
    return switch (first) {
      case 2 -> 8;
      case 1 -> second > 0 ? 7 : d > 0 ? 6 : 5;
      default -> second > 0 ? 2 + second : Math.min(d, 2);
    };
  }
}
