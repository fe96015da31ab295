package io.med3dinsight.transport;

import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Tensor;

/**
 * Which partner belongs to which row, on a device: what an {@link Alignment} must know of its
 * partners without reading them. B rows of the batch, R pairs with those of earlier batches.
 *
 * @param own [B,R], 1 at (i,i) and 0 elsewhere
 * @param equal [B,R], 1 where partner j equals that of row i, its own included, and 0 elsewhere
 */
public record Pairs(Tensor own, Tensor equal) {
  /** For {@code batch} of {@code all} pairs, all partners different; owned by the scope. */
  public static Pairs of(Device device, int batch, int all) {
    float[] eye = new float[batch * all];
    for (int i = 0; i < batch; i++) {
      eye[i * all + i] = 1;
    }
    return new Pairs(Tensor.of(device, eye, batch, all), Tensor.of(device, eye, batch, all));
  }

  /**
   * Finds equal partners: slices with one description are no wrong partners of each other.
   *
   * @param partners their embeddings [R,E], those of the batch first
   */
  public void load(float[] partners) {
    int batch = own.dim(0);
    int all = own.dim(1);
    int[] ids = Partners.ids(partners, all);
    float[] same = new float[batch * all];
    for (int i = 0; i < batch; i++) {
      for (int j = 0; j < all; j++) {
        same[i * all + j] = ids[j] == ids[i] ? 1 : 0;
      }
    }
    equal.copyFrom(same);
  }
}
