package io.med3dinsight.nn.layer;

import io.med3dinsight.engine.op.Gelu;
import io.med3dinsight.engine.op.Silu;
import io.med3dinsight.engine.tensor.Tensor;

/** An elementwise function between layers. */
@FunctionalInterface
public interface Activation {
  Tensor apply(Tensor x);

  static Activation identity() {
    return x -> x;
  }

  static Activation relu() {
    return Tensor::relu;
  }

  static Activation leakyRelu(float slope) {
    return x -> x.leakyRelu(slope);
  }

  /** {@code x Phi(x)} with the exact normal distribution function (Hendrycks and Gimpel 2016). */
  static Activation gelu() {
    return Gelu::of;
  }

  /** {@code x sigmoid(x)} (Elfwing et al. 2017). */
  static Activation silu() {
    return Silu::of;
  }

  static Activation sigmoid() {
    return Tensor::sigmoid;
  }

  static Activation tanh() {
    return Tensor::tanh;
  }
}
