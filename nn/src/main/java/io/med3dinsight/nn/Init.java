package io.med3dinsight.nn;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Rule that fills a fresh parameter. The numbers depend on the generator alone (Box-Muller in
 * {@link StrictMath}), so that they are the same on every Java version.
 */
@FunctionalInterface
public interface Init {
  /**
   * Fills a parameter.
   *
   * @param values the elements, row-major
   * @param fanIn number of inputs that one output unit sums over
   * @param fanOut number of outputs that one input unit reaches
   */
  void fill(float[] values, long fanIn, long fanOut, SplittableRandom random);

  /** All elements {@code value}. */
  static Init constant(float value) {
    return (v, in, out, r) -> Arrays.fill(v, value);
  }

  static Init zeros() {
    return constant(0f);
  }

  static Init ones() {
    return constant(1f);
  }

  /** Independent normal numbers of mean 0. */
  static Init normal(double deviation) {
    return (v, in, out, r) -> {
      for (int i = 0; i < v.length; i++) {
        v[i] = (float) (deviation * gaussian(r));
      }
    };
  }

  /** Normal numbers of mean 0, drawn again when further than two deviations from 0. */
  static Init truncatedNormal(double deviation) {
    return (v, in, out, r) -> {
      for (int i = 0; i < v.length; i++) {
        double g = gaussian(r);
        while (Math.abs(g) > 2) {
          g = gaussian(r);
        }
        v[i] = (float) (deviation * g);
      }
    };
  }

  /** Uniform on [-bound, bound). */
  static Init uniform(double bound) {
    return (v, in, out, r) -> {
      for (int i = 0; i < v.length; i++) {
        v[i] = (float) (bound * (2 * r.nextDouble() - 1));
      }
    };
  }

  /**
   * Normal with variance {@code 2 / ((1 + slope^2) fanIn)} (He et al. 2015, arXiv 1502.01852), for
   * layers followed by a leaky ReLU; nnU-Net uses slope 0.01.
   */
  static Init kaimingNormal(double slope) {
    return (v, in, out, r) -> normal(gain(slope) / Math.sqrt(Math.max(1, in))).fill(v, in, out, r);
  }

  /**
   * Uniform with the variance of {@link #kaimingNormal}. PyTorch's default for linear and
   * convolution weights is slope sqrt(5).
   */
  static Init kaimingUniform(double slope) {
    return (v, in, out, r) ->
        uniform(gain(slope) * Math.sqrt(3.0 / Math.max(1, in))).fill(v, in, out, r);
  }

  /** Uniform with variance {@code 2 / (fanIn + fanOut)} (Glorot and Bengio 2010). */
  static Init xavierUniform() {
    return (v, in, out, r) -> uniform(Math.sqrt(6.0 / Math.max(1, in + out))).fill(v, in, out, r);
  }

  /** Normal with variance {@code 2 / (fanIn + fanOut)} (Glorot and Bengio 2010). */
  static Init xavierNormal() {
    return (v, in, out, r) -> normal(Math.sqrt(2.0 / Math.max(1, in + out))).fill(v, in, out, r);
  }

  /** Uniform on +-1/sqrt(fanIn): PyTorch's default for linear and convolution biases. */
  static Init fanInUniform() {
    return (v, in, out, r) -> uniform(1 / Math.sqrt(Math.max(1, in))).fill(v, in, out, r);
  }

  private static double gain(double slope) {
    return Math.sqrt(2 / (1 + slope * slope));
  }

  private static double gaussian(SplittableRandom r) {
    double u = 1 - r.nextDouble();
    return StrictMath.sqrt(-2 * StrictMath.log(u)) * StrictMath.cos(2 * Math.PI * r.nextDouble());
  }
}
