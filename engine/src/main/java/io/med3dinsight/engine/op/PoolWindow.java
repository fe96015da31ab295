package io.med3dinsight.engine.op;

import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.Pool;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaPool;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * Where pooling looks: kernel, stride and padding in voxels along depth, height and width.
 *
 * @param kd kernel depth, {@code kh} height, {@code kw} width
 * @param sd stride in depth, {@code sh} height, {@code sw} width
 * @param pd padding on either side in depth, {@code ph} height, {@code pw} width; at most half the
 *     kernel
 */
public record PoolWindow(int kd, int kh, int kw, int sd, int sh, int sw, int pd, int ph, int pw) {
  public PoolWindow {
    check(kd, sd, pd);
    check(kh, sh, ph);
    check(kw, sw, pw);
  }

  /** The window with these extents, each of length 3. */
  public static PoolWindow of(int[] kernel, int[] stride, int[] padding) {
    if (kernel.length != 3 || stride.length != 3 || padding.length != 3) {
      throw new IllegalArgumentException(
          "pooling takes kernel, stride and padding of three numbers each: depth, height, width");
    }
    return new PoolWindow(
        kernel[0],
        kernel[1],
        kernel[2],
        stride[0],
        stride[1],
        stride[2],
        padding[0],
        padding[1],
        padding[2]);
  }

  private static void check(int kernel, int stride, int padding) {
    if (kernel < 1 || stride < 1 || padding < 0 || 2 * padding > kernel) {
      throw new IllegalArgumentException(
          "pooling needs kernel and stride of at least 1 and padding of at most half the kernel,"
              + " but was given kernel "
              + kernel
              + ", stride "
              + stride
              + ", padding "
              + padding);
    }
  }

  private int[] kernel() {
    return new int[] {kd, kh, kw};
  }

  private int[] stride() {
    return new int[] {sd, sh, sw};
  }

  private int[] padding() {
    return new int[] {pd, ph, pw};
  }

  /**
   * {@code floor((in + 2 padding - kernel) / stride) + 1} along each axis of the input [N,D,H,W,C].
   */
  Shape outputOf(Op op, TensorType... in) {
    if (in[0].shape().rank() != 5) {
      throw op.mismatch("activations [N,D,H,W,C]", in);
    }
    int[] e = in[0].shape().toArray();
    for (int a = 0; a < 3; a++) {
      int room = e[a + 1] + 2 * padding()[a] - kernel()[a];
      if (room < 0) {
        throw op.mismatch("volumes that, padded, hold the kernel", in);
      }
      e[a + 1] = room / stride()[a] + 1;
    }
    return Shape.of(e);
  }

  Pool pool(CpuBackend cpu, Shape x, Shape y) {
    return new Pool(cpu, x, y, kernel(), stride(), padding());
  }

  CudaPool pool(CudaBackend cuda, Shape x, Shape y) {
    return new CudaPool(cuda, x, y, kernel(), stride(), padding());
  }
}
