package io.med3dinsight.dicom.codec;

/**
 * A tree of minima, in which packet headers state when code-blocks begin.
 *
 * <p>Source: ITU-T T.800, B.10.2.
 */
final class TagTree {
  private final int[] widths;
  private final int[][] low;
  private final boolean[][] known;

  TagTree(int width, int height) {
    int levels = 1;
    for (int w = width, h = height; w > 1 || h > 1; w = w + 1 >> 1, h = h + 1 >> 1) {
      levels++;
    }
    widths = new int[levels];
    low = new int[levels][];
    known = new boolean[levels][];
    int w = width;
    int h = height;
    for (int level = 0; level < levels; level++) {
      widths[level] = w;
      low[level] = new int[w * h];
      known[level] = new boolean[w * h];
      w = w + 1 >> 1;
      h = h + 1 >> 1;
    }
  }

  /** Reads until it is known whether the leaf's value is below the threshold. */
  boolean isBelow(int x, int y, int threshold, PacketBits bits) throws CodecException {
    int least = 0;
    for (int level = widths.length - 1; level >= 0; level--) {
      int i = (y >> level) * widths[level] + (x >> level);
      low[level][i] = Math.max(low[level][i], least);
      while (!known[level][i] && low[level][i] < threshold) {
        if (bits.next() == 1) {
          known[level][i] = true;
        } else {
          low[level][i]++;
        }
      }
      least = low[level][i];
    }
    return known[0][y * widths[0] + x] && least < threshold;
  }

  /** Reads the leaf's value, at most {@code most}. */
  int value(int x, int y, int most, PacketBits bits) throws CodecException {
    int threshold = 1;
    while (!isBelow(x, y, threshold, bits)) {
      if (++threshold > most + 1) {
        throw new CodecException("a JPEG 2000 packet header is damaged");
      }
    }
    return threshold - 1;
  }
}
