package io.med3dinsight.encoder2d;

import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.Arrays;
import java.util.function.Supplier;

/** Rows of the embeddings of frozen encoders. */
public final class EmbeddingRows {
  private EmbeddingRows() {}

  /**
   * Computes embeddings without a tape, even where the caller has one open.
   *
   * @param embedding gives [N, width]
   * @param out receives the N rows
   * @param from place of the first
   */
  public static void compute(Supplier<Tensor> embedding, int width, float[][] out, int from) {
    Tape.paused(
        () -> {
          try (Scope scope = Scope.open()) {
            float[] values = embedding.get().toFloats();
            for (int i = 0; i < values.length / width; i++) {
              out[from + i] = Arrays.copyOfRange(values, i * width, (i + 1) * width);
            }
          }
        });
  }
}
