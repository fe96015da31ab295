package io.med3dinsight.bench.pytorch;

import io.med3dinsight.bench.Workloads;
import java.util.List;
import java.util.Locale;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** PyTorch's ways to do the {@link Workloads}, on tensors in its own axis order. */
final class PeerFunctions {
  /** Computes a tensor from the inputs. */
  @FunctionalInterface
  interface Function {
    Tensor of(Tensor[] in);
  }

  /**
   * One way to do it.
   *
   * @param label what tells it from the others
   * @param channelsLast whether activations and convolution weights are in channels-last memory
   *     format
   */
  record Variant(String label, boolean channelsLast, Function function) {}

  private static final long[] ONES = {1, 1, 1};
  private static final long[] ZEROS = {0, 0, 0};

  private PeerFunctions() {}

  /** All variants of a workload that are worth measuring; the fastest counts. */
  static List<Variant> of(String workload) {
    String family = workload.toLowerCase(Locale.ROOT).replaceFirst("-\\d.*", "");
    return switch (family) {
      case "matmul" -> plain(in -> torch.matmul(in[0], in[1]));
      case "conv" -> layouts(in -> conv(in[0], in[1], new TensorOptional(), 1, 1, 1));
      case "patch-embedding" ->
          layouts(in -> conv(in[0], in[1], new TensorOptional(in[2]), 4, 0, 1));
      case "transposed-conv" -> layouts(in -> up(in[0], in[1], in[2]));
      case "depthwise" -> layouts(in -> conv(in[0], in[1], new TensorOptional(in[2]), 1, 1, 96));
      case "instance-norm" -> layouts(in -> instanceNorm(in[0], in[1], in[2]));
      case "layer-norm" -> plain(PeerFunctions::layerNorm);
      case "gelu" -> plain(in -> torch.gelu(in[0]));
      case "softmax" -> plain(in -> torch.softmax(in[0], -1));
      case "attention" -> plain(in -> fused(in[0], in[1], in[2], new TensorOptional()));
      case "window-attention" ->
          List.of(
              new Variant("fused", false, in -> fused(in[0], in[1], in[2], bias(in[3]))),
              new Variant("explicit", false, PeerFunctions::explicit));
      case "transport" -> plain(in -> PeerTransport.loss(in[0], PeerTransport.ITERATIONS));
      default -> throw new IllegalArgumentException("no peer for " + workload);
    };
  }

  private static List<Variant> plain(Function f) {
    return List.of(new Variant("", false, f));
  }

  private static List<Variant> layouts(Function f) {
    return List.of(new Variant("NCDHW", false, f), new Variant("channels last", true, f));
  }

  static Tensor conv(Tensor x, Tensor w, TensorOptional bias, long stride, long pad, long groups) {
    long[] s = {stride, stride, stride};
    long[] p = {pad, pad, pad};
    return torch.conv3d(x, w, bias, s, p, ONES, groups);
  }

  /** Transposed convolution with kernel and stride 2. */
  static Tensor up(Tensor x, Tensor w, Tensor bias) {
    long[] two = {2, 2, 2};
    return torch.conv_transpose3d(x, w, new TensorOptional(bias), two, ZEROS, ZEROS, 1, ONES);
  }

  /** With leaky ReLU in place, as networks do it to save memory. */
  static Tensor instanceNorm(Tensor x, Tensor gamma, Tensor beta) {
    Tensor y =
        torch.instance_norm(
            x,
            new TensorOptional(gamma),
            new TensorOptional(beta),
            new TensorOptional(),
            new TensorOptional(),
            true,
            0.1,
            Workloads.NORM_EPSILON,
            false);
    return torch.leaky_relu_(y, new Scalar(Workloads.SLOPE));
  }

  private static Tensor layerNorm(Tensor[] in) {
    long[] shape = {in[1].size(0)};
    return torch.layer_norm(
        in[0],
        shape,
        new TensorOptional(in[1]),
        new TensorOptional(in[2]),
        Workloads.NORM_EPSILON,
        false);
  }

  private static TensorOptional bias(Tensor t) {
    return new TensorOptional(t);
  }

  private static Tensor fused(Tensor q, Tensor k, Tensor v, TensorOptional bias) {
    return torch.scaled_dot_product_attention(
        q, k, v, bias, 0.0, false, new DoubleOptional(), false);
  }

  private static Tensor explicit(Tensor[] in) {
    Scalar scale = new Scalar(1 / Math.sqrt(in[0].size(-1)));
    Tensor scores = torch.matmul(in[0].mul(scale), in[1].transpose(-2, -1)).add(in[3]);
    return torch.matmul(torch.softmax(scores, -1), in[2]);
  }
}
