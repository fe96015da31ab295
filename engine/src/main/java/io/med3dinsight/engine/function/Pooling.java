package io.med3dinsight.engine.function;

import io.med3dinsight.engine.op.AveragePool;
import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.GlobalAveragePool;
import io.med3dinsight.engine.op.MaxPool;
import io.med3dinsight.engine.op.PoolWindow;
import io.med3dinsight.engine.tensor.Tensor;

/**
 * Pooling of volumes [N,D,H,W,C]. Kernel, stride and padding are in voxels along D, H, W; the new
 * extent is {@code floor((in + 2 padding - kernel) / stride) + 1}.
 */
public final class Pooling {
  private Pooling() {}

  /** The largest value of each window; padding never wins. */
  public static Tensor max(Tensor x, int[] kernel, int[] stride, int[] padding) {
    return Eager.run(new MaxPool(PoolWindow.of(kernel, stride, padding)), x)[0];
  }

  /** The mean of each window, padding counted as zeros (PyTorch's default). */
  public static Tensor avg(Tensor x, int[] kernel, int[] stride, int[] padding) {
    return avg(x, kernel, stride, padding, true);
  }

  /**
   * The mean of each window; padding counts as zeros or, without {@code includePad}, not at all.
   */
  public static Tensor avg(
      Tensor x, int[] kernel, int[] stride, int[] padding, boolean includePad) {
    return Eager.run1(new AveragePool(PoolWindow.of(kernel, stride, padding), includePad), x);
  }

  /** Mean over all voxels: [N,...,C] to [N,C]. */
  public static Tensor globalAvg(Tensor x) {
    return Eager.run1(new GlobalAveragePool(), x);
  }
}
