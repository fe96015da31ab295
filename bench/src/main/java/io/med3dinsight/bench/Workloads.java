package io.med3dinsight.bench;

import static io.med3dinsight.bench.Input.Axes.ACTIVATION;
import static io.med3dinsight.bench.Input.Axes.CONV;
import static io.med3dinsight.bench.Input.Axes.CONV_TRANSPOSE;
import static io.med3dinsight.bench.Input.Axes.SAME;

import io.med3dinsight.engine.function.Normalization;
import io.med3dinsight.engine.function.Transport;
import io.med3dinsight.engine.op.Attention;
import io.med3dinsight.engine.op.Conv3d;
import io.med3dinsight.engine.op.ConvSpec;
import io.med3dinsight.engine.op.ConvTranspose3d;
import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.Gelu;
import io.med3dinsight.engine.op.LayerNorm;
import io.med3dinsight.engine.op.MatMul;
import io.med3dinsight.engine.op.Softmax;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.List;

/** The computations that 3D networks spend their time in, at sizes that occur in them. */
public final class Workloads {
  public static final double EPSILON = 0.03;
  public static final double MASS = 0.95;
  public static final float NORM_EPSILON = 1e-5f;
  public static final float SLOPE = 0.01f;

  private static final List<Workload> ALL =
      List.of(
          matmul("matmul-1024", 1024, 1024, 1024),
          matmul("matmul-4096x768x3072", 4096, 768, 3072),
          conv("conv-1-32", 2, 96, 1, 32, false),
          conv("conv-32-64", 2, 48, 32, 64, true),
          conv("conv-64-128", 2, 24, 64, 128, true),
          conv("conv-32-32", 1, 96, 32, 32, true),
          conv("conv-1-32-input-gradient", 2, 96, 1, 32, true),
          patchEmbedding(),
          transposedConv(),
          depthwise(),
          instanceNorm("instance-norm", 96),
          layerNorm("layer-norm", 4096),
          gelu("gelu", 4096),
          softmax("softmax", 24, 512),
          attention("attention", 512),
          windowAttention());

  private Workloads() {}

  /** All but optimal transport, whose accuracy is to be chosen. */
  public static List<Workload> all() {
    return ALL;
  }

  /** The workload of this name. */
  public static Workload named(String name) {
    if (name.equals("transport")) {
      return transport(Transport.TOLERANCE);
    }
    return ALL.stream()
        .filter(w -> w.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("There is no workload '" + name + "'."));
  }

  static Workload matmul(String name, int m, int k, int n) {
    return new Workload(
        name,
        "matmul [" + m + "," + k + "] x [" + k + "," + n + "]",
        SAME,
        List.of(Input.of(SAME, m, k), Input.of(SAME, k, n)),
        in -> MatMul.of(in[0], in[1]));
  }

  /**
   * @param whole whether the gradient of the input is computed too; no network wants it of its
   *     first layer
   */
  static Workload conv(String name, int batch, int extent, int in, int out, boolean whole) {
    Input x = Input.of(ACTIVATION, batch, extent, extent, extent, in);
    Conv3d op = Conv3d.same(3);
    return new Workload(
        name,
        "conv 3^3 ["
            + batch
            + ","
            + extent
            + "^3,"
            + in
            + "] to "
            + out
            + (in > 1 ? "" : whole ? ", with input gradient" : ", weight gradient only"),
        ACTIVATION,
        List.of(
            whole ? x : x.constant(),
            Input.of(CONV, 3, 3, 3, in, out).scaled(1 / Math.sqrt(27.0 * in))),
        inputs -> Eager.run1(op, inputs));
  }

  private static Workload patchEmbedding() {
    Conv3d op = new Conv3d(ConvSpec.of(4, 0));
    return new Workload(
        "patch-embedding",
        "patch embedding 4^3 [2,128^3,1] to 96, weight gradient only",
        ACTIVATION,
        List.of(
            Input.of(ACTIVATION, 2, 128, 128, 128, 1).constant(),
            Input.of(CONV, 4, 4, 4, 1, 96).scaled(0.125),
            Input.of(SAME, 96)),
        in -> Eager.run1(op, in));
  }

  private static Workload transposedConv() {
    ConvTranspose3d op = ConvTranspose3d.of(2);
    return new Workload(
        "transposed-conv",
        "transposed conv 2^3 [2,24^3,64] to 32",
        ACTIVATION,
        List.of(
            Input.of(ACTIVATION, 2, 24, 24, 24, 64),
            Input.of(CONV_TRANSPOSE, 2, 2, 2, 64, 32).scaled(0.125),
            Input.of(SAME, 32)),
        in -> Eager.run1(op, in));
  }

  private static Workload depthwise() {
    Conv3d op = new Conv3d(ConvSpec.of(1, 1).withGroups(96));
    return new Workload(
        "depthwise",
        "depthwise conv 3^3 [2,24^3,96]",
        ACTIVATION,
        List.of(
            Input.of(ACTIVATION, 2, 24, 24, 24, 96),
            Input.of(CONV, 3, 3, 3, 1, 96).scaled(0.2),
            Input.of(SAME, 96)),
        in -> Eager.run1(op, in));
  }

  static Workload instanceNorm(String name, int extent) {
    return new Workload(
        name,
        "instance norm + leaky ReLU [2," + extent + "^3,32]",
        ACTIVATION,
        List.of(
            Input.of(ACTIVATION, 2, extent, extent, extent, 32),
            Input.of(SAME, 32).scaled(0.5).moved(1),
            Input.of(SAME, 32)),
        in -> Normalization.instanceNormLeakyRelu(in[0], in[1], in[2], NORM_EPSILON, SLOPE));
  }

  static Workload layerNorm(String name, int rows) {
    return new Workload(
        name,
        "layer norm [" + rows + ",768]",
        SAME,
        List.of(
            Input.of(SAME, rows, 768),
            Input.of(SAME, 768).scaled(0.5).moved(1),
            Input.of(SAME, 768)),
        in -> LayerNorm.of(in[0], in[1], in[2], NORM_EPSILON));
  }

  static Workload gelu(String name, int rows) {
    return new Workload(
        name,
        "GELU [" + rows + ",3072]",
        SAME,
        List.of(Input.of(SAME, rows, 3072).scaled(3)),
        in -> Gelu.of(in[0]));
  }

  static Workload softmax(String name, int batch, int extent) {
    return new Workload(
        name,
        "softmax [" + batch + "," + extent + "," + extent + "]",
        SAME,
        List.of(Input.of(SAME, batch, extent, extent).scaled(4)),
        in -> Softmax.of(in[0]));
  }

  static Workload attention(String name, int tokens) {
    Input x = Input.of(SAME, 2, 12, tokens, 64);
    return new Workload(
        name,
        "attention, batch 2, 12 heads, " + tokens + " tokens of 64",
        SAME,
        List.of(x, x, x),
        in -> Attention.of(in[0], in[1], in[2]));
  }

  private static Workload windowAttention() {
    Input x = Input.of(SAME, 512, 3, 64, 32);
    return new Workload(
        "window-attention",
        "window attention with bias, 512 windows, 3 heads, 64 tokens of 32",
        SAME,
        List.of(x, x, x, Input.of(SAME, 1, 3, 64, 64)),
        in -> Attention.of(in[0], in[1], in[2], in[3], null));
  }

  /**
   * The matching loss of 64 partial transport problems of 64 x 64, costs uniform in [0, 1).
   *
   * @param tolerance relative error of the row sums at which a problem counts as solved
   */
  public static Workload transport(double tolerance) {
    return transport(64, tolerance);
  }

  /** {@link #transport(double)} with another number of problems. */
  public static Workload transport(int problems, double tolerance) {
    int n = 64;
    return new Workload(
        "transport",
        "partial OT, " + problems + " problems of 64 x 64",
        SAME,
        List.of(Input.of(SAME, problems, n, n).scaled(0.5).moved(0.5)),
        in -> Transport.matchingLoss(plan(in[0], tolerance).logPlan()));
  }

  /** The partial transport plan of costs [P,n,n] with uniform marginals. */
  public static Transport.Solution plan(Tensor cost, double tolerance) {
    Tensor a = Tensor.full(cost.device(), 1f / cost.dim(1), cost.dim(0), cost.dim(1));
    Tensor b = Tensor.full(cost.device(), 1f / cost.dim(2), cost.dim(0), cost.dim(2));
    return Transport.partial(cost, a, b, EPSILON, MASS, Transport.MAX_ITERATIONS, tolerance);
  }
}
