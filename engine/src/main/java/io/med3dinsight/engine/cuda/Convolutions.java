package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.cpu.ConvGeometry;
import io.med3dinsight.engine.tensor.Tensor;

/**
 * Something that computes 3D convolutions and their gradients on a CUDA device: our own kernels, or
 * a library in front of them. All work goes to the backend's stream and nothing waits for it.
 *
 * <p>x [N,D,H,W,Cin] and y [N,D',H',W',Cout] are channels last; weights are
 * [kD,kH,kW,Cin/groups,Cout], or [kD,kH,kW,Cout,Cin/groups] where {@link ConvGeometry#outFirst}
 * says so. Tensors are all F32 or all BF16, except that the bias and a weight gradient may be F32
 * beside BF16; inputs may start at any element of their storage, results are contiguous and never
 * empty. Sums are float32. The geometry holds every extent, so it and the element types are the key
 * for plans.
 *
 * <p>Every method returns false, with its result untouched, when this implementation does not do
 * such a convolution, so that the next one is asked.
 */
public interface Convolutions {
  /** What convolves, with its version where it has one; for doctor and log lines. */
  String description();

  /**
   * {@code y[n,o,c'] = bias[c'] + sum over k, c of x[n, o * stride + k * dilation - pad, c] *
   * w[k,c,c']}.
   *
   * @param bias [Cout] or null
   */
  boolean forward(ConvGeometry g, Tensor x, Tensor w, Tensor bias, Tensor y);

  /**
   * {@code dx[n,i,c] = bias[c] + sum over o, k, c' with o * stride + k * dilation - pad = i of
   * dy[n,o,c'] * w[k,c,c']}; with a bias it is a transposed convolution.
   *
   * @param bias [Cin] or null
   */
  boolean inputGradient(ConvGeometry g, Tensor dy, Tensor w, Tensor bias, Tensor dx);

  /**
   * {@code dw[k,c,c'] = sum over n, o of x[n, o * stride + k * dilation - pad, c] * dy[n,o,c']}.
   */
  boolean weightGradient(ConvGeometry g, Tensor x, Tensor dy, Tensor dw);

  /** Asks each in turn until one does the work; the last must do everything. */
  static Convolutions inOrder(Convolutions first, Convolutions then) {
    return new Convolutions() {
      @Override
      public String description() {
        return first.description() + ", then " + then.description();
      }

      @Override
      public boolean forward(ConvGeometry g, Tensor x, Tensor w, Tensor bias, Tensor y) {
        return first.forward(g, x, w, bias, y) || then.forward(g, x, w, bias, y);
      }

      @Override
      public boolean inputGradient(ConvGeometry g, Tensor dy, Tensor w, Tensor bias, Tensor dx) {
        return first.inputGradient(g, dy, w, bias, dx) || then.inputGradient(g, dy, w, bias, dx);
      }

      @Override
      public boolean weightGradient(ConvGeometry g, Tensor x, Tensor dy, Tensor dw) {
        return first.weightGradient(g, x, dy, dw) || then.weightGradient(g, x, dy, dw);
      }
    };
  }
}
