package io.med3dinsight.engine.op;

import static io.med3dinsight.engine.op.OracleFixture.formula;
import static io.med3dinsight.engine.op.OracleFixture.values;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.function.Losses;
import io.med3dinsight.engine.function.Normalization;
import io.med3dinsight.engine.function.Pooling;
import io.med3dinsight.engine.function.Resampling;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import java.io.IOException;
import java.util.Arrays;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Norms, pooling, resizing, losses and optimisers against PyTorch in double precision; the results
 * were written by {@code oracle/layers.py}.
 */
class LayersOracleTest {
  private static final float EPS = 1e-5f;
  private static final int[] VOLUME = {2, 3, 4, 5, 6};
  private static OracleFixture fixture;

  static Stream<Device> devices() {
    return OracleFixture.devices();
  }

  @BeforeAll
  static void read() throws IOException {
    fixture = new OracleFixture("layers.txt");
  }

  private static Tensor labels(Device device, int classes, int... extents) {
    int[] y = new int[Shape.of(extents).size()];
    for (int i = 0; i < y.length; i++) {
      y[i] = i % 11 == 5 ? Losses.IGNORED : (i * 31 + 17) % 101 % classes;
    }
    return Tensor.of(device, y, extents);
  }

  private static Tensor logits(Device device, int... extents) {
    float[] v = formula(1, extents);
    for (int i = 0; i < v.length; i++) {
      v[i] *= 4;
    }
    return Tensor.of(device, v, extents);
  }

  private static void same(String key, Tensor actual) {
    fixture.same(key, actual);
  }

  private static void check(String name, Function<Tensor[], Tensor> f, Tensor... in) {
    fixture.check(name, new String[] {"dx", "dgamma", "dbeta"}, f, in);
  }

  private static Tensor[] volume(Device d) {
    return new Tensor[] {values(d, 1, VOLUME), values(d, 2, 6), values(d, 3, 6)};
  }

  @ParameterizedTest
  @MethodSource("devices")
  void norms(Device d) {
    try (Scope scope = Scope.open()) {
      check(
          "instance",
          in -> Normalization.instanceNormLeakyRelu(in[0], in[1], in[2], EPS, 0.01f),
          volume(d));
      check("group", in -> Normalization.groupNorm(in[0], 2, in[1], in[2], EPS, 0.2f), volume(d));
      Tensor mean = Tensor.zeros(d, 6);
      Tensor var = Tensor.full(d, 1f, 6);
      for (int seed : new int[] {5, 6}) {
        Normalization.batchNorm(values(d, seed, VOLUME), null, null, mean, var, 0.1f, EPS, 1f);
      }
      check(
          "batch",
          in -> Normalization.batchNorm(in[0], in[1], in[2], mean, var, 0.1f, EPS, 0f),
          volume(d));
      same("batch.mean", mean);
      same("batch.var", var);
      check(
          "inference",
          in -> Normalization.batchNormInference(in[0], in[1], in[2], mean, var, EPS, 1f),
          volume(d));
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void pooling(Device d) {
    int[] shape = {2, 5, 6, 7, 3};
    int[] kernel = {3, 2, 3};
    int[] stride = {2, 2, 1};
    int[] pad = {1, 1, 0};
    try (Scope scope = Scope.open()) {
      check("max", in -> Pooling.max(in[0], kernel, stride, pad), values(d, 1, shape));
      check("average", in -> Pooling.avg(in[0], kernel, stride, pad), values(d, 1, shape));
      check(
          "averageInside",
          in -> Pooling.avg(in[0], kernel, stride, pad, false),
          values(d, 1, shape));
      check("global", in -> Pooling.globalAvg(in[0]), values(d, 1, shape));
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void resizing(Device d) {
    int[] shape = {2, 3, 4, 5, 2};
    try (Scope scope = Scope.open()) {
      check("trilinear", in -> Resampling.trilinear(in[0], 5, 3, 10, false), values(d, 1, shape));
      check("aligned", in -> Resampling.trilinear(in[0], 5, 3, 10, true), values(d, 1, shape));
      check("nearest", in -> Resampling.nearest(in[0], 5, 3, 10), values(d, 1, shape));
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void segmentationLosses(Device d) {
    try (Scope scope = Scope.open()) {
      Tensor z = labels(d, 3, 2, 4, 5, 6);
      int[] shape = {2, 4, 5, 6, 3};
      check(
          "diceBatch",
          in -> Losses.diceCrossEntropy(in[0], z, true, false, 1e-5f),
          logits(d, shape));
      check(
          "diceEach",
          in -> Losses.diceCrossEntropy(in[0], z, false, false, 1e-5f),
          logits(d, shape));
      check(
          "diceAll", in -> Losses.diceCrossEntropy(in[0], z, true, true, 1e-5f), logits(d, shape));
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void losses(Device d) {
    try (Scope scope = Scope.open()) {
      Tensor y = labels(d, 5, 3, 7);
      float[] weights = formula(2, 5);
      for (int i = 0; i < 5; i++) {
        weights[i] += 1.5f;
      }
      Tensor w = Tensor.of(d, weights, 5);
      check("ce", in -> Losses.crossEntropy(in[0], y), logits(d, 3, 7, 5));
      check("ceWeighted", in -> Losses.crossEntropy(in[0], y, w, -100, 0f), logits(d, 3, 7, 5));
      check("ceSmooth", in -> Losses.crossEntropy(in[0], y, w, -100, 0.1f), logits(d, 3, 7, 5));
      check("mse", in -> Losses.mse(in[0], in[1]), values(d, 1, 3, 5), values(d, 2, 3, 5));
      check("l1", in -> Losses.l1(in[0], in[1]), values(d, 1, 3, 5), values(d, 2, 3, 5));
      float[] targets = formula(2, 3, 5);
      for (int i = 0; i < targets.length; i++) {
        targets[i] = targets[i] / 2 + 0.5f;
      }
      Tensor t = Tensor.of(d, targets, 3, 5);
      check("bce", in -> Losses.binaryCrossEntropy(in[0], t), logits(d, 3, 5));
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void optimisers(Device d) {
    AdamStep adam = new AdamStep(0.9, 0.99, 1e-8, 0.1, false);
    AdamStep adamW = new AdamStep(0.9, 0.99, 1e-8, 0.1, true);
    steps(d, "adam", adam, 2, t -> adam.values(0.01, t));
    steps(d, "adamw", adamW, 2, t -> adamW.values(0.01, t));
    float[] rate = {0.1f};
    steps(d, "sgd", new SgdStep(0, false, 0), 0, t -> rate);
    steps(d, "momentum", new SgdStep(0.9, false, 0.05), 1, t -> rate);
    steps(d, "nesterov", new SgdStep(0.9, true, 0.05), 1, t -> rate);
  }

  private static void steps(
      Device d, String name, Op op, int slots, IntFunction<float[]> valuesOfStep) {
    try (Scope scope = Scope.open()) {
      Tensor p = values(d, 1, 13);
      Tensor[] state = {Tensor.zeros(d, 13), Tensor.zeros(d, 13)};
      for (int t = 1; t <= 6; t++) {
        float[] v = valuesOfStep.apply(t);
        Tensor values = Tensor.of(d, v, v.length);
        Tensor clip = Tensor.scalar(d, 1);
        Tensor[] in = {values, clip, p, values(d, 9 + t, 13), state[0], state[1]};
        Eager.run(op, Arrays.copyOf(in, 4 + slots));
      }
      same(name + ".y", p);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void aWrongLabelIsNamed(Device d) {
    try (Scope scope = Scope.open()) {
      Tensor y = Tensor.of(d, new int[] {0, 1, 3, 1}, 4);
      Tensor x = values(d, 1, 4, 3);
      named(() -> Losses.crossEntropy(x, y));
      named(() -> Losses.diceCrossEntropy(x, y, true, false, 1e-5f));
    }
  }

  private static void named(Executable wrong) {
    String message = assertThrows(IllegalArgumentException.class, wrong).getMessage();
    assertTrue(message.contains("label 3 at element 2"), message);
  }
}
