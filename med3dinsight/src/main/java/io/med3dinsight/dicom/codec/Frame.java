package io.med3dinsight.dicom.codec;

/**
 * Decoded pixels of one component.
 *
 * @param pixels row by row, the topmost first
 * @param bits precision that the stream states
 * @param signed whether the stream says that its numbers are signed
 */
public record Frame(int[] pixels, int bits, boolean signed) {

  /**
   * Refuses a stream of another size than the image that holds it, and one whose claim its length
   * cannot bear, before anything is allocated.
   */
  static void check(int width, int height, int rows, int columns, int length)
      throws CodecException {
    if (width != columns || height != rows) {
      throw new CodecException(
          "the compressed image has "
              + width
              + "x"
              + height
              + " pixels, not "
              + columns
              + "x"
              + rows);
    }
    if ((long) width * height > 32L * length + (1 << 20)) {
      throw new CodecException(length + " bytes cannot hold " + width + "x" + height + " pixels");
    }
  }
}
