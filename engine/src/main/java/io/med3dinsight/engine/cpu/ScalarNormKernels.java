package io.med3dinsight.engine.cpu;

/** {@link NormKernels} as plain loops, most of which the JIT compiler vectorises. */
final class ScalarNormKernels implements NormKernels {
  @Override
  public void sums(float[] x, int xo, int rows, int width, float[] sum) {
    for (int r = 0; r < rows; r++) {
      int o = xo + r * width;
      for (int j = 0; j < width; j++) {
        sum[j] += x[o + j];
      }
    }
  }

  @Override
  public void moments(
      float[] x, int xo, int rows, int width, float[] shift, float[] sum, float[] squares) {
    for (int r = 0; r < rows; r++) {
      int o = xo + r * width;
      for (int j = 0; j < width; j++) {
        float d = x[o + j] - shift[j];
        sum[j] += d;
        squares[j] += d * d;
      }
    }
  }

  @Override
  public void apply(float[] x, int xo, float[] y, int yo, int rows, int width, Affine map) {
    float[] mean = map.mean();
    float[] scale = map.scale();
    float[] bias = map.bias();
    int at = map.at();
    float leak = map.leak();
    for (int r = 0; r < rows; r++) {
      int o = xo + r * width;
      int p = yo + r * width;
      for (int j = 0; j < width; j++) {
        float z = (x[o + j] - mean[at + j]) * scale[at + j] + bias[at + j];
        // For slopes up to 1 the larger of both is the leaky ReLU, and unlike a branch it
        // vectorises.
        y[p + j] = Math.max(z, z * leak);
      }
    }
  }

  @Override
  public void gradientSums(
      float[] x,
      int xo,
      float[] dy,
      int go,
      int rows,
      int width,
      Affine map,
      float[] sum,
      float[] moment) {
    for (int r = 0; r < rows; r++) {
      int o = xo + r * width;
      int p = go + r * width;
      for (int j = 0; j < width; j++) {
        float d = x[o + j] - map.mean()[map.at() + j];
        float z = d * map.scale()[map.at() + j] + map.bias()[map.at() + j];
        float dz = z > 0 ? dy[p + j] : dy[p + j] * map.leak();
        sum[j] += dz;
        moment[j] += dz * d;
      }
    }
  }

  @Override
  public void gradient(
      float[] x, int xo, float[] dy, int go, float[] dx, int dxo, int rows, int width, Affine map) {
    for (int r = 0; r < rows; r++) {
      int o = xo + r * width;
      int p = go + r * width;
      int q = dxo + r * width;
      for (int j = 0; j < width; j++) {
        int k = map.at() + j;
        float d = x[o + j] - map.mean()[k];
        float z = d * map.scale()[k] + map.bias()[k];
        float dz = z > 0 ? dy[p + j] : dy[p + j] * map.leak();
        dx[q + j] = dz * map.scale()[k] + d * map.linear()[k] + map.constant()[k];
      }
    }
  }
}
