package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.cuda.ColumnGrid.Chunks;
import io.med3dinsight.engine.tensor.Tensor;

/**
 * Instance, group and batch normalisation of channels-last data, fused with leaky ReLU: {@code y =
 * leaky((x - mean) * rstd * gamma + beta)}.
 *
 * <p>Sums run in two phases, with enough blocks for a single large volume to fill the device; what
 * each block found is merged in a fixed order by a second kernel.
 */
public final class CudaChannelNorm {
  private static final int BLOCKS = 1024;
  private static final int MOST_ROWS = 512;

  /** Rows of a block in the passes that write, few enough for an even load. */
  private static final int ROWS_WRITTEN = 16;

  private final CudaBackend cuda;
  private final int instances;
  private final int voxels;
  private final int channels;
  private final int groups;

  /**
   * @param instances stretches of data with statistics of their own: N, or 1 for batch norm
   * @param voxels voxels in each
   * @param channels channels C, the last axis
   * @param groups groups of neighbouring channels with statistics in common
   */
  public CudaChannelNorm(CudaBackend cuda, int instances, int voxels, int channels, int groups) {
    this.cuda = cuda;
    this.instances = instances;
    this.voxels = voxels;
    this.channels = channels;
    this.groups = groups;
  }

  private ColumnGrid grid(Tensor... data) {
    return ColumnGrid.of(cuda, instances, voxels, channels, data[0].dtype(), data);
  }

  private DeviceScratch partial(Chunks chunks) {
    return cuda.scratch(Math.max(1, (long) instances * chunks.count()) * channels * 8);
  }

  /**
   * Mean and {@code 1 / sqrt(var + eps)} for each instance and group.
   *
   * @param variance gets the unbiased variance, or null
   */
  public void statistics(Tensor x, Tensor mean, Tensor rstd, Tensor variance, float eps) {
    ColumnGrid g = grid(x);
    Chunks chunks = g.chunks(BLOCKS, MOST_ROWS);
    try (DeviceScratch partial = partial(chunks)) {
      Launch moments = g.over(cuda.kernel("norm_moments", x.dtype()), chunks);
      g.describe(moments.shared(g.shared(3)).buffer(x).buffer(partial), chunks).run();
      cuda.kernel("norm_statistics", x.dtype())
          .grid((long) instances * groups)
          .block(128)
          .buffer(x)
          .buffer(partial)
          .buffer(mean)
          .buffer(rstd)
          .buffer(variance)
          .i32(chunks.count())
          .i32(chunks.rows() * (g.width() / channels))
          .i32(voxels)
          .i32(channels)
          .i32(channels / groups)
          .f32(eps)
          .i32(variance == null ? 0 : 1)
          .run();
    }
  }

  /** {@code rstd = 1 / sqrt(variance + eps)}. */
  public void rstd(Tensor variance, Tensor rstd, float eps) {
    int n = variance.size();
    cuda.kernel("norm_rstd_f32")
        .grid((n + 127) / 128)
        .block(128)
        .buffer(variance)
        .buffer(rstd)
        .i32(n)
        .f32(eps)
        .run();
  }

  /** {@code y = leaky((x - mean) * rstd * gamma + beta)}. */
  public void forward(
      Tensor x, Tensor gamma, Tensor beta, Tensor mean, Tensor rstd, float leak, Tensor y) {
    ColumnGrid g = grid(x, y);
    Chunks chunks = g.chunks(2 * BLOCKS, ROWS_WRITTEN);
    Launch launch = g.over(cuda.kernel("norm_apply", x.dtype()), chunks);
    launch.buffer(x).buffer(gamma).buffer(beta).buffer(mean).buffer(rstd).buffer(y);
    g.describe(launch, chunks).i32(groups).f32(leak).run();
  }

  /**
   * Gradients of {@link #forward}.
   *
   * @param in x, dy, gamma, beta, mean, rstd
   * @param out dx, dgamma, dbeta
   * @param fixed whether statistics are constants (inference)
   */
  public void backward(Tensor[] in, float leak, boolean fixed, Tensor[] out) {
    ColumnGrid g = grid(in[0], in[1]);
    Chunks chunks = g.chunks(BLOCKS, MOST_ROWS);
    try (DeviceScratch partial = partial(chunks);
        DeviceScratch total = cuda.scratch(Math.max(1, (long) instances * channels) * 8);
        DeviceScratch coefficient = cuda.scratch(Math.max(1, (long) instances * groups) * 8)) {
      Launch sums = g.over(cuda.kernel("norm_sums", in[0].dtype()), chunks).shared(g.shared(2));
      buffers(sums, in).buffer(partial);
      g.describe(sums, chunks).i32(groups).f32(leak).run();
      coefficients(in, partial, total, coefficient, chunks.count(), fixed);
      cuda.kernel("norm_parameters_f32")
          .grid((channels + 127) / 128)
          .block(128)
          .buffer(total)
          .buffer(in[5])
          .buffer(out[1])
          .buffer(out[2])
          .i32(instances)
          .i32(channels)
          .i32(groups)
          .run();
      ColumnGrid w = grid(in[0], in[1], out[0]);
      Chunks few = w.chunks(2 * BLOCKS, ROWS_WRITTEN);
      Launch gradient = w.over(cuda.kernel("norm_gradient", in[0].dtype()), few);
      buffers(gradient, in).buffer(coefficient).buffer(out[0]);
      w.describe(gradient, few).i32(groups).f32(leak).run();
    }
  }

  private static Launch buffers(Launch launch, Tensor[] in) {
    for (Tensor t : in) {
      launch.buffer(t);
    }
    return launch;
  }

  private void coefficients(
      Tensor[] in,
      DeviceScratch partial,
      DeviceScratch total,
      DeviceScratch coefficient,
      int chunks,
      boolean fixed) {
    int per = channels / groups;
    cuda.kernel("norm_coefficients_f32")
        .grid((long) instances * groups)
        .block(32 * Math.min(4, per))
        .buffer(partial)
        .buffer(in[2])
        .buffer(in[5])
        .buffer(total)
        .buffer(coefficient)
        .i32(chunks)
        .i32(voxels)
        .i32(channels)
        .i32(per)
        .i32(fixed ? 1 : 0)
        .run();
  }
}
