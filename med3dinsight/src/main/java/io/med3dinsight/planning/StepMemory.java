package io.med3dinsight.planning;

import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.network.UNetConfig;

/**
 * Memory that a training step of a UNet takes at its peak: what the tape saves of every layer until
 * the backward pass has used it, the gradients that are alive at the finest level where that pass
 * begins, and five copies of the weights (values, gradients, AdamW's two moments, moving average).
 *
 * <p>Saved for a stage of v voxels (of all patches of the batch), c channels and k convolutions, in
 * floats: each convolution's output (the norm's input) and each norm's output (the next layer's
 * input), 2 k c v. A residual stage has in addition its shortcut's convolution and the sum before
 * and after the last activation. A decoder's stage has in addition its input, twice as wide, and
 * the transposed convolution's output until that is joined.
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
   * @param supervised levels with a loss of their own
   */
  public static long bytes(
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
    floats += voxels * network.channels()[0] * GRADIENTS;
    return (long) (Float.BYTES * (floats + WEIGHT_COPIES * weights(network, classes)));
  }

  /** Number of weights, the norms' left out. */
  static double weights(UNetConfig network, int classes) {
    double sum = 0;
    int in = network.inputChannels();
    int k = network.convolutions();
    for (int s = 0; s < network.stages(); s++) {
      double c = network.channels()[s];
      sum += 27 * c * (in + (k - 1) * c) + (network.residual() ? in * c : 0);
      if (s < network.stages() - 1) {
        int[] up = network.strides()[s + 1];
        sum += (double) up[0] * up[1] * up[2] * network.channels()[s + 1] * c;
        sum += 27 * c * (2 * c + (k - 1) * c) + c * classes;
      }
      in = network.channels()[s];
    }
    return sum;
  }
}
