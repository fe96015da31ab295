package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaIndex;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * Label volumes at another resolution by nearest neighbour: voxel o takes the label at {@code
 * floor((o + 1/2) extent / size)}, the voxel that holds its centre (PyTorch's {@code
 * nearest-exact}).
 *
 * <p>Input I32 [N,D,H,W], output I32 [N,size]; N batch, D H W depth height width. Labels have no
 * gradient.
 */
public record NearestLabels(Size3 size) implements Op {
  /** {@code labels} at {@code size}; {@code labels} itself where it has that size already. */
  public static Tensor resize(Tensor labels, Size3 size) {
    boolean same =
        labels.rank() == 4 && new Size3(labels.dim(1), labels.dim(2), labels.dim(3)).equals(size);
    return same ? labels : Eager.run1(new NearestLabels(size), labels);
  }

  @Override
  public TensorType[] infer(TensorType... in) {
    Shape s = in[0].shape();
    boolean enlargesNothing = s.size() == 0 && (long) size.d() * size.h() * size.w() > 0;
    if (in[0].dtype() != DType.I32 || s.rank() != 4 || enlargesNothing) {
      throw mismatch("labels I32 [N,D,H,W]", in);
    }
    return new TensorType[] {TensorType.i32(Shape.of(s.dim(0), size.d(), size.h(), size.w()))};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    Shape s = in[0].shape();
    int[] x = in[0].hostInts();
    int[] y = out[0].hostInts();
    int xo = in[0].hostOffset();
    int yo = out[0].hostOffset();
    int[] dAt = sources(s.dim(1), size.d());
    int[] hAt = sources(s.dim(2), size.h());
    int[] wAt = sources(s.dim(3), size.w());
    cpu.parallel()
        .run(
            s.dim(0) * size.d(),
            slice -> {
              int plane = (slice / size.d() * s.dim(1) + dAt[slice % size.d()]) * s.dim(2);
              int to = yo + slice * size.h() * size.w();
              for (int h = 0; h < size.h(); h++) {
                int row = xo + (plane + hAt[h]) * s.dim(3);
                for (int w = 0; w < size.w(); w++) {
                  y[to++] = x[row + wAt[w]];
                }
              }
            });
  }

  private static int[] sources(int from, int to) {
    int[] at = new int[to];
    for (int o = 0; o < to; o++) {
      at[o] = (int) ((2L * o + 1) * from / (2L * to));
    }
    return at;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaIndex.nearestLabels(cuda, in[0], size, out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.NOTHING;
  }

  @Override
  public Tensor[] gradient(Backward b) {
    return new Tensor[1];
  }
}
