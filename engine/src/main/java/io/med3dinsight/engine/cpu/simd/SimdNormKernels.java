package io.med3dinsight.engine.cpu.simd;

import io.med3dinsight.engine.cpu.NormKernels;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link NormKernels} on the Vector API. Memory is the limit here, so coefficients are read again
 * from the first-level cache for each row rather than held in registers; the last {@code width mod
 * lanes} columns are done one by one.
 */
final class SimdNormKernels implements NormKernels {
  private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
  private static final int L = S.length();

  @Override
  public void sums(float[] x, int xo, int rows, int width, float[] sum) {
    int whole = S.loopBound(width);
    for (int r = 0; r < rows; r++) {
      int o = xo + r * width;
      for (int j = 0; j < whole; j += L) {
        FloatVector.fromArray(S, sum, j).add(FloatVector.fromArray(S, x, o + j)).intoArray(sum, j);
      }
      for (int j = whole; j < width; j++) {
        sum[j] += x[o + j];
      }
    }
  }

  @Override
  public void moments(
      float[] x, int xo, int rows, int width, float[] shift, float[] sum, float[] squares) {
    int whole = S.loopBound(width);
    for (int r = 0; r < rows; r++) {
      int o = xo + r * width;
      for (int j = 0; j < whole; j += L) {
        FloatVector d = FloatVector.fromArray(S, x, o + j).sub(FloatVector.fromArray(S, shift, j));
        FloatVector.fromArray(S, sum, j).add(d).intoArray(sum, j);
        d.fma(d, FloatVector.fromArray(S, squares, j)).intoArray(squares, j);
      }
      for (int j = whole; j < width; j++) {
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
    int whole = S.loopBound(width);
    for (int r = 0; r < rows; r++) {
      int o = xo + r * width;
      int p = yo + r * width;
      for (int j = 0; j < whole; j += L) {
        FloatVector d =
            FloatVector.fromArray(S, x, o + j).sub(FloatVector.fromArray(S, mean, at + j));
        FloatVector z =
            d.fma(FloatVector.fromArray(S, scale, at + j), FloatVector.fromArray(S, bias, at + j));
        VectorMask<Float> negative = z.compare(VectorOperators.LT, 0f);
        z.blend(z.mul(leak), negative).intoArray(y, p + j);
      }
      for (int j = whole; j < width; j++) {
        float z = Math.fma(x[o + j] - mean[at + j], scale[at + j], bias[at + j]);
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
    float[] mean = map.mean();
    float[] scale = map.scale();
    float[] bias = map.bias();
    int at = map.at();
    float leak = map.leak();
    int whole = S.loopBound(width);
    for (int r = 0; r < rows; r++) {
      int o = xo + r * width;
      int p = go + r * width;
      for (int j = 0; j < whole; j += L) {
        FloatVector d =
            FloatVector.fromArray(S, x, o + j).sub(FloatVector.fromArray(S, mean, at + j));
        FloatVector z =
            d.fma(FloatVector.fromArray(S, scale, at + j), FloatVector.fromArray(S, bias, at + j));
        FloatVector g = FloatVector.fromArray(S, dy, p + j);
        FloatVector dz = g.blend(g.mul(leak), z.compare(VectorOperators.LE, 0f));
        FloatVector.fromArray(S, sum, j).add(dz).intoArray(sum, j);
        dz.fma(d, FloatVector.fromArray(S, moment, j)).intoArray(moment, j);
      }
      for (int j = whole; j < width; j++) {
        float d = x[o + j] - mean[at + j];
        float z = Math.fma(d, scale[at + j], bias[at + j]);
        float dz = z > 0 ? dy[p + j] : dy[p + j] * leak;
        sum[j] += dz;
        moment[j] += dz * d;
      }
    }
  }

  @Override
  public void gradient(
      float[] x, int xo, float[] dy, int go, float[] dx, int dxo, int rows, int width, Affine map) {
    float[] mean = map.mean();
    float[] scale = map.scale();
    float[] bias = map.bias();
    float[] linear = map.linear();
    float[] constant = map.constant();
    int at = map.at();
    float leak = map.leak();
    int whole = S.loopBound(width);
    for (int r = 0; r < rows; r++) {
      int o = xo + r * width;
      int p = go + r * width;
      int q = dxo + r * width;
      for (int j = 0; j < whole; j += L) {
        FloatVector d =
            FloatVector.fromArray(S, x, o + j).sub(FloatVector.fromArray(S, mean, at + j));
        FloatVector s = FloatVector.fromArray(S, scale, at + j);
        FloatVector z = d.fma(s, FloatVector.fromArray(S, bias, at + j));
        FloatVector g = FloatVector.fromArray(S, dy, p + j);
        FloatVector dz = g.blend(g.mul(leak), z.compare(VectorOperators.LE, 0f));
        FloatVector rest =
            d.fma(
                FloatVector.fromArray(S, linear, at + j),
                FloatVector.fromArray(S, constant, at + j));
        dz.fma(s, rest).intoArray(dx, q + j);
      }
      for (int j = whole; j < width; j++) {
        float d = x[o + j] - mean[at + j];
        float z = Math.fma(d, scale[at + j], bias[at + j]);
        float dz = z > 0 ? dy[p + j] : dy[p + j] * leak;
        dx[q + j] = dz * scale[at + j] + (d * linear[at + j] + constant[at + j]);
      }
    }
  }
}
