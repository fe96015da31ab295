package io.med3dinsight.nn.layer;

import io.med3dinsight.engine.op.Add;
import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.MatMul;
import io.med3dinsight.engine.tensor.ShapeException;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Init;
import io.med3dinsight.nn.Layout;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;

/** {@code y = x W + b} over the last axis: x [..., in], W [in,out], b [out], y [..., out]. */
public final class Linear extends Module {
  private final Tensor weight;
  private final Tensor bias;
  private final int in;
  private final int out;

  /** With bias and PyTorch's default initialisation. */
  public Linear(Setup setup, int in, int out) {
    this(setup, in, out, true);
  }

  /** With PyTorch's default initialisation. */
  public Linear(Setup setup, int in, int out, boolean bias) {
    this(setup, in, out, Init.kaimingUniform(Math.sqrt(5)), bias ? Init.fanInUniform() : null);
  }

  /**
   * @param biasInit null for a layer without bias
   */
  public Linear(Setup setup, int in, int out, Init weightInit, Init biasInit) {
    super(setup);
    this.in = in;
    this.out = out;
    weight = parameter("weight", weightInit, Layout.LINEAR, in, out, in, out);
    bias = biasInit == null ? null : parameter("bias", biasInit, Layout.SAME, in, out, out);
  }

  @Override
  protected Tensor forward(Tensor x) {
    if (x.rank() < 1 || x.dim(-1) != in) {
      throw new ShapeException(
          "Linear expects " + in + " values along the last axis, but was given " + x.type());
    }
    int[] shape = x.shape().toArray();
    // One matrix instead of a batch of them: views, nothing is copied.
    Tensor y = MatMul.of(x.reshape(in == 0 ? 0 : x.size() / in, in), weight);
    if (bias != null) {
      y = Eager.run1(new Add(), y, bias);
    }
    shape[shape.length - 1] = out;
    return y.reshape(shape);
  }
}
