package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;

/**
 * Resizing of volumes [N,D,H,W,C] and its gradient. Tables of where outputs lie between inputs, a
 * few numbers per axis, are made on the device, so that nothing is copied to it.
 */
public final class CudaResize {
  private static final int THREADS = 256;

  private final CudaBackend cuda;
  private final int mode;
  private final int[] extents;
  private final int in;
  private final int out;

  /**
   * @param mode 0 nearest, 1 trilinear, 2 trilinear with aligned corners
   * @param x shape of the input of the forward pass
   * @param y shape of its result
   */
  public CudaResize(CudaBackend cuda, int mode, Shape x, Shape y) {
    this.cuda = cuda;
    this.mode = mode;
    this.extents = new int[] {x.dim(1), x.dim(2), x.dim(3), y.dim(1), y.dim(2), y.dim(3), x.dim(4)};
    this.in = extents[0] + extents[1] + extents[2];
    this.out = extents[3] + extents[4] + extents[5];
  }

  private int neighbours() {
    return mode == 0 ? 1 : 2;
  }

  private void map(DeviceScratch low, DeviceScratch part) {
    cuda.kernel("resize_map_f32")
        .grid((out + 127) / 128)
        .block(128)
        .buffer(low)
        .buffer(part)
        .i32s(extents)
        .i32(mode)
        .run();
  }

  /** x to y. */
  public void forward(Tensor x, Tensor y) {
    if (y.size() == 0) {
      return;
    }
    try (DeviceScratch low = cuda.scratch(4L * out);
        DeviceScratch part = cuda.scratch(4L * out)) {
      map(low, part);
      int wide = CudaPool.lanes(cuda, extents[6], x, y);
      run(launch("resize_forward", x, y, wide).buffer(low).buffer(part), y.size(), wide);
    }
  }

  private Launch launch(String name, Tensor from, Tensor to, int wide) {
    long total = to.size() / wide;
    return cuda.kernel(name, to.dtype())
        .grid((total + THREADS - 1) / THREADS)
        .block(THREADS)
        .buffer(from)
        .buffer(to);
  }

  private void run(Launch launch, int size, int wide) {
    launch.i32(size / wide).i32s(extents).i32(neighbours()).i32(wide > 1 ? 1 : 0).run();
  }

  /** The transposed map: dy to dx. */
  public void gradient(Tensor dy, Tensor dx) {
    if (dx.size() == 0) {
      return;
    }
    try (DeviceScratch low = cuda.scratch(4L * out);
        DeviceScratch part = cuda.scratch(4L * out);
        DeviceScratch first = cuda.scratch(4L * in);
        DeviceScratch end = cuda.scratch(4L * in)) {
      map(low, part);
      cuda.kernel("resize_spans_i32")
          .grid((in + 127) / 128)
          .block(128)
          .buffer(low)
          .buffer(first)
          .buffer(end)
          .i32s(extents)
          .i32(neighbours())
          .run();
      int wide = CudaPool.lanes(cuda, extents[6], dy, dx);
      Launch launch = launch("resize_gradient", dy, dx, wide).buffer(low).buffer(part);
      run(launch.buffer(first).buffer(end), dx.size(), wide);
    }
  }
}
