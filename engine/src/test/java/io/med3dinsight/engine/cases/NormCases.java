package io.med3dinsight.engine.cases;

import io.med3dinsight.engine.function.Normalization;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.testing.Nd;
import io.med3dinsight.engine.testing.OpCase;
import io.med3dinsight.engine.testing.OpCaseSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Instance, group and batch normalisation with and without leaky ReLU. */
final class NormCases implements OpCaseSource {
  private static final float EPS = 1e-5f;

  @Override
  public List<OpCase> cases() {
    List<OpCase> c = new ArrayList<>();
    int[][] shapes = {
      {2, 3, 4, 5, 1},
      {1, 3, 3, 3, 3},
      {2, 2, 3, 5, 16},
      {2, 3, 1, 3, 17},
      {1, 3, 5, 2, 33},
      {2, 1, 2, 2, 320},
      {3, 7, 5},
      {0, 2, 2, 2, 4},
      {1, 2, 257}
    };
    for (int[] s : shapes) {
      c.add(instance(s, 0.01f));
    }
    c.add(instance(new int[] {2, 3, 2, 3, 5}, 1f));
    c.add(instance(new int[] {2, 3, 2, 3, 5}, 0f));
    c.add(large());
    c.add(farFromZero());
    int[][] groups = {{1, 6}, {2, 6}, {3, 33}, {4, 16}, {1, 17}};
    for (int[] g : groups) {
      c.add(group(g[0], new int[] {2, 2, 3, 2, g[1]}));
    }
    for (int channels : new int[] {1, 3, 16, 33}) {
      c.add(batch(new int[] {3, 2, 3, 2, channels}));
      c.add(batchInference(new int[] {3, 2, 3, 2, channels}));
    }
    c.add(batch(new int[] {5, 4}));
    return c;
  }

  private static OpCase params(OpCase c, int... shape) {
    int channels = shape[shape.length - 1];
    return c.input(shape).inputIn(0.5, 1.5, channels).input(channels);
  }

  private static OpCase instance(int[] shape, float slope) {
    int channels = shape[shape.length - 1];
    return params(OpCase.of("instance norm " + Shape.of(shape) + " slope " + slope), shape)
        .engine(in -> Normalization.instanceNormLeakyRelu(in[0], in[1], in[2], EPS, slope))
        .reference(in -> normalize(in, shape[0], channels, slope))
        .step(1e-6);
  }

  /** Several chunks for each instance, the last one with an incomplete row. */
  private static OpCase large() {
    int[] shape = {1, 30, 29, 31, 3};
    return params(OpCase.of("instance norm " + Shape.of(shape)), shape)
        .engine(in -> Normalization.instanceNormLeakyRelu(in[0], in[1], in[2], EPS, 0.2f))
        .reference(in -> normalize(in, 1, 3, 0.2f))
        .step(1e-6)
        .tolerance(1e-5, 3e-4, "gradients of gamma and beta are sums of 27,000 terms");
  }

  private static OpCase farFromZero() {
    SplittableRandom r = new SplittableRandom(3);
    Nd x = Nd.uniform(r, 999, 1001, 1, 9, 8, 40, 5);
    return OpCase.of("instance norm of values about 1000")
        .input(x)
        .inputIn(0.5, 1.5, 5)
        .input(5)
        .engine(in -> Normalization.instanceNorm(in[0], in[1], in[2], EPS))
        .reference(in -> normalize(in, 1, 5, 1f))
        .tolerance(2e-4, 2e-3, "the mean is kept as a float: 1000 * 2^-24 / std 0.58 = 1e-4");
  }

  private static OpCase group(int groups, int[] shape) {
    return params(OpCase.of("group norm " + groups + " of " + Shape.of(shape)), shape)
        .engine(in -> Normalization.groupNorm(in[0], groups, in[1], in[2], EPS, 0.1f))
        .reference(in -> normalize(in, shape[0], groups, 0.1f))
        .step(1e-6);
  }

  private static OpCase batch(int[] shape) {
    int channels = shape[shape.length - 1];
    return params(OpCase.of("batch norm " + Shape.of(shape)), shape)
        .engine(in -> Normalization.batchNorm(in[0], in[1], in[2], null, null, 0.1f, EPS, 0.1f))
        .reference(in -> normalize(in, 1, channels, 0.1f))
        .step(1e-6);
  }

  private static OpCase batchInference(int[] shape) {
    int channels = shape[shape.length - 1];
    SplittableRandom r = new SplittableRandom(11);
    Nd mean = Nd.uniform(r, -1, 1, channels);
    Nd var = Nd.uniform(r, 0.5, 2, channels);
    return params(OpCase.of("batch norm in inference " + Shape.of(shape)), shape)
        .engine(
            in ->
                Normalization.batchNormInference(
                    in[0],
                    in[1],
                    in[2],
                    Tensor.of(in[0].device(), mean.floats(), channels),
                    Tensor.of(in[0].device(), var.floats(), channels),
                    EPS,
                    0.1f))
        .reference(
            in -> {
              Nd y = in[0].copy();
              for (int i = 0; i < y.data.length; i++) {
                int k = i % channels;
                double z = (in[0].data[i] - mean.data[k]) / Math.sqrt(var.data[k] + EPS);
                y.data[i] = leaky(z * in[1].data[k] + in[2].data[k], 0.1f);
              }
              return y;
            })
        .step(1e-6);
  }

  private static double leaky(double z, float slope) {
    return z > 0 ? z : z * slope;
  }

  /** Normalises each of {@code instances} stretches in each of {@code groups} groups. */
  private static Nd normalize(Nd[] in, int instances, int groups, float slope) {
    Nd y = in[0].copy();
    for (int s = 0; s < instances * groups; s++) {
      one(in, y.data, instances, s / groups, groups, s % groups, slope);
    }
    return y;
  }

  private static void one(
      Nd[] in, double[] y, int instances, int instance, int groups, int group, float slope) {
    double[] x = in[0].data;
    int channels = in[0].dim(-1);
    int per = channels / groups;
    int voxels = x.length / instances / channels;
    int first = instance * voxels * channels + group * per;
    double sum = 0;
    double squares = 0;
    for (int v = 0; v < voxels; v++) {
      for (int c = 0; c < per; c++) {
        sum += x[first + v * channels + c];
      }
    }
    double mean = sum / (voxels * per);
    for (int v = 0; v < voxels; v++) {
      for (int c = 0; c < per; c++) {
        double d = x[first + v * channels + c] - mean;
        squares += d * d;
      }
    }
    double rstd = 1 / Math.sqrt(squares / (voxels * per) + EPS);
    for (int v = 0; v < voxels; v++) {
      for (int c = 0; c < per; c++) {
        int at = first + v * channels + c;
        int k = group * per + c;
        y[at] = leaky((x[at] - mean) * rstd * in[1].data[k] + in[2].data[k], slope);
      }
    }
  }
}
