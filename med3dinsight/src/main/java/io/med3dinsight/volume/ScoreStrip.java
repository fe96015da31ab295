package io.med3dinsight.volume;

/**
 * Neighbouring rows of a label map, and those of the class scores from which they are interpolated.
 *
 * @param from first row of the label map, in RAS order
 * @param to the row after the last
 * @param firstRow first row of the scores
 * @param rows how many rows of the scores
 */
public record ScoreStrip(int from, int to, int firstRow, int rows) {}
