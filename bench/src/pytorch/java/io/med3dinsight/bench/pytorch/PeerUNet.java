package io.med3dinsight.bench.pytorch;

import io.med3dinsight.bench.Input;
import io.med3dinsight.bench.UNetStep;
import io.med3dinsight.network.UNet;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** The network, loss and optimiser of {@link UNetStep} in PyTorch, from the same weights. */
final class PeerUNet implements AutoCloseable {
  private static final int LEVELS = 4;
  private static final double SMOOTH = 1e-5;

  private final boolean channelsLast;
  private final Map<String, Tensor> parameters = new LinkedHashMap<>();
  private final Adam optimizer;
  private final Tensor volume;
  private final Tensor labels;
  private final Tensor oneHot;

  PeerUNet(UNet network, boolean channelsLast) {
    this.channelsLast = channelsLast;
    network
        .namedState()
        .forEach(
            (name, s) -> {
              float[] v = s.layout().toTorch(s.tensor().toFloats(), s.tensor().shape());
              parameters.put(name, leaf(v, s.layout().torchShape(s.tensor().shape()).toArray()));
            });
    optimizer =
        new Adam(
            new TensorVector(parameters.values().toArray(new Tensor[0])),
            new AdamOptions(UNetStep.RATE));
    int e = UNetStep.EXTENT;
    float[] x = UNetStep.volumeValues();
    volume = PeerTensors.of(Input.Axes.ACTIVATION, x, new int[] {1, e, e, e, 1}, channelsLast);
    int[] y = UNetStep.labelValues(x);
    long[] ids = new long[y.length];
    float[] hot = new float[y.length * UNetStep.CLASSES];
    for (int i = 0; i < y.length; i++) {
      ids[i] = y[i];
      hot[i * UNetStep.CLASSES + y[i]] = 1;
    }
    labels = Tensor.create(ids, 1, e, e, e);
    oneHot =
        PeerTensors.of(
            Input.Axes.ACTIVATION,
            hot,
            new int[] {1, e, e, e, UNetStep.CLASSES},
            channelsLast);
  }

  private Tensor leaf(float[] values, int[] shape) {
    try (PointerScope scope = new PointerScope()) {
      Tensor t = Tensor.create(values, PeerTensors.longs(shape));
      if (shape.length == 5 && channelsLast) {
        t = t.contiguous(torch.MemoryFormat.ChannelsLast3d);
      }
      Tensor own = t.clone();
      own.requires_grad_(true);
      own.retainReference();
      return own;
    }
  }

  private Tensor parameter(String name) {
    Tensor t = parameters.get(name);
    if (t == null) {
      throw new IllegalStateException("the network has no parameter '" + name + "'");
    }
    return t;
  }

  /** Two convolutions with instance norm and leaky ReLU. */
  private Tensor stage(String name, Tensor x, long stride) {
    Tensor y = x;
    for (int i = 0; i < 2; i++) {
      Tensor w = parameter(name + ".conv" + i + ".weight");
      y = PeerFunctions.conv(y, w, new TensorOptional(), i == 0 ? stride : 1, 1, 1);
      String norm = name + ".norm" + i;
      y = PeerFunctions.instanceNorm(y, parameter(norm + ".weight"), parameter(norm + ".bias"));
    }
    return y;
  }

  private Tensor logits() {
    Tensor[] skips = new Tensor[LEVELS];
    Tensor y = volume;
    for (int i = 0; i < LEVELS; i++) {
      y = stage("encoder.stage" + i, y, i == 0 ? 1 : 2);
      skips[i] = y;
    }
    for (int i = LEVELS - 2; i >= 0; i--) {
      String up = "decoder.up" + i;
      y = PeerFunctions.up(y, parameter(up + ".weight"), parameter(up + ".bias"));
      y = stage("decoder.stage" + i, torch.cat(new TensorVector(y, skips[i]), 1), 1);
    }
    TensorOptional bias = new TensorOptional(parameter("head0.bias"));
    return PeerFunctions.conv(y, parameter("head0.weight"), bias, 1, 0, 1);
  }

  /** Cross-entropy minus soft Dice of the foreground, as nnU-Net's {@code DC_and_CE_loss}. */
  private Tensor loss(Tensor logits) {
    Tensor ce = torch.cross_entropy_loss(logits, labels);
    long foreground = UNetStep.CLASSES - 1;
    Tensor p = torch.softmax(logits, 1).narrow(1, 1, foreground);
    Tensor t = oneHot.narrow(1, 1, foreground);
    long[] space = {2, 3, 4};
    ScalarTypeOptional same = new ScalarTypeOptional();
    Tensor overlap = p.mul(t).sum(space, false, same);
    Tensor whole = p.sum(space, false, same).add(t.sum(space, false, same));
    Tensor two = overlap.mul(new Scalar(2.0)).add(new Scalar(SMOOTH));
    return ce.sub(two.div(whole.add(new Scalar(SMOOTH))).mean());
  }

  /** One training step. */
  void step() {
    run(false);
  }

  /** One training step; the loss before it and the global norm of the gradient. */
  double[] measuredStep() {
    return run(true);
  }

  private double[] run(boolean measured) {
    try (PointerScope scope = new PointerScope()) {
      optimizer.zero_grad();
      Tensor l = loss(logits());
      l.backward();
      double norm = measured ? gradientNorm() : Double.NaN;
      optimizer.step();
      return new double[] {l.item_float(), norm};
    }
  }

  /** Bytes of the tensors that are there before the first step. */
  long bytes() {
    long n = volume.numel() * 4 + labels.numel() * 8 + oneHot.numel() * 4;
    for (Tensor t : parameters.values()) {
      n += t.numel() * 4;
    }
    return n;
  }

  private double gradientNorm() {
    double sum = 0;
    for (Tensor t : parameters.values()) {
      Tensor g = t.grad();
      sum += g.mul(g).sum().item_float();
    }
    return Math.sqrt(sum);
  }

  @Override
  public void close() {
    optimizer.close();
    parameters.values().forEach(Tensor::close);
    volume.close();
    labels.close();
    oneHot.close();
  }
}
