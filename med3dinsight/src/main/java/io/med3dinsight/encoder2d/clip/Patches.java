package io.med3dinsight.encoder2d.clip;

import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Init;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;

/** The convolution whose stride is its kernel, over patches [B,N,3 p p]; y [B,N,C]. */
final class Patches extends Module {
  private final Tensor weight;
  private final Tensor bias;

  Patches(Setup setup, int width, int patch, boolean biased) {
    super(setup);
    weight = parameter("weight", Init.zeros(), width, 3, patch, patch);
    bias = biased ? parameter("bias", Init.zeros(), width) : null;
  }

  @Override
  protected Tensor forward(Tensor x) {
    Tensor y = DualEncoder.convolve(x, weight);
    return bias == null ? y : y.add(bias);
  }
}
