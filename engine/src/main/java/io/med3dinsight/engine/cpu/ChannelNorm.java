package io.med3dinsight.engine.cpu;

import io.med3dinsight.engine.cpu.NormKernels.Affine;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.Arrays;

/**
 * Instance, group and batch normalisation of channels-last data, fused with leaky ReLU: {@code y =
 * leaky((x - mean) * rstd * gamma + beta)}, {@code rstd = 1 / sqrt(var + eps)}.
 *
 * <p>Data are cut into chunks of fixed size, also within one instance, so that a single large
 * volume uses all threads and bits do not depend on their number. Each chunk's mean and sum of
 * squares about that mean are found in two passes, the second of which reads from the cache, and
 * chunks are put together in double precision (Chan, Golub and LeVeque 1979): values with a mean
 * far from zero lose nothing.
 */
public final class ChannelNorm {
  private static final int CHUNK = 1 << 15;
  private static final int ROW = 256;
  private static final int MAX_ROW = 1024;
  private static final int LANES = 16;

  private final CpuBackend cpu;
  private final int instances;
  private final int voxels;
  private final int channels;

  /** Elements of a row: a whole number of voxels, of vectors too where that is not long. */
  private final int width;

  private final int rowsPerChunk;
  private final int chunks;

  /**
   * @param instances stretches of data with statistics of their own: N, or 1 for batch norm
   * @param voxels voxels in each
   * @param channels channels C, the last axis
   */
  public ChannelNorm(CpuBackend cpu, int instances, int voxels, int channels) {
    this.cpu = cpu;
    this.instances = instances;
    this.voxels = voxels;
    this.channels = channels;
    this.width = channels * Math.max(1, Math.min(voxels, voxelsPerRow(channels)));
    this.rowsPerChunk = Math.max(1, CHUNK / Math.max(1, width));
    long length = (long) voxels * channels;
    long chunk = Math.max(1, (long) rowsPerChunk * width);
    this.chunks = (int) ((length + chunk - 1) / chunk);
  }

  private static int voxelsPerRow(int channels) {
    int period = 1;
    while (period < LANES && period * channels % LANES != 0) {
      period *= 2;
    }
    if (period * channels > MAX_ROW) {
      return 1;
    }
    return period * Math.max(1, ROW / (period * channels));
  }

  /** What a kernel does with {@code rows} rows from element {@code start} on. */
  @FunctionalInterface
  private interface Stretch {
    void run(int instance, int chunk, int start, int rows, int width);
  }

  /**
   * Calls {@code body} for the whole rows of each chunk, and once more for a last row that is
   * shorter.
   *
   * @param fromEnd whether to begin with the last chunk, which the pass before left in the cache
   */
  private void chunked(boolean fromEnd, Stretch body) {
    int length = voxels * channels;
    int step = rowsPerChunk * width;
    int tasks = instances * chunks;
    cpu.parallel()
        .run(
            tasks,
            index -> {
              int t = fromEnd ? tasks - 1 - index : index;
              int instance = t / chunks;
              int chunk = t % chunks;
              int from = chunk * step;
              int n = Math.min(step, length - from);
              int start = instance * length + from;
              body.run(instance, chunk, start, n / width, width);
              if (n % width != 0) {
                body.run(instance, chunk, start + n - n % width, 1, n % width);
              }
            });
  }

  private int voxelsIn(int chunk) {
    int step = rowsPerChunk * width / channels;
    return Math.min(step, voxels - chunk * step);
  }

  /** Sums the columns of one channel: {@code to[at + c] += sum over k of columns[k*C + c]}. */
  private void fold(float[] columns, double[] to, int at) {
    for (int j = 0; j < width; j += channels) {
      for (int c = 0; c < channels; c++) {
        to[at + c] += columns[j + c];
      }
    }
  }

  /** Mean and sum of squared differences from it, for each instance and group of channels. */
  public Moments moments(Tensor x, int groups) {
    Moments m = moments(x);
    int per = channels / groups;
    if (per == 1) {
      return m;
    }
    double[] mean = new double[instances * groups];
    double[] squares = new double[instances * groups];
    for (int g = 0; g < mean.length; g++) {
      for (int c = 0; c < per; c++) {
        mean[g] += m.mean[g * per + c] / per;
      }
      for (int c = 0; c < per; c++) {
        double d = m.mean[g * per + c] - mean[g];
        squares[g] += m.squares[g * per + c] + d * d * voxels;
      }
    }
    return new Moments(mean, squares, (long) voxels * per);
  }

  private Moments moments(Tensor x) {
    double[] mean = new double[instances * chunks * channels];
    double[] squares = new double[instances * chunks * channels];
    NormKernels k = cpu.kernels().norm();
    float[] fx = x.hostFloats();
    int xo = x.hostOffset();
    int length = voxels * channels;
    int step = rowsPerChunk * width;
    cpu.parallel()
        .run(
            instances * chunks,
            t -> {
              int from = t % chunks * step;
              int n = Math.min(step, length - from);
              int o = xo + t / chunks * length + from;
              chunkMoments(k, fx, o, n, mean, squares, t * channels);
            });
    return combine(mean, squares);
  }

  private void chunkMoments(
      NormKernels k, float[] x, int o, int n, double[] mean, double[] squares, int at) {
    int rows = n / width;
    int rest = n % width;
    float[] sum = new float[width];
    k.sums(x, o, rows, width, sum);
    k.sums(x, o + n - rest, 1, rest, sum);
    double[] total = new double[channels];
    fold(sum, total, 0);
    float[] shift = new float[width];
    int count = n / channels;
    for (int j = 0; j < width; j++) {
      shift[j] = (float) (total[j % channels] / count);
      sum[j] = 0;
    }
    float[] square = new float[width];
    k.moments(x, o, rows, width, shift, sum, square);
    k.moments(x, o + n - rest, 1, rest, shift, sum, square);
    fold(sum, mean, at);
    fold(square, squares, at);
    for (int c = 0; c < channels; c++) {
      double d = mean[at + c] / count;
      mean[at + c] = shift[c] + d;
      squares[at + c] = Math.max(0, squares[at + c] - d * d * count);
    }
  }

  private Moments combine(double[] mean, double[] squares) {
    double[] m = new double[instances * channels];
    double[] q = new double[instances * channels];
    for (int i = 0; i < instances; i++) {
      long seen = 0;
      for (int chunk = 0; chunk < chunks; chunk++) {
        int n = voxelsIn(chunk);
        for (int c = 0; c < channels; c++) {
          int from = (i * chunks + chunk) * channels + c;
          int to = i * channels + c;
          double d = mean[from] - m[to];
          m[to] += d * n / (seen + n);
          q[to] += squares[from] + d * d * seen * n / (seen + n);
        }
        seen += n;
      }
    }
    return new Moments(m, q, voxels);
  }

  /**
   * Mean and sum of squared differences from the mean of what shares statistics.
   *
   * @param count elements behind each value
   */
  public record Moments(double[] mean, double[] squares, long count) {
    /** Writes {@code mean} and {@code 1 / sqrt(var + eps)} with the biased variance. */
    public void write(Tensor meanOut, Tensor rstdOut, float eps) {
      for (int i = 0; i < mean.length; i++) {
        double variance = count == 0 ? 0 : squares[i] / count;
        meanOut.hostFloats()[meanOut.hostOffset() + i] = (float) mean[i];
        rstdOut.hostFloats()[rstdOut.hostOffset() + i] = (float) (1 / Math.sqrt(variance + eps));
      }
    }
  }

  /**
   * {@code y = leaky((x - mean) * rstd * gamma + beta)}.
   *
   * @param mean one value for each instance and group, as is {@code rstd}
   * @param groups groups of neighbouring channels with statistics in common
   */
  public void forward(
      Tensor x,
      Tensor gamma,
      Tensor beta,
      Tensor mean,
      Tensor rstd,
      int groups,
      float leak,
      Tensor y) {
    Affine all = affine(gamma, beta, mean, rstd, groups, leak);
    NormKernels k = cpu.kernels().norm();
    float[] fx = x.hostFloats();
    float[] fy = y.hostFloats();
    int xo = x.hostOffset();
    int yo = y.hostOffset();
    chunked(
        true,
        (i, chunk, o, rows, w) -> k.apply(fx, xo + o, fy, yo + o, rows, w, at(all, i * width)));
  }

  private static Affine at(Affine a, int at) {
    return new Affine(at, a.leak(), a.mean(), a.scale(), a.bias(), a.linear(), a.constant());
  }

  private Affine affine(
      Tensor gamma, Tensor beta, Tensor mean, Tensor rstd, int groups, float leak) {
    float[] m = new float[instances * width];
    float[] s = new float[instances * width];
    float[] b = new float[instances * width];
    int perGroup = channels / groups;
    for (int i = 0; i < instances; i++) {
      for (int j = 0; j < width; j++) {
        int c = j % channels;
        int g = i * groups + c / perGroup;
        m[i * width + j] = value(mean, g);
        s[i * width + j] = value(rstd, g) * value(gamma, c);
        b[i * width + j] = value(beta, c);
      }
    }
    return new Affine(0, leak, m, s, b, null, null);
  }

  private static float value(Tensor t, int i) {
    return t.hostFloats()[t.hostOffset() + i];
  }

  /**
   * Gradients of {@link #forward}: with {@code dz = dy * leaky'(z)} and {@code xh = (x - mean) *
   * rstd}, {@code dbeta = sum dz}, {@code dgamma = sum dz * xh} and {@code dx = rstd * (gamma * dz
   * - mean(gamma * dz) - xh * mean(gamma * dz * xh))}, means over what shares statistics.
   *
   * @param in x, dy, gamma, beta, mean, rstd
   * @param out dx, dgamma, dbeta
   * @param fixed whether statistics are constants (inference): the two means are then left out
   */
  public void backward(Tensor[] in, int groups, float leak, boolean fixed, Tensor[] out) {
    Affine all = affine(in[2], in[3], in[4], in[5], groups, leak);
    double[] sum = new double[instances * channels];
    double[] moment = new double[instances * channels];
    gradientSums(in[0], in[1], all, sum, moment);
    parameterGradients(sum, moment, in[5], groups, out[1], out[2]);
    Affine full = inputCoefficients(all, sum, moment, in[2], in[5], groups, fixed);
    NormKernels k = cpu.kernels().norm();
    float[] fx = in[0].hostFloats();
    float[] fg = in[1].hostFloats();
    float[] fd = out[0].hostFloats();
    int xo = in[0].hostOffset();
    int go = in[1].hostOffset();
    int dxo = out[0].hostOffset();
    chunked(
        true,
        (i, chunk, o, rows, w) ->
            k.gradient(fx, xo + o, fg, go + o, fd, dxo + o, rows, w, at(full, i * width)));
  }

  private void gradientSums(Tensor x, Tensor dy, Affine all, double[] sum, double[] moment) {
    double[] s = new double[instances * chunks * channels];
    double[] m = new double[instances * chunks * channels];
    NormKernels k = cpu.kernels().norm();
    float[] fx = x.hostFloats();
    float[] fg = dy.hostFloats();
    int xo = x.hostOffset();
    int go = dy.hostOffset();
    chunked(
        false,
        (i, chunk, o, rows, w) -> {
          float[] ps = new float[width];
          float[] pm = new float[width];
          k.gradientSums(fx, xo + o, fg, go + o, rows, w, at(all, i * width), ps, pm);
          fold(ps, s, (i * chunks + chunk) * channels);
          fold(pm, m, (i * chunks + chunk) * channels);
        });
    for (int t = 0; t < s.length; t++) {
      int to = t / channels / chunks * channels + t % channels;
      sum[to] += s[t];
      moment[to] += m[t];
    }
  }

  private void parameterGradients(
      double[] sum, double[] moment, Tensor rstd, int groups, Tensor dgamma, Tensor dbeta) {
    int perGroup = channels / groups;
    for (int c = 0; c < channels; c++) {
      double g = 0;
      double b = 0;
      for (int i = 0; i < instances; i++) {
        g += moment[i * channels + c] * value(rstd, i * groups + c / perGroup);
        b += sum[i * channels + c];
      }
      dgamma.hostFloats()[dgamma.hostOffset() + c] = (float) g;
      dbeta.hostFloats()[dbeta.hostOffset() + c] = (float) b;
    }
  }

  private Affine inputCoefficients(
      Affine all,
      double[] sum,
      double[] moment,
      Tensor gamma,
      Tensor rstd,
      int groups,
      boolean fixed) {
    float[] linear = new float[instances * width];
    float[] constant = new float[instances * width];
    int perGroup = channels / groups;
    double count = (double) voxels * perGroup;
    double[] m1 = new double[groups];
    double[] m2 = new double[groups];
    for (int i = 0; i < instances && !fixed; i++) {
      Arrays.fill(m1, 0);
      Arrays.fill(m2, 0);
      for (int c = 0; c < channels; c++) {
        m1[c / perGroup] += value(gamma, c) * sum[i * channels + c] / count;
        m2[c / perGroup] += value(gamma, c) * moment[i * channels + c] / count;
      }
      for (int j = 0; j < width; j++) {
        int g = j % channels / perGroup;
        double r = value(rstd, i * groups + g);
        linear[i * width + j] = (float) (-r * r * r * m2[g]);
        constant[i * width + j] = (float) (-r * m1[g]);
      }
    }
    return new Affine(0, all.leak(), all.mean(), all.scale(), all.bias(), linear, constant);
  }
}
