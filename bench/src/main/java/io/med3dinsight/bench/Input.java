package io.med3dinsight.bench;

import java.util.SplittableRandom;

/**
 * A tensor that a computation starts from.
 *
 * @param axes how the axes relate to those of the same tensor in PyTorch
 * @param extents in the engine's axis order
 * @param scale values are uniform in [-scale, scale)
 * @param offset added to the values
 * @param gradient whether the backward pass computes its gradient
 */
public record Input(Axes axes, int[] extents, float scale, float offset, boolean gradient) {
  /** Axis orders. */
  public enum Axes {
    /** The same on both sides. */
    SAME(),
    /** Activations: [N,D,H,W,C] here, [N,C,D,H,W] in PyTorch. */
    ACTIVATION(0, 4, 1, 2, 3),
    /** Convolution weights: [kD,kH,kW,in,out] here, [out,in,kD,kH,kW] in PyTorch. */
    CONV(4, 3, 0, 1, 2),
    /** Transposed convolution weights: [kD,kH,kW,in,out] here, [in,out,kD,kH,kW] in PyTorch. */
    CONV_TRANSPOSE(3, 4, 0, 1, 2);

    private final long[] order;

    Axes(long... order) {
      this.order = order;
    }

    /** Axis i in PyTorch is axis {@code toTorch()[i]} here; empty for the same order. */
    public long[] toTorch() {
      return order.clone();
    }

    /** Axis i here is axis {@code fromTorch()[i]} in PyTorch; empty for the same order. */
    public long[] fromTorch() {
      long[] inverse = new long[order.length];
      for (int i = 0; i < order.length; i++) {
        inverse[(int) order[i]] = i;
      }
      return inverse;
    }
  }

  /** Values in [-1, 1), with a gradient. */
  public static Input of(Axes axes, int... extents) {
    return new Input(axes, extents, 1f, 0f, true);
  }

  /** The same with values in [-scale, scale). */
  public Input scaled(double factor) {
    return new Input(axes, extents, (float) factor, offset, gradient);
  }

  /** The same with values moved by {@code by}. */
  public Input moved(double by) {
    return new Input(axes, extents, scale, (float) by, gradient);
  }

  /** The same without a gradient. */
  public Input constant() {
    return new Input(axes, extents, scale, offset, false);
  }

  /** Values, row-major in the engine's axis order. */
  public float[] values(SplittableRandom random) {
    int size = 1;
    for (int e : extents) {
      size *= e;
    }
    float[] v = new float[size];
    for (int i = 0; i < size; i++) {
      v[i] = (float) (2 * random.nextDouble() - 1) * scale + offset;
    }
    return v;
  }
}
