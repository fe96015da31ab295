package io.med3dinsight.planning;

import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.network.NetworkConfig;
import io.med3dinsight.network.NnFormerConfig;
import io.med3dinsight.network.SwinUnetrConfig;
import io.med3dinsight.network.UNetConfig;
import io.med3dinsight.network.UnetrConfig;

/**
 * Memory that a training step takes at its peak: what the tape saves of every layer until the
 * backward pass has used it, the gradients that are alive at the finest level where that pass
 * begins, and five copies of the weights (values, gradients, AdamW's two moments, moving average).
 *
 * <p>Saved for a UNet's stage of v voxels (of all patches of the batch), c channels and k
 * convolutions, in floats: each convolution's output (the norm's input) and each norm's output (the
 * next layer's input), 2 k c v. A residual stage has in addition its shortcut's convolution and the
 * sum before and after the last activation. A decoder's stage has in addition its input, twice as
 * wide, and the transposed convolution's output until that is joined.
 *
 * @see <a href="https://github.com/MIC-DKFZ/nnUNet">nnU-Net, whose planner estimates likewise</a>
 */
public final class StepMemory {
  private static final int WEIGHT_COPIES = 5;

  /** Widths of the finest level that are alive as gradients beside what is saved. */
  private static final int GRADIENTS = 4;

  private StepMemory() {}

  /**
   * Bytes of a step.
   *
   * @param classes with the background
   * @param supervised levels with a loss of their own, where the architecture has such
   */
  public static long bytes(
      NetworkConfig network, PatchSize patch, int batch, int classes, int supervised) {
    if (network instanceof UNetConfig unet) {
      return bytes(floats(unet, patch, batch, classes, supervised), weights(unet, classes));
    }
    int[] p = {patch.depth(), patch.height(), patch.width()};
    TransformerMemory m =
        network instanceof NnFormerConfig n
            ? TransformerMemory.of(n, p, batch, classes, supervised)
            : network instanceof SwinUnetrConfig s
                ? TransformerMemory.of(s, p, batch, classes)
                : TransformerMemory.of((UnetrConfig) network, p, batch, classes);
    double volumes = (double) batch * patch.voxels() * (network.inputChannels() + 1);
    return bytes(m.floats() + volumes, m.weights());
  }

  private static long bytes(double floats, double weights) {
    return (long) (Float.BYTES * (floats + WEIGHT_COPIES * weights));
  }

  private static double floats(
      UNetConfig network, PatchSize patch, int batch, int classes, int supervised) {
    double floats = 0;
    double voxels = (double) batch * patch.voxels();
    floats += voxels * (network.inputChannels() + 1);
    int k = network.convolutions();
    double v = voxels;
    int in = network.inputChannels();
    for (int s = 0; s < network.stages(); s++) {
      int c = network.channels()[s];
      int[] stride = network.strides()[s];
      v /= (double) stride[0] * stride[1] * stride[2];
      boolean shortcut = in != c || stride[0] * stride[1] * stride[2] > 1;
      floats += v * c * (2.0 * k + (network.residual() ? shortcut ? 2 : 1 : 0));
      if (s < network.stages() - 1) {
        floats += v * c * (2.0 * k + 2);
        // Scores, their gradient and the labels of the level.
        floats += s < supervised ? v * (2.0 * classes + 1) : 0;
      }
      in = c;
    }
    return floats + voxels * network.channels()[0] * GRADIENTS;
  }

  /** Number of weights, the norms' left out. */
  static double weights(UNetConfig network, int classes) {
    double sum = 0;
    int in = network.inputChannels();
    int k = network.convolutions();
    for (int s = 0; s < network.stages(); s++) {
      double c = network.channels()[s];
      int[] kernel = network.kernels()[s];
      double taps = (double) kernel[0] * kernel[1] * kernel[2];
      sum += taps * c * (in + (k - 1) * c) + (network.residual() ? in * c : 0);
      if (s < network.stages() - 1) {
        int[] up = network.strides()[s + 1];
        sum += (double) up[0] * up[1] * up[2] * network.channels()[s + 1] * c;
        sum += taps * c * (2 * c + (k - 1) * c) + c * classes;
      }
      in = network.channels()[s];
    }
    return sum;
  }
}
