package io.med3dinsight.pretrain;

/** How often an embedding's nearest neighbour is its own partner. */
final class Retrieval {
  private Retrieval() {}

  /**
   * Share of rows i of {@code u} whose largest dot product over the rows of {@code v} is with row i
   * or with one equal to it.
   *
   * @param u [n,E]
   * @param v [n,E]
   */
  static double top1(float[] u, float[] v, int n) {
    int width = u.length / n;
    int hits = 0;
    for (int i = 0; i < n; i++) {
      double own = dot(u, i, v, i, width);
      boolean best = true;
      for (int j = 0; j < n && best; j++) {
        best = dot(u, i, v, j, width) <= own;
      }
      hits += best ? 1 : 0;
    }
    return (double) hits / n;
  }

  private static double dot(float[] u, int i, float[] v, int j, int width) {
    double sum = 0;
    for (int k = 0; k < width; k++) {
      sum += (double) u[i * width + k] * v[j * width + k];
    }
    return sum;
  }
}
