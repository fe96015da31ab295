package io.med3dinsight.dicom;

import io.med3dinsight.DataException;

/**
 * How the pixels of a file are stored.
 *
 * @param allocated bits that a pixel takes: 8, 16 or 32
 * @param stored bits that mean something
 * @param high the highest of these
 */
record PixelFormat(
    int rows, int columns, int frames, int allocated, int stored, int high, boolean signed) {
  /** Several times what one file of any scanner holds; more is damage. */
  static final int MAX_FRAMES = 100_000;

  private static final int MAX_PIXELS = 1 << 28;

  static PixelFormat of(Dataset d, String file) {
    int rows = d.unsigned(Tag.ROWS, 0);
    int columns = d.unsigned(Tag.COLUMNS, 0);
    if (rows == 0 || columns == 0) {
      throw new DataException(file + " has no image (no rows and columns); leave it out.");
    }
    int samples = d.unsigned(Tag.SAMPLES_PER_PIXEL, 1);
    if (samples != 1 || d.text(Tag.PHOTOMETRIC).startsWith("PALETTE")) {
      throw new DataException(
          file
              + " is a colour image ("
              + d.shown(Tag.PHOTOMETRIC)
              + "); grey-scale images are supported, so leave it out.");
    }
    int allocated = d.unsigned(Tag.BITS_ALLOCATED, 16);
    int stored = d.unsigned(Tag.BITS_STORED, allocated);
    int high = d.unsigned(Tag.HIGH_BIT, stored - 1);
    boolean known = allocated == 8 || allocated == 16 || allocated == 32;
    if (!known || stored < 1 || stored > allocated || high >= allocated || high < stored - 1) {
      throw new DataException(
          file
              + " stores pixels in "
              + stored
              + " of "
              + allocated
              + " bits; 8, 16 and 32 bits can be read, so convert it with dcm2niix.");
    }
    int frames = d.whole(Tag.FRAMES, 1);
    if (frames < 1 || frames > MAX_FRAMES) {
      throw new DataException(
          file + " claims " + frames + " frames, expected 1 to " + MAX_FRAMES + ".");
    }
    if ((long) rows * columns > MAX_PIXELS) {
      throw new DataException(
          file
              + " claims "
              + columns
              + "x"
              + rows
              + " pixels; at most "
              + MAX_PIXELS
              + " are supported, so leave it out or resample it first.");
    }
    boolean signed = d.unsigned(Tag.PIXEL_REPRESENTATION, 0) == 1;
    return new PixelFormat(rows, columns, frames, allocated, stored, high, signed);
  }

  int pixels() {
    return rows * columns;
  }

  /** A stored value: what is above and below its bits is dropped, and its sign extended. */
  long value(long raw) {
    long v = raw >>> (high + 1 - stored);
    int unused = 64 - stored;
    return signed ? v << unused >> unused : v << unused >>> unused;
  }
}
