package io.med3dinsight.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.op.AdamStep;
import io.med3dinsight.engine.op.ClipFactor;
import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.EmaStep;
import io.med3dinsight.engine.op.EmaUpdate;
import io.med3dinsight.engine.op.Op;
import io.med3dinsight.engine.op.SgdStep;
import io.med3dinsight.engine.op.SumOfSquares;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.kernels.ptx.SimulatorOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Optimiser steps of more tensors than one launch takes, and their replay. */
class StepKernelsTest {
  private static final int TENSORS = 150;

  private final SimulatedDriver driver = new SimulatedDriver(SimulatorOptions.defaults());
  private final Device device =
      Device.of(new CudaBackend(driver, CudaOptions.DEFAULT.ownKernels(), true));

  /** Tuples of sizes from 0 to several blocks, some of them at odd addresses. */
  private static List<Tensor> tuples(Device on, int width) {
    SplittableRandom r = new SplittableRandom(1);
    List<Tensor> all = new ArrayList<>();
    for (int k = 0; k < TENSORS; k++) {
      int n = k % 50 == 7 ? 9001 : k * 3 % 40;
      for (int i = 0; i < width; i++) {
        float[] v = new float[n + 3];
        for (int e = 0; e < v.length; e++) {
          v[e] = (float) (i == 3 ? r.nextDouble() : r.nextDouble(-1, 1));
        }
        Tensor whole = Tensor.of(on, v, v.length);
        int start = k % 3 == 0 ? 0 : k % 3;
        all.add(whole.view(start, Shape.of(n)));
      }
    }
    return all;
  }

  private static float[][] after(Device on, Op op, int width, Float clip, float... values) {
    try (Scope s = Scope.open()) {
      List<Tensor> in = new ArrayList<>();
      if (values.length > 0) {
        in.add(Tensor.of(on, values, values.length));
      }
      if (clip != null) {
        in.add(Tensor.scalar(on, clip));
      }
      List<Tensor> tuples = tuples(on, width);
      in.addAll(tuples);
      Eager.run(op, in.toArray(new Tensor[0]));
      return tuples.stream().map(Tensor::toFloats).toArray(float[][]::new);
    }
  }

  private void check(Op op, int width, Float clip, float... values) {
    float[][] expected = after(Device.cpu(), op, width, clip, values);
    float[][] actual = after(device, op, width, clip, values);
    for (int i = 0; i < expected.length; i++) {
      assertArrayEquals(expected[i], actual[i], 2e-6f, op + ", tensor " + i);
    }
  }

  @Test
  void manyTensors() {
    for (boolean decoupled : new boolean[] {false, true}) {
      AdamStep adam = new AdamStep(0.9, 0.99, 1e-4, 0.1, decoupled);
      check(adam, 4, 0.37f, adam.values(0.01, 3));
    }
    for (boolean nesterov : new boolean[] {false, true}) {
      check(new SgdStep(0.9, nesterov, 0.05), 3, 0.37f, 0.1f);
    }
    check(new SgdStep(0, false, 0.05), 2, 0.37f, 0.1f);
    check(new EmaStep(0.9f), 2, null);
    check(new EmaUpdate(), 2, null, 0.2f);
  }

  @Test
  void aClipFactorOfNaNChangesNothing() {
    AdamStep adam = new AdamStep(0.9, 0.99, 1e-4, 0.1, true);
    try (Scope s = Scope.open()) {
      float[][] before = tuples(device, 4).stream().map(Tensor::toFloats).toArray(float[][]::new);
      float[][] actual = after(device, adam, 4, Float.NaN, adam.values(0.01, 3));
      for (int i = 0; i < before.length; i++) {
        assertArrayEquals(before[i], actual[i]);
      }
    }
  }

  @Test
  void theNormOfManyTensorsClipsThem() {
    float[] result = new float[4];
    int at = 0;
    for (Device on : new Device[] {Device.cpu(), device}) {
      try (Scope s = Scope.open()) {
        Tensor squared = Eager.run1(new SumOfSquares(), tuples(on, 1).toArray(new Tensor[0]));
        result[at++] = squared.item();
        result[at++] = Eager.run1(new ClipFactor(5), squared).item();
      }
    }
    assertEquals(1, result[2] / result[0], 1e-6);
    assertEquals(result[1], result[3], 1e-7);
    assertTrue(result[1] < 1);
    try (Scope s = Scope.open()) {
      Tensor huge = Tensor.of(device, new float[] {3e38f, 3e38f}, 2);
      Tensor squared = Eager.run1(new SumOfSquares(), huge);
      assertTrue(Float.isNaN(Eager.run1(new ClipFactor(5), squared).item()));
    }
  }

  /** A captured step takes the values that stand in its tensors when it is replayed. */
  @Test
  void aReplayedStepTakesNewValues() {
    AdamStep adam = new AdamStep(0.9, 0.99, 1e-4, 0.1, true);
    float[] start = {1, 2, 3};
    float[] gradient = {0.5f, -1, 2};
    float[][] expected = new float[3][];
    try (Scope s = Scope.open()) {
      Tensor[] in = tensors(Device.cpu(), start, gradient);
      for (int t = 1; t <= 3; t++) {
        in[0].copyFrom(adam.values(0.1 / t, t));
        Eager.run(adam, in);
        expected[t - 1] = in[2].toFloats();
      }
    }
    try (Scope s = Scope.open()) {
      Tensor[] in = tensors(device, start, gradient);
      driver.beginCapture();
      Eager.run(adam, in);
      try (CudaDriver.Graph graph = driver.endCapture()) {
        for (int t = 1; t <= 3; t++) {
          in[0].copyFrom(adam.values(0.1 / t, t));
          graph.launch();
          assertArrayEquals(expected[t - 1], in[2].toFloats(), 1e-6f);
        }
      }
    }
  }

  private static Tensor[] tensors(Device on, float[] start, float[] gradient) {
    return new Tensor[] {
      Tensor.zeros(on, AdamStep.VALUES),
      Tensor.scalar(on, 1),
      Tensor.of(on, start, 3),
      Tensor.of(on, gradient, 3),
      Tensor.zeros(on, 3),
      Tensor.zeros(on, 3)
    };
  }
}
