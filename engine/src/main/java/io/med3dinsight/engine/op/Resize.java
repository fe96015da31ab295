package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.AxisMap;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaResize;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * Volumes [N,D,H,W,C] resampled to another size, as PyTorch's {@code interpolate} does it.
 *
 * @param mode which neighbours count
 * @param depth new D, {@code height} new H, {@code width} new W
 */
public record Resize(Mode mode, int depth, int height, int width) implements Op {
  /** How values between voxels are found. */
  public enum Mode {
    /** The voxel at {@code floor(o * in / out)}. */
    NEAREST,
    /** Trilinear, voxels as boxes that fill the same space: {@code (o + 0.5) * in / out - 0.5}. */
    TRILINEAR,
    /**
     * Trilinear, centres of the outermost voxels on each other: {@code o * (in - 1) / (out - 1)}.
     */
    TRILINEAR_ALIGNED
  }

  @Override
  public TensorType[] infer(TensorType... in) {
    Shape x = in[0].shape();
    if (x.rank() != 5 || x.product(1, 4) == 0 || Math.min(depth, Math.min(height, width)) < 1) {
      throw mismatch("volumes [N,D,H,W,C] and a new size of at least one voxel", in);
    }
    return new TensorType[] {
      new TensorType(in[0].dtype(), Shape.of(x.dim(0), depth, height, width, x.dim(4)))
    };
  }

  /** The maps along D, H, W between two shapes [N,D,H,W,C]. */
  static AxisMap[] maps(Mode mode, Shape x, Shape y) {
    AxisMap[] m = new AxisMap[3];
    for (int a = 0; a < 3; a++) {
      int in = x.dim(a + 1);
      int out = y.dim(a + 1);
      m[a] =
          mode == Mode.NEAREST
              ? AxisMap.nearest(in, out)
              : AxisMap.linear(in, out, mode == Mode.TRILINEAR_ALIGNED);
    }
    return m;
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    AxisMap.apply(cpu, in[0], maps(mode, in[0].shape(), out[0].shape()), out[0]);
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    new CudaResize(cuda, mode.ordinal(), in[0].shape(), out[0].shape()).forward(in[0], out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.NOTHING;
  }

  @Override
  public Tensor[] gradient(Backward b) {
    return new Tensor[] {Eager.run1(new ResizeGrad(mode, b.inputType(0).shape()), b.grad())};
  }
}
