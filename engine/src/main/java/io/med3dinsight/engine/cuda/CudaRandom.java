package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.tensor.Tensor;

/** Launches of kernels that draw random numbers. */
public final class CudaRandom {
  private CudaRandom() {}

  /** Sets elements to 0 with probability p, multiplies the others by {@code scale}. */
  public static void dropout(
      CudaBackend cuda, Tensor x, float p, float scale, long seed, long position, Tensor y) {
    boolean wide = cuda.aligned16(x, y);
    cuda.kernel("random_dropout", x.dtype())
        .over(x.size() == 0 ? 0 : x.size() / 4 + 2)
        .buffer(x)
        .buffer(y)
        .i32(x.size())
        .f32(p)
        .f32(scale)
        .i64(seed)
        .i64(position)
        .pointer(cuda.drawnSinceRecording(seed))
        .i32(wide ? 1 : 0)
        .run();
  }
}
