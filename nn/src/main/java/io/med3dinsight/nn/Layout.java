package io.med3dinsight.nn;

import io.med3dinsight.engine.tensor.Shape;

/**
 * How a parameter's axes here relate to those of the same parameter in PyTorch. Weights here are
 * stored as the kernels read them, output channels last; checkpoints hold PyTorch's order.
 *
 * <table>
 * <caption>Axis orders</caption>
 * <tr><th>layout</th><th>here</th><th>PyTorch</th></tr>
 * <tr><td>SAME</td><td>any</td><td>the same</td></tr>
 * <tr><td>LINEAR</td><td>[in,out]</td><td>[out,in]</td></tr>
 * <tr><td>CONV3D</td><td>[kD,kH,kW,in/groups,out]</td><td>[out,in/groups,kD,kH,kW]</td></tr>
 * <tr><td>CONV_TRANSPOSE3D</td><td>[kD,kH,kW,in,out]</td><td>[in,out,kD,kH,kW]</td></tr>
 * </table>
 */
public enum Layout {
  SAME(),
  LINEAR(1, 0),
  CONV3D(4, 3, 0, 1, 2),
  CONV_TRANSPOSE3D(3, 4, 0, 1, 2);

  /** Axis i in PyTorch is axis {@code axes[i]} here. */
  private final int[] axes;

  Layout(int... axes) {
    this.axes = axes;
  }

  /** Shape in PyTorch of a parameter that has shape {@code here}. */
  public Shape torchShape(Shape here) {
    if (this == SAME) {
      return here;
    }
    int[] e = new int[axes.length];
    for (int i = 0; i < e.length; i++) {
      e[i] = here.dim(axes[i]);
    }
    return Shape.of(e);
  }

  /** Elements in PyTorch's order, given those of a parameter of shape {@code here}. */
  public float[] toTorch(float[] values, Shape here) {
    return this == SAME ? values : move(values, here, true);
  }

  /**
   * The inverse of {@link #toTorch}: elements in the order used here, for a parameter of shape
   * {@code here}.
   */
  public float[] fromTorch(float[] values, Shape here) {
    return this == SAME ? values : move(values, here, false);
  }

  private float[] move(float[] from, Shape here, boolean toTorch) {
    int[] extents = torchShape(here).toArray();
    int[] strides = here.strides();
    int rank = extents.length;
    float[] to = new float[from.length];
    int[] index = new int[rank];
    int there = 0;
    for (int i = 0; i < from.length; i++) {
      if (toTorch) {
        to[i] = from[there];
      } else {
        to[there] = from[i];
      }
      for (int a = rank - 1; a >= 0; a--) {
        there += strides[axes[a]];
        if (++index[a] < extents[a]) {
          break;
        }
        there -= extents[a] * strides[axes[a]];
        index[a] = 0;
      }
    }
    return to;
  }
}
