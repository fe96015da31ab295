package io.med3dinsight.engine.function;

import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.Resize;
import io.med3dinsight.engine.tensor.Tensor;

/**
 * Volumes [N,D,H,W,C] resampled to d x h x w voxels, with the conventions of PyTorch's {@code
 * interpolate}.
 */
public final class Resampling {
  private Resampling() {}

  /**
   * Trilinear; {@code alignCorners} lays the centres of the outermost voxels on each other instead
   * of the outer edges.
   */
  public static Tensor trilinear(Tensor x, int d, int h, int w, boolean alignCorners) {
    Resize.Mode mode = alignCorners ? Resize.Mode.TRILINEAR_ALIGNED : Resize.Mode.TRILINEAR;
    return Eager.run1(new Resize(mode, d, h, w), x);
  }

  /** The voxel at {@code floor(o * in / out)} along each axis. */
  public static Tensor nearest(Tensor x, int d, int h, int w) {
    return Eager.run1(new Resize(Resize.Mode.NEAREST, d, h, w), x);
  }
}
