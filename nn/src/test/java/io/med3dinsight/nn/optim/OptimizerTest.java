package io.med3dinsight.nn.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.autograd.Gradients;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.Kernels;
import io.med3dinsight.engine.function.Losses;
import io.med3dinsight.engine.op.Add;
import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.SumTo;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.checkpoint.Checkpoint;
import io.med3dinsight.nn.checkpoint.Network;
import io.med3dinsight.nn.layer.Linear;
import io.med3dinsight.nn.layer.Sequential;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OptimizerTest {
  private final Device device = Device.of(new CpuBackend(2, Kernels.scalar(), true));
  @TempDir Path dir;

  @AfterEach
  void nothingIsLeftBehind() {
    assertEquals(0, device.backend().memory().active());
  }

  private Module net(long seed) {
    Setup s = Setup.of(device, seed);
    return new Sequential(s, new Linear(s, 3, 4), new Linear(s, 4, 2));
  }

  /** One step on data of its own; returns the loss. */
  private float train(Module net, Optimizer optimizer, Ema ema) {
    SplittableRandom r = new SplittableRandom(optimizer.steps());
    float[] x = new float[15];
    float[] y = new float[10];
    for (int i = 0; i < 15; i++) {
      x[i] = (float) r.nextDouble();
      y[i % 10] = (float) r.nextDouble();
    }
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor loss = Losses.mse(net.call(Tensor.of(device, x, 5, 3)), Tensor.of(device, y, 5, 2));
      Gradients g = tape.gradients(loss);
      double norm = optimizer.step(g::of, Schedule.poly(0.1, 100).at(optimizer.steps()), 0.5);
      assertTrue(norm > 0);
      if (ema != null) {
        ema.update(optimizer.steps());
      }
      return loss.item();
    }
  }

  @Test
  void aResumedRunGoesOnToTheSameBits() {
    Path p = dir.resolve("last.safetensors");
    Network network = new Network("two", null);
    float[] expected = new float[6];
    try (Module a = net(1);
        Adam opt = Adam.adamW(ParameterGroup.all(a, 0.01));
        Ema ema = new Ema(a.namedParameters(), 0.99);
        Module b = net(2);
        Adam opt2 = Adam.adamW(ParameterGroup.all(b, 0.01));
        Ema ema2 = new Ema(b.namedParameters(), 0.99)) {
      for (int i = 0; i < 12; i++) {
        float loss = train(a, opt, ema);
        if (i == 5) {
          Checkpoint.writer(network)
              .module(a)
              .section("optimizer", opt.namedState())
              .section("ema", ema.namedState())
              .write(p);
        } else if (i > 5) {
          expected[i - 6] = loss;
        }
      }
      try (Checkpoint c = Checkpoint.open(p)) {
        assertTrue(c.restore(b, network).complete());
        c.restoreSection("optimizer", opt2.namedState(), b);
        c.restoreSection("ema", ema2.namedState(), b);
        opt2.steps(6);
      }
      for (float e : expected) {
        assertEquals(e, train(b, opt2, ema2));
      }
      ema.namedState()
          .forEach((n, t) -> assertArrayEquals(t.toFloats(), ema2.namedState().get(n).toFloats()));
    }
  }

  @Test
  void clippingScalesGradientsThatShareMemoryOnce() {
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor a = Tensor.of(device, new float[] {1, 1}, 2).requireGrad();
      Tensor b = Tensor.of(device, new float[] {5, 5}, 2).requireGrad();
      try (Sgd opt = new Sgd(List.of(new ParameterGroup(Map.of("a", a, "b", b), 1, 0)), 0, false)) {
        Gradients g =
            tape.gradients(Eager.run1(new SumTo(Shape.of()), Eager.run1(new Add(), a, b)));
        // Each gradient is (1,1): global norm 2, clipped to 1 halves both.
        assertEquals(2, opt.step(g::of, 1, 1), 1e-6);
        assertArrayEquals(new float[] {0.5f, 0.5f}, a.toFloats(), 1e-6f);
        assertArrayEquals(new float[] {4.5f, 4.5f}, b.toFloats(), 1e-6f);
      }
    }
  }

  private Tensor scoped(float v) {
    return Tensor.of(device, new float[] {v}, 1).requireGrad();
  }

  @Test
  void aGradientThatIsNotFiniteIsNamedAndNothingChanges() {
    try (Scope scope = Scope.open()) {
      Tensor a = scoped(1);
      Tensor b = scoped(2);
      Tensor nan = scoped(Float.NaN);
      try (Adam opt =
          Adam.adam(
              List.of(
                  new ParameterGroup(Map.of("a", a), 1, 0),
                  new ParameterGroup(Map.of("b.weight", b), 1, 0)))) {
        UnaryOperator<Tensor> g = p -> p == b ? nan : a;
        NonFiniteGradientException e =
            assertThrows(NonFiniteGradientException.class, () -> opt.step(g, 0.1));
        assertTrue(
            e.getMessage().contains("Step 1: the gradient of 'b.weight' has norm NaN"),
            e.getMessage());
        assertEquals(0, opt.steps());
        assertEquals(1, a.item());
      }
    }
  }

  @Test
  void parametersWithoutGradientAndRateFactorsAreRespected() {
    try (Scope scope = Scope.open()) {
      Tensor a = scoped(1);
      Tensor b = scoped(1);
      Tensor still = scoped(7);
      try (Sgd opt =
          new Sgd(
              List.of(
                  new ParameterGroup(Map.of("a", a, "still", still), 1, 0),
                  new ParameterGroup(Map.of("b", b), 0.1, 0)),
              0.9,
              false)) {
        Tensor one = Tensor.full(device, 1, 1);
        double norm = opt.step(p -> p == still ? null : one, 0.5);
        assertEquals(Math.sqrt(2), norm, 1e-6);
        assertEquals(0.5f, a.item());
        assertEquals(0.95f, b.item());
        assertEquals(7, still.item());
        assertEquals(3, opt.namedState().size());
        assertFalse(opt.namedState().containsKey("momentum_buffer"));
      }
    }
  }

  @Test
  void aParameterBelongsToOneGroup() {
    try (Scope scope = Scope.open()) {
      ParameterGroup g = new ParameterGroup(Map.of("a", scoped(1)), 1, 0);
      assertThrows(IllegalArgumentException.class, () -> Adam.adam(List.of(g, g)));
    }
  }

  @Test
  void accumulationAverages() {
    try (Scope scope = Scope.open()) {
      Tensor a = scoped(1);
      Tensor b = scoped(1);
      try (GradientAccumulator acc = new GradientAccumulator(List.of(a, b))) {
        acc.add(p -> p == a ? Tensor.full(device, 2, 1) : null);
        acc.add(p -> p == a ? Tensor.full(device, 4, 1) : null);
        assertEquals(3, acc.mean().apply(a).item());
        assertEquals(3, acc.mean().apply(a).item());
        assertNull(acc.mean().apply(b));
        assertThrows(IllegalStateException.class, () -> acc.add(p -> null));
        acc.clear();
        acc.add(p -> Tensor.full(device, 9, 1));
        assertEquals(9, acc.mean().apply(b).item());
      }
    }
  }

  @Test
  void theMovingAverageStandsInForTheParametersAndGoesAway() {
    try (Scope scope = Scope.open()) {
      Tensor a = scoped(0);
      try (Ema ema = new Ema(Map.of("a", a), 0.9)) {
        a.copyFrom(new float[] {1});
        ema.update(0);
        // Decay (1+0)/(10+0) at step 0, 0.9 from step 80 on.
        assertEquals(0.9f, ema.namedState().get("a").item(), 1e-6);
        ema.update(1000);
        assertEquals(0.91f, ema.namedState().get("a").item(), 1e-6);
        try (Ema.Applied applied = ema.apply()) {
          assertEquals(0.91f, a.item(), 1e-6);
          assertTrue(a.requiresGrad());
        }
        assertEquals(1, a.item());
      }
    }
  }
}
