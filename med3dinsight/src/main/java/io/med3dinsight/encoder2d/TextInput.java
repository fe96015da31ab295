package io.med3dinsight.encoder2d;

import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;
import java.util.stream.IntStream;

/**
 * Texts on a device: N of T tokens.
 *
 * @param ids I32 [N,T]
 * @param places I32 [T], 0 to T - 1
 * @param hidden bias on attention to each token [N,1,1,T]
 * @param weights of the tokens in a text's mean [N,T,1]
 */
record TextInput(Tensor ids, Tensor places, Tensor hidden, Tensor weights) {
  /** Added to the scores of padding: its weight in the softmax is 0 in float32. */
  private static final float HIDDEN = -1e9f;

  /** For texts to be loaded; owned by the scope. */
  static TextInput of(Device device, int rows, int length) {
    return new TextInput(
        Tensor.empty(device, TensorType.i32(Shape.of(rows, length))),
        Tensor.of(device, IntStream.range(0, length).toArray(), length),
        Tensor.zeros(device, rows, 1, 1, length),
        Tensor.zeros(device, rows, length, 1));
  }

  /** Takes other texts in, as many and as long. */
  void load(TokenBatch b) {
    int length = b.length();
    float[] bias = new float[b.ids().length];
    float[] shares = new float[b.ids().length];
    for (int i = 0; i < b.rows(); i++) {
      int used = 0;
      for (int t = 0; t < length; t++) {
        used += b.ids()[i * length + t] == WordTokenizer.PADDING ? 0 : 1;
      }
      for (int t = i * length; t < (i + 1) * length; t++) {
        boolean padding = b.ids()[t] == WordTokenizer.PADDING;
        bias[t] = padding ? HIDDEN : 0f;
        shares[t] = padding ? 0f : 1f / used;
      }
    }
    ids.copyFrom(b.ids());
    hidden.copyFrom(bias);
    weights.copyFrom(shares);
  }
}
