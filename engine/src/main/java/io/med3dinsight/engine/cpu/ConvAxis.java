package io.med3dinsight.engine.cpu;

/**
 * A convolution along one axis: output o reads the inputs {@code o * stride + k * dilation - pad}
 * for k in [0, kernel), those outside [0, in) being zero.
 */
public record ConvAxis(int in, int out, int kernel, int stride, int pad, int dilation) {
  /**
   * The axis of a convolution over {@code in} elements; its output may come out below 1, which the
   * caller refuses.
   */
  public static ConvAxis forward(int in, int kernel, int stride, int pad, int dilation) {
    int room = in + 2 * pad - dilation * (kernel - 1) - 1;
    return new ConvAxis(in, room < 0 ? 0 : room / stride + 1, kernel, stride, pad, dilation);
  }

  /**
   * The axis whose gradient is a transposed convolution over {@code from} elements: {@code in =
   * (from - 1) * stride - 2 * pad + dilation * (kernel - 1) + outputPad + 1}.
   */
  public static ConvAxis transposed(
      int from, int kernel, int stride, int pad, int dilation, int outputPad) {
    int in = (from - 1) * stride - 2 * pad + dilation * (kernel - 1) + outputPad + 1;
    return new ConvAxis(Math.max(in, 0), from, kernel, stride, pad, dilation);
  }
}
