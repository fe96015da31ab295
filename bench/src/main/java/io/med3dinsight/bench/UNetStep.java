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
import java.util.Arrays;
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

  /**
   * How large a step is.
   *
   * @param name of its row in tables
   * @param extent of the volume along each axis
   * @param batch volumes of a step
   * @param channels of each stage
   */
  public record Size(String name, int extent, int batch, int... channels) {
    /** The one described above. */
    public static final Size SMALL = new Size("unet-64", EXTENT, 1, 16, 32, 64, 128);

    /** For the simulator, to try the measuring itself. */
    public static final Size TINY = new Size("tiny-unet", 8, 1, 4, 8);

    /** Two volumes of 128^3 through five stages, as nnU-Net plans them. */
    public static final Size LARGE = new Size("unet-128", 128, 2, 32, 64, 128, 256, 320);
  }

  private final Scope scope = Scope.detached();
  private final UNet network;
  private final Adam optimizer;
  private final Tensor volume;
  private final Tensor labels;
  private final DiceCrossEntropyLoss loss = DiceCrossEntropyLoss.nnUNet();

  public UNetStep(Device device) {
    this(device, Size.SMALL);
  }

  public UNetStep(Device device, Size size) {
    int[][] strides = new int[size.channels.length][];
    Arrays.setAll(strides, i -> i == 0 ? new int[] {1, 1, 1} : new int[] {2, 2, 2});
    UNetConfig config = new UNetConfig(1, size.channels, strides, 2, false);
    network = new UNet(Setup.of(device, 1), config, CLASSES, 1);
    optimizer = Adam.adam(ParameterGroup.all(network, 0));
    int e = size.extent;
    float[] x = new float[size.batch * e * e * e];
    int[] y = new int[x.length];
    float[] one = volumeValues(e);
    int[] labelled = labelValues(one, e);
    for (int i = 0; i < size.batch; i++) {
      System.arraycopy(one, 0, x, i * one.length, one.length);
      System.arraycopy(labelled, 0, y, i * one.length, one.length);
    }
    try (Scope s = Scope.open()) {
      volume = scope.adopt(Tensor.of(device, x, size.batch, e, e, e, 1));
      labels = scope.adopt(Tensor.of(device, y, size.batch, e, e, e));
    }
  }

  /** Noise with a bright ball in it. */
  public static float[] volumeValues() {
    return volumeValues(EXTENT);
  }

  private static float[] volumeValues(int extent) {
    SplittableRandom random = new SplittableRandom(7);
    float[] x = new float[extent * extent * extent];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian() + (radius(i, extent) < 20 ? 1.5f : 0f);
    }
    return x;
  }

  /** Class 1 in the ball, 2 at its bright voxels, 0 outside. */
  public static int[] labelValues(float[] volume) {
    return labelValues(volume, EXTENT);
  }

  private static int[] labelValues(float[] volume, int extent) {
    int[] y = new int[volume.length];
    for (int i = 0; i < y.length; i++) {
      y[i] = radius(i, extent) >= 20 ? 0 : volume[i] > 2 ? 2 : 1;
    }
    return y;
  }

  private static double radius(int i, int extent) {
    double d = i / (extent * extent) - extent / 2.0;
    double h = i / extent % extent - extent / 2.0;
    double w = i % extent - extent / 2.0;
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

  /**
   * One training step that reads nothing back, so that the device is never waited for.
   *
   * @return the loss before it
   */
  public Tensor queuedStep() {
    try (Scope s = Scope.open();
        Tape tape = Tape.open()) {
      Tensor l = loss.of(network.call(volume), labels);
      optimizer.update(tape.gradients(l)::of, Double.POSITIVE_INFINITY);
      return s.keep(l);
    }
  }

  /** What has to be on the device before the first {@link #queuedStep}. */
  public void prepare() {
    optimizer.prepare(RATE);
  }

  @Override
  public void close() {
    optimizer.close();
    network.close();
    scope.close();
  }
}
