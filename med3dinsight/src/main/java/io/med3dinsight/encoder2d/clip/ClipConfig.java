package io.med3dinsight.encoder2d.clip;

/**
 * A pair of towers, as a folder's configuration describes them.
 *
 * @param kind whose parts and names
 * @param vision the image tower
 * @param patch rows and columns of a patch of the picture
 * @param text the text tower
 * @param context most tokens of a text
 * @param positions token positions that have an embedding, at least {@code context}
 * @param vocabulary number of token ids
 * @param width E, length of an embedding
 * @param preprocessing what is done to a picture
 */
record ClipConfig(
    Kind kind,
    TowerShape vision,
    int patch,
    TowerShape text,
    int context,
    int positions,
    int vocabulary,
    int width,
    Preprocessing preprocessing) {
  /** Families of towers. */
  enum Kind {
    /** OpenAI's towers, byte pairs. */
    CLIP,
    /** timm's vision transformer and BERT, word pieces. */
    BIOMEDCLIP
  }

  ClipConfig {
    int size = preprocessing.size();
    if (patch < 1 || size < 1 || size % patch != 0) {
      throw new IllegalArgumentException(
          "pictures of " + size + " pixels cannot be cut into patches of " + patch);
    }
    if (context < 2 || context > positions || vocabulary < 1 || width < 1) {
      throw new IllegalArgumentException(
          "a context of "
              + context
              + " tokens at "
              + positions
              + " positions, "
              + vocabulary
              + " token ids and embeddings of length "
              + width
              + " do not make a text tower");
    }
  }

  /** N, patches of a picture. */
  int patches() {
    int side = preprocessing.size() / patch;
    return side * side;
  }
}
