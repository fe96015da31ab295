package io.med3dinsight.nn.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaDriver;
import io.med3dinsight.engine.cuda.CudaOptions;
import io.med3dinsight.engine.cuda.SimulatedDriver;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.kernels.ptx.SimulatorOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Optimisers on simulated CUDA: as on the CPU, and replayed as a graph. */
class CudaOptimizerTest {
  private static final int STEPS = 4;
  private static final double MAX_NORM = 0.8;

  private final SimulatedDriver driver = new SimulatedDriver(SimulatorOptions.defaults());
  private final Device cuda = Device.of(new CudaBackend(driver, CudaOptions.DEFAULT.ownKernels()));

  /** Two groups of parameters, their gradients and their average. */
  private static final class Setting implements AutoCloseable {
    final Map<Tensor, Tensor> gradients = new LinkedHashMap<>();
    final Optimizer optimizer;
    final Ema ema;

    Setting(Device on, boolean adam) {
      Map<String, Tensor> first = new LinkedHashMap<>();
      Map<String, Tensor> second = new LinkedHashMap<>();
      for (int k = 0; k < 6; k++) {
        float[] p = new float[5 + k];
        float[] g = new float[5 + k];
        for (int i = 0; i < p.length; i++) {
          p[i] = (float) Math.sin(k + 3 * i);
          g[i] = (float) Math.cos(2 * k + i);
        }
        Tensor parameter = Tensor.of(on, p, p.length);
        (k % 2 == 0 ? first : second).put("p" + k, parameter);
        gradients.put(parameter, Tensor.of(on, g, g.length));
      }
      List<ParameterGroup> groups =
          List.of(new ParameterGroup(first, 1, 0.1), new ParameterGroup(second, 0.5, 0));
      optimizer = adam ? Adam.adamW(groups) : new Sgd(groups, 0.9, true);
      ema = new Ema(first, 0.9);
    }

    UnaryOperator<Tensor> gradient() {
      return gradients::get;
    }

    static double rate(int step) {
      return 0.1 / (1 + step);
    }

    float[][] values() {
      List<float[]> all = new ArrayList<>();
      gradients.keySet().forEach(p -> all.add(p.toFloats()));
      ema.namedState().values().forEach(t -> all.add(t.toFloats()));
      return all.toArray(new float[0][]);
    }

    @Override
    public void close() {
      optimizer.close();
      ema.close();
    }
  }

  private static float[][] eager(Device on, boolean adam) {
    try (Scope scope = Scope.open();
        Setting s = new Setting(on, adam)) {
      for (int t = 0; t < STEPS; t++) {
        double norm = s.optimizer.step(s.gradient(), Setting.rate(t), MAX_NORM);
        assertTrue(norm > MAX_NORM, "gradients are to be clipped, but their norm is " + norm);
        s.ema.update(s.optimizer.steps());
      }
      return s.values();
    }
  }

  private float[][] replayed(boolean adam) {
    try (Scope scope = Scope.open();
        Setting s = new Setting(cuda, adam)) {
      driver.beginCapture();
      Tensor squared = s.optimizer.update(s.gradient(), MAX_NORM);
      s.ema.update();
      try (CudaDriver.Graph graph = driver.endCapture()) {
        for (int t = 0; t < STEPS; t++) {
          s.optimizer.prepare(Setting.rate(t));
          s.ema.prepare(t + 1);
          graph.launch();
          assertTrue(s.optimizer.finish(squared, s.gradient()) > MAX_NORM);
          assertEquals(t + 1, s.optimizer.steps());
        }
      }
      return s.values();
    }
  }

  @Test
  void stepsAreThoseOfTheCpuAlsoWhenReplayed() {
    for (boolean adam : new boolean[] {true, false}) {
      float[][] expected = eager(Device.cpu(), adam);
      float[][] onCuda = eager(cuda, adam);
      float[][] replayed = replayed(adam);
      for (int i = 0; i < expected.length; i++) {
        assertArrayEquals(expected[i], onCuda[i], 2e-6f);
        assertArrayEquals(onCuda[i], replayed[i], "the replay is to give the same bits");
      }
    }
  }

  @Test
  void aReplayedStepThatIsNotFiniteChangesNothing() {
    try (Scope scope = Scope.open();
        Setting s = new Setting(cuda, true)) {
      Tensor bad = s.gradients.values().iterator().next();
      float[] values = bad.toFloats();
      values[2] = Float.POSITIVE_INFINITY;
      bad.copyFrom(values);
      float[][] before = s.values();
      s.optimizer.prepare(0.1);
      driver.beginCapture();
      Tensor squared = s.optimizer.update(s.gradient(), MAX_NORM);
      try (CudaDriver.Graph graph = driver.endCapture()) {
        graph.launch();
      }
      NonFiniteGradientException e =
          assertThrows(
              NonFiniteGradientException.class, () -> s.optimizer.finish(squared, s.gradient()));
      assertTrue(e.getMessage().contains("'p0'"), e.getMessage());
      assertEquals(0, s.optimizer.steps());
      float[][] after = s.values();
      for (int i = 0; i < before.length; i++) {
        assertArrayEquals(before[i], after[i]);
      }
    }
  }
}
