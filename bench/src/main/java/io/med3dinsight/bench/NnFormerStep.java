package io.med3dinsight.bench;

import io.med3dinsight.engine.autograd.Gradients;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.network.EncoderDecoder;
import io.med3dinsight.network.NnFormerConfig;
import io.med3dinsight.nn.Setup;
import java.util.SplittableRandom;

/**
 * Forward and backward pass of nnFormer as published for brain tumours (embedding 96, depths 2,
 * windows 4, 4, 8, 4), one volume of 128^3, 3 classes, loss the mean square of the scores.
 */
public final class NnFormerStep implements AutoCloseable {
  public static final int EXTENT = 128;
  public static final int CLASSES = 3;

  private final Scope scope = Scope.detached();
  private final EncoderDecoder network;
  private final Tensor volume;

  public NnFormerStep(Device device) {
    NnFormerConfig c = NnFormerConfig.tumor(1, EXTENT, EXTENT, EXTENT);
    NnFormerConfig still =
        new NnFormerConfig(
            c.variant(),
            c.inputChannels(),
            c.crop(),
            c.embedding(),
            c.depths(),
            c.heads(),
            c.patch(),
            c.windows(),
            0,
            false);
    network = still.build(Setup.of(device, 1), CLASSES, 1);
    try (Scope s = Scope.open()) {
      volume = scope.adopt(Tensor.of(device, volumeValues(), 1, EXTENT, EXTENT, EXTENT, 1));
    }
  }

  /** Noise. */
  public static float[] volumeValues() {
    SplittableRandom random = new SplittableRandom(7);
    float[] x = new float[EXTENT * EXTENT * EXTENT];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    return x;
  }

  public EncoderDecoder network() {
    return network;
  }

  /**
   * One pass forward and backward.
   *
   * @return the loss
   */
  public double step() {
    try (Scope s = Scope.open();
        Tape tape = Tape.open()) {
      Tensor loss = network.call(volume).square().mean();
      tape.gradients(loss);
      return loss.item();
    }
  }

  /** The loss and the global norm of the gradient. */
  public double[] measuredStep() {
    try (Scope s = Scope.open();
        Tape tape = Tape.open()) {
      Tensor loss = network.call(volume).square().mean();
      Gradients g = tape.gradients(loss);
      double sum = 0;
      for (Tensor p : network.namedParameters().values()) {
        Tensor d = g.of(p);
        sum += d == null ? 0 : d.square().sum().item();
      }
      return new double[] {loss.item(), Math.sqrt(sum)};
    }
  }

  @Override
  public void close() {
    network.close();
    scope.close();
  }
}
