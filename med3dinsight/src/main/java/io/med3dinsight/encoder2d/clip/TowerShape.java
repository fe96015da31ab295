package io.med3dinsight.encoder2d.clip;

/**
 * Extents of a transformer.
 *
 * @param width C of a token
 * @param layers number of blocks
 * @param heads attention heads
 * @param hidden width within a block's two linear layers
 * @param epsilon of the layer norms
 * @param quick whether the activation is {@code x sigmoid(1.702 x)} instead of GELU
 */
record TowerShape(int width, int layers, int heads, int hidden, float epsilon, boolean quick) {
  TowerShape {
    if (width < 1 || layers < 1 || hidden < 1 || heads < 1 || width % heads != 0) {
      throw new IllegalArgumentException(
          "a transformer of width "
              + width
              + ", "
              + layers
              + " layers, "
              + heads
              + " heads and "
              + hidden
              + " hidden units: expected at least 1 of each, and heads that divide the width");
    }
  }
}
