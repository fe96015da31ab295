package io.med3dinsight.engine.cpu;

/**
 * A 3D convolution from [N,D,H,W,Cin] to [N,D',H',W',Cout] (N batch, D H W depth height width, C
 * channels).
 *
 * @param outFirst whether weights are [kD,kH,kW,Cout,Cin/groups], as transposed convolutions keep
 *     them, instead of [kD,kH,kW,Cin/groups,Cout]
 */
public record ConvGeometry(
    int batch,
    int inChannels,
    int outChannels,
    int groups,
    ConvAxis d,
    ConvAxis h,
    ConvAxis w,
    boolean outFirst) {

  /** Input channels that one output channel reads. */
  public int groupIn() {
    return inChannels / groups;
  }

  /** Output channels of a group. */
  public int groupOut() {
    return outChannels / groups;
  }

  /** Distance of two weights that differ in the input channel by one. */
  int inStep() {
    return outFirst ? 1 : outChannels;
  }

  /** Distance of two weights that differ in the output channel by one. */
  int outStep() {
    return outFirst ? groupIn() : 1;
  }

  public int taps() {
    return d.kernel() * h.kernel() * w.kernel();
  }

  public int inputSize() {
    return batch * d.in() * h.in() * w.in() * inChannels;
  }

  public int outputSize() {
    return batch * d.out() * h.out() * w.out() * outChannels;
  }

  public int weightSize() {
    return taps() * groupIn() * outChannels;
  }
}
