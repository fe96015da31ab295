package io.med3dinsight.engine.op;

import static io.med3dinsight.engine.op.OracleFixture.values;

import io.med3dinsight.engine.function.Arrangement;
import io.med3dinsight.engine.function.Indexing;
import io.med3dinsight.engine.function.Reductions;
import io.med3dinsight.engine.function.Transport;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Arithmetic, reductions, products, activations, softmax, attention, indexing and moving of
 * elements against PyTorch in double precision; the results were written by {@code
 * oracle/tensors.py}.
 */
class TensorsOracleTest {
  private static OracleFixture fixture;

  static Stream<Device> devices() {
    return OracleFixture.devices();
  }

  @BeforeAll
  static void read() throws IOException {
    fixture = new OracleFixture("tensors.txt");
  }

  /** Input k is the values of seed k + 1. */
  private static void check(Device d, String name, Function<Tensor[], Tensor> f, int[]... shapes) {
    try (Scope scope = Scope.open()) {
      Tensor[] in = new Tensor[shapes.length];
      String[] keys = new String[shapes.length];
      for (int k = 0; k < in.length; k++) {
        in[k] = values(d, k + 1, shapes[k]);
        keys[k] = "d" + k;
      }
      fixture.check(name, keys, f, in);
    }
  }

  private static int[] shape(int... extents) {
    return extents;
  }

  /** The script's formula for whole numbers. */
  private static Tensor indices(Device d, int bound, int... extents) {
    int[] v = new int[Shape.of(extents).size()];
    for (int i = 0; i < v.length; i++) {
      v[i] = (i * 31 + 17) % 101 % bound;
    }
    return Tensor.of(d, v, extents);
  }

  @ParameterizedTest
  @MethodSource("devices")
  void arithmeticAndReductions(Device d) {
    int[] a = {2, 3, 1, 5};
    int[] b = {4, 1};
    check(d, "add", in -> in[0].add(in[1]), a, b);
    check(d, "sub", in -> in[0].sub(in[1]), a, b);
    check(d, "mul", in -> in[0].mul(in[1]), a, b);
    check(d, "div", in -> in[0].div(in[1].add(3)), a, b);
    check(d, "sum", in -> in[0].sum(false, 0, 2), shape(3, 4, 5));
    check(d, "mean", in -> in[0].mean(true, 1), shape(3, 4, 5));
    check(d, "max", in -> Reductions.max(in[0], false, 1), shape(3, 7, 5));
    check(d, "min", in -> Reductions.min(in[0], true, 2), shape(3, 7, 5));
    check(d, "broadcast", in -> in[0].broadcastTo(3, 4, 5), b);
  }

  @ParameterizedTest
  @MethodSource("devices")
  void products(Device d) {
    check(d, "matmul", in -> in[0].matmul(in[1]), shape(3, 5), shape(5, 4));
    check(d, "batched", in -> in[0].matmul(in[1]), shape(2, 3, 5, 7), shape(3, 7, 4));
    check(
        d, "transposed", in -> MatMul.of(in[0], true, in[1], true), shape(2, 5, 3), shape(2, 4, 5));
    check(
        d,
        "distance",
        in -> Transport.pairwiseDistance(in[0], in[1]),
        shape(2, 3, 6),
        shape(2, 4, 6));
  }

  @ParameterizedTest
  @MethodSource("devices")
  void activations(Device d) {
    Map<String, UnaryOperator<Tensor>> functions = new LinkedHashMap<>();
    functions.put("relu", Tensor::relu);
    functions.put("leaky", x -> x.leakyRelu(0.01f));
    functions.put("gelu", Gelu::of);
    functions.put("geluTanh", Gelu::tanh);
    functions.put("silu", Silu::of);
    functions.put("sigmoid", Tensor::sigmoid);
    functions.put("tanh", Tensor::tanh);
    functions.put("exp", Tensor::exp);
    functions.put("log", x -> x.add(5).log());
    functions.put("sqrt", x -> x.add(5).sqrt());
    functions.put("clamp", x -> x.clamp(-1.51f, 2.01f));
    functions.forEach((name, f) -> check(d, name, in -> f.apply(in[0].mul(4)), shape(7, 37)));
  }

  @ParameterizedTest
  @MethodSource("devices")
  void rows(Device d) {
    for (int n : new int[] {4, 33}) {
      int[] s = {2, 3, n};
      check(d, "softmax" + n, in -> Softmax.of(in[0].mul(4)), s);
      check(d, "logSoftmax" + n, in -> LogSoftmax.of(in[0].mul(4)), s);
      check(
          d,
          "layerNorm" + n,
          in -> LayerNorm.of(in[0], in[1], in[2], 1e-5f),
          s,
          shape(n),
          shape(n));
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void attention(Device d) {
    int[] q = {2, 3, 5, 8};
    int[] k = {2, 3, 7, 8};
    int[] v = {2, 3, 7, 6};
    int[] bias = {3, 5, 7};
    check(d, "attention", in -> attend(in, null, null), q, k, v);
    check(d, "attentionBias", in -> attend(in, in[3], null), q, k, v, bias);
    check(d, "attentionMask", in -> attend(in, null, mask(d)), q, k, v);
    check(d, "attentionBoth", in -> attend(in, in[3], mask(d)), q, k, v, bias);
  }

  private static Tensor attend(Tensor[] in, Tensor bias, Tensor mask) {
    return Attention.of(in[0].mul(2), in[1].mul(2), in[2], bias, mask);
  }

  private static Tensor mask(Device d) {
    int[] m = indices(d, 3, 2, 1, 5, 7).toInts();
    for (int i = 0; i < m.length; i += 7) {
      m[i] = 1;
    }
    return Tensor.of(d, m, 2, 1, 5, 7);
  }

  @ParameterizedTest
  @MethodSource("devices")
  void indexing(Device d) {
    check(d, "embedding", in -> Indexing.embedding(in[0], indices(d, 6, 3, 4)), shape(6, 5));
    check(d, "gather", in -> Indexing.gather(in[0], 1, indices(d, 5, 3, 9, 4)), shape(3, 5, 4));
    check(
        d,
        "scatterAdd",
        in -> Indexing.scatterAdd(in[0], 1, indices(d, 5, 3, 9, 4), in[1]),
        shape(3, 5, 4),
        shape(3, 9, 4));
  }

  @ParameterizedTest
  @MethodSource("devices")
  void moving(Device d) {
    int[] s = {2, 3, 4, 5, 2};
    check(d, "roll", in -> Arrangement.roll(in[0], new int[] {-1, 2, 8}, new int[] {1, 2, 3}), s);
    int[] before = {0, 0, 3, 1, 0};
    int[] after = {0, 1, 0, 2, 0};
    check(d, "pad", in -> Arrangement.pad(in[0], before, after, 0.5f), s);
    check(d, "concat", in -> Tensor.concat(1, in[0], in[1]), shape(3, 2, 4), shape(3, 3, 4));
    check(d, "slice", in -> in[0].slice(2, 1, 4), shape(3, 2, 5));
    check(d, "permute", in -> in[0].permute(2, 0, 1), shape(3, 2, 4));
  }
}
