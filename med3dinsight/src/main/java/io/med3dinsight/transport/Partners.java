package io.med3dinsight.transport;

import io.med3dinsight.engine.tensor.ShapeException;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.training.DivergenceException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the alignments ask of their rows. */
final class Partners {
  private Partners() {}

  /**
   * A number for each row of [rows,E], the same for rows that are equal: slices with one
   * description are no wrong partners of each other.
   */
  static int[] ids(float[] all, int rows) {
    int width = all.length / rows;
    Map<Integer, Integer> seen = new LinkedHashMap<>();
    int[] ids = new int[rows];
    for (int i = 0; i < rows; i++) {
      ids[i] = i;
      int hash = Arrays.hashCode(Arrays.copyOfRange(all, i * width, (i + 1) * width));
      Integer first = seen.putIfAbsent(hash, i);
      if (first != null && equal(all, first, i, width)) {
        ids[i] = first;
      }
    }
    return ids;
  }

  private static boolean equal(float[] all, int i, int j, int width) {
    return Arrays.equals(all, i * width, (i + 1) * width, all, j * width, (j + 1) * width);
  }

  /**
   * @throws IllegalArgumentException for fewer than two pairs
   * @throws ShapeException when the rows are not pairs, or the batch is not among them
   */
  static void require(String name, Tensor u, Tensor v, int own) {
    if (!u.shape().equals(v.shape()) || own < 1 || own > u.dim(0)) {
      throw new ShapeException(
          name
              + " expects pairs [R,E] of which the first are the batch, but was given "
              + u.type()
              + " and "
              + v.type()
              + " with a batch of "
              + own);
    }
    if (u.dim(0) < 2) {
      throw new IllegalArgumentException(
          name
              + " needs at least 2 pairs in a batch, but was given "
              + u.dim(0)
              + ": raise pretrain.volumes, pretrain.slices or pretrain.queue.");
    }
  }

  /**
   * Refuses values that are not finite. While a step is recorded there are none yet; a step that
   * diverges when repeated is taken again without a record, and refused here.
   */
  static void finite(Tensor distances, String what) {
    if (distances.device().backend().recording()) {
      return;
    }
    for (float x : distances.toFloats()) {
      if (!Float.isFinite(x)) {
        throw new DivergenceException(what + " between embeddings is " + x);
      }
    }
  }
}
