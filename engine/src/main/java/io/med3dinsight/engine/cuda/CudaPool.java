package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.cuda.ColumnGrid.Chunks;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;

/** Max, average and global average pooling of [N,D,H,W,C] and their gradients. */
public final class CudaPool {
  private static final int THREADS = 256;

  private final CudaBackend cuda;
  private final Shape x;
  private final Shape y;
  private final int[] window = new int[16];

  /**
   * @param x shape before pooling
   * @param y shape after pooling
   */
  public CudaPool(CudaBackend cuda, Shape x, Shape y, int[] kernel, int[] stride, int[] padding) {
    this.cuda = cuda;
    this.x = x;
    this.y = y;
    for (int a = 0; a < 3; a++) {
      window[a] = x.dim(a + 1);
      window[3 + a] = y.dim(a + 1);
      window[6 + a] = kernel[a];
      window[9 + a] = stride[a];
      window[12 + a] = padding[a];
    }
    window[15] = x.dim(4);
  }

  /** The largest value of each window and where it is. */
  public void max(Tensor in, Tensor out, Tensor where) {
    int wide = wide(in, out, where);
    launch("pool_max", out, y, wide, in, out, where).i32(wide > 1 ? 1 : 0).run();
  }

  /** Gradient of {@link #max}. */
  public void maxGradient(Tensor dy, Tensor where, Tensor dx) {
    int wide = wide(dy, where, dx);
    launch("pool_maxgradient", dx, x, wide, dy, where, dx).i32(wide > 1 ? 1 : 0).run();
  }

  /** The mean of each window. */
  public void average(Tensor in, Tensor out, boolean includePad) {
    int wide = wide(in, out);
    launch("pool_average", out, y, wide, in, out)
        .i32(includePad ? 1 : 0)
        .i32(wide > 1 ? 1 : 0)
        .run();
  }

  /** Gradient of {@link #average}. */
  public void averageGradient(Tensor dy, Tensor dx, boolean includePad) {
    int wide = wide(dy, dx);
    launch("pool_averagegradient", dx, x, wide, dy, dx)
        .i32(includePad ? 1 : 0)
        .i32(wide > 1 ? 1 : 0)
        .run();
  }

  /** A thread for {@code wide} channels of each voxel of shape {@code s}. */
  private Launch launch(String name, Tensor written, Shape s, int wide, Tensor... buffers) {
    int total = s.size() / wide;
    Launch launch =
        cuda.kernel(name, written.dtype())
            .grid(((long) total + THREADS - 1) / THREADS)
            .block(THREADS);
    for (Tensor t : buffers) {
      launch.buffer(t);
    }
    return launch.i32(total).i32s(window);
  }

  private int wide(Tensor... t) {
    return lanes(cuda, x.dim(4), t);
  }

  /** Channels that a thread takes: 16 bytes of them where channels and addresses allow it, or 1. */
  static int lanes(CudaBackend cuda, int channels, Tensor... t) {
    int lanes = 16 / t[0].dtype().bytes();
    return channels % lanes == 0 && cuda.aligned16(t) ? lanes : 1;
  }

  /** Mean over the voxels of each instance: [N,voxels,C] to [N,C]. */
  public static void global(CudaBackend cuda, int voxels, Tensor in, Tensor out) {
    int instances = in.dim(0);
    int channels = in.dim(-1);
    ColumnGrid g = ColumnGrid.of(cuda, instances, voxels, channels, in.dtype(), in);
    Chunks chunks = g.chunks(1024, 512);
    try (DeviceScratch partial =
        cuda.scratch(Math.max(1, (long) instances * chunks.count() * channels) * 4)) {
      Launch sums = g.over(cuda.kernel("pool_globalsums", in.dtype()), chunks);
      g.describe(sums.shared(g.shared(1)).buffer(in).buffer(partial), chunks).run();
      cuda.kernel("pool_globalmean", in.dtype())
          .grid(((long) out.size() + 3) / 4)
          .block(128)
          .buffer(partial)
          .buffer(out)
          .i32(out.size())
          .i32(chunks.count())
          .i32(channels)
          .f32(1f / voxels)
          .run();
    }
  }
}
