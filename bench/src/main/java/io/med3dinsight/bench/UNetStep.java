package io.med3dinsight.bench;

import io.med3dinsight.engine.autograd.Gradients;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.network.UNet;
import io.med3dinsight.network.UNetConfig;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.loss.DiceCrossEntropyLoss;
import io.med3dinsight.nn.optim.Adam;
import io.med3dinsight.nn.optim.ParameterGroup;
import java.util.SplittableRandom;

/**
 * Training steps of a small UNet: channels 16, 32, 64, 128, two 3x3x3 convolutions a stage with
 * instance norm and leaky ReLU, transposed convolutions up, one volume of 64^3, 3 classes, Dice +
 * cross-entropy, Adam. 28.1 GFLOP forward, 84.3 GFLOP in all.
 */
public final class UNetStep implements AutoCloseable {
  public static final int EXTENT = 64;
  public static final int CLASSES = 3;
  public static final double RATE = 1e-3;

  private static final int[] CHANNELS = {16, 32, 64, 128};
  private static final int[][] STRIDES = {{1, 1, 1}, {2, 2, 2}, {2, 2, 2}, {2, 2, 2}};

  private final Scope scope = Scope.detached();
  private final UNet network;
  private final Adam optimizer;
  private final Tensor volume;
  private final Tensor labels;
  private final DiceCrossEntropyLoss loss = DiceCrossEntropyLoss.nnUNet();

  public UNetStep(Device device) {
    UNetConfig config = new UNetConfig(1, CHANNELS, STRIDES, 2, false);
    network = new UNet(Setup.of(device, 1), config, CLASSES, 1);
    optimizer = Adam.adam(ParameterGroup.all(network, 0));
    float[] x = volumeValues();
    int[] y = labelValues(x);
    try (Scope s = Scope.open()) {
      volume = scope.adopt(Tensor.of(device, x, 1, EXTENT, EXTENT, EXTENT, 1));
      labels = scope.adopt(Tensor.of(device, y, 1, EXTENT, EXTENT, EXTENT));
    }
  }

  /** Noise with a bright ball in it. */
  public static float[] volumeValues() {
    SplittableRandom random = new SplittableRandom(7);
    float[] x = new float[EXTENT * EXTENT * EXTENT];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian() + (radius(i) < 20 ? 1.5f : 0f);
    }
    return x;
  }

  /** Class 1 in the ball, 2 at its bright voxels, 0 outside. */
  public static int[] labelValues(float[] volume) {
    int[] y = new int[volume.length];
    for (int i = 0; i < y.length; i++) {
      y[i] = radius(i) >= 20 ? 0 : volume[i] > 2 ? 2 : 1;
    }
    return y;
  }

  private static double radius(int i) {
    double d = i / (EXTENT * EXTENT) - EXTENT / 2.0;
    double h = i / EXTENT % EXTENT - EXTENT / 2.0;
    double w = i % EXTENT - EXTENT / 2.0;
    return Math.sqrt(d * d + h * h + w * w);
  }

  public UNet network() {
    return network;
  }

  /**
   * One training step.
   *
   * @return the loss before it and the global norm of the gradient
   */
  public double[] step() {
    try (Scope s = Scope.open();
        Tape tape = Tape.open()) {
      Tensor l = loss.of(network.call(volume), labels);
      Gradients g = tape.gradients(l);
      double norm = optimizer.step(g::of, RATE);
      return new double[] {l.item(), norm};
    }
  }

  @Override
  public void close() {
    optimizer.close();
    network.close();
    scope.close();
  }
}
