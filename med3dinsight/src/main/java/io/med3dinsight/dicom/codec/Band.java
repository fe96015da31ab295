package io.med3dinsight.dicom.codec;

/**
 * A band of wavelet coefficients.
 *
 * @param kind which directions were high-passed, horizontal first
 * @param x0 first column, in coordinates of the band; the others likewise, the ends exclusive
 * @param planes bit planes that magnitudes can have
 * @param step quantisation step; 1 for the reversible transform
 */
record Band(Kind kind, int x0, int y0, int x1, int y1, int planes, double step) {
  /** Which directions were high-passed. */
  enum Kind {
    LL(0, 0, 0),
    HL(1, 0, 1),
    LH(0, 1, 1),
    HH(1, 1, 2);

    final int x;
    final int y;

    /** Binary logarithm of the band's gain. */
    final int gain;

    Kind(int x, int y, int gain) {
      this.x = x;
      this.y = y;
      this.gain = gain;
    }
  }
}
