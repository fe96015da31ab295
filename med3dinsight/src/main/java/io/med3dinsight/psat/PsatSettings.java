package io.med3dinsight.psat;

import io.med3dinsight.UsageException;

/**
 * Shape of the plane-slice-aware transformer.
 *
 * @param width of its tokens
 * @param heads of its attention
 * @param layers number of decoder blocks
 * @param queries learned query tokens per slice
 * @param planeAware whether queries know the plane
 * @param sliceAware whether queries know where the slice lies along the plane's axis
 */
public record PsatSettings(
    int width, int heads, int layers, int queries, boolean planeAware, boolean sliceAware) {
  public PsatSettings {
    if (width < 1 || heads < 1 || width % heads != 0 || width % 2 != 0) {
      throw new UsageException(
          "pretrain.psat.width is "
              + width
              + " with heads "
              + heads
              + ": expected an even width that the heads divide.");
    }
    if (layers < 1 || queries < 1) {
      throw new UsageException(
          "pretrain.psat.layers is "
              + layers
              + " and queries "
              + queries
              + ": expected at least 1 each.");
    }
  }

  /** Two blocks of width 96, four queries, aware of plane and slice. */
  public static PsatSettings standard() {
    return new PsatSettings(96, 4, 2, 4, true, true);
  }
}
