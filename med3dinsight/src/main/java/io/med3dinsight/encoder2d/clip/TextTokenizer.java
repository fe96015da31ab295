package io.med3dinsight.encoder2d.clip;

/** Cuts a text into the pieces that a text tower was trained on, and numbers them. */
interface TextTokenizer {
  /**
   * Ids of a text with those of its start and end, not padded.
   *
   * @param most ids at most, at least 2; of a longer text the beginning is kept, and the end mark
   */
  int[] encode(String text, int most);

  /** Number of ids. */
  int size();

  /** Id that fills the places after a text's end. */
  int padding();
}
