package io.med3dinsight.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.autograd.Gradients;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaOptions;
import io.med3dinsight.engine.cuda.SimulatedDriver;
import io.med3dinsight.engine.tensor.Arithmetic;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.kernels.ptx.SimulatorOptions;
import io.med3dinsight.network.UNet;
import io.med3dinsight.network.UNetConfig;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.loss.DiceCrossEntropyLoss;
import io.med3dinsight.nn.optim.Adam;
import io.med3dinsight.nn.optim.ParameterGroup;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Whole training steps on the kernels that ship, in the simulator, against the CPU. */
class SimulatedCudaTrainingTest {
  private static final UNetConfig NETWORK =
      new UNetConfig(1, new int[] {4, 8}, new int[][] {{1, 1, 1}, {2, 2, 2}}, 1, true);
  private static final int EXTENT = 8;
  private static final int STEPS = 3;

  /** What three steps leave behind. */
  private record Trained(List<double[]> steps, Map<String, float[]> parameters) {}

  private static Device simulated(Arithmetic arithmetic) {
    SimulatedDriver driver = new SimulatedDriver(SimulatorOptions.defaults().withHostThreads(2));
    CudaOptions options = CudaOptions.DEFAULT.ownKernels().with(arithmetic);
    return Device.of(new CudaBackend(driver, options));
  }

  private static Trained train(Device device) {
    SplittableRandom random = new SplittableRandom(5);
    float[] x = new float[2 * EXTENT * EXTENT * EXTENT];
    int[] y = new int[x.length];
    for (int i = 0; i < x.length; i++) {
      y[i] = i / EXTENT / EXTENT % EXTENT < 4 ? 0 : 1 + i % EXTENT / 4;
      x[i] = (float) (random.nextGaussian() * 0.3 + y[i]);
    }
    List<double[]> steps = new ArrayList<>();
    Map<String, float[]> parameters = new LinkedHashMap<>();
    try (Scope scope = Scope.open();
        UNet network = new UNet(Setup.of(device, 3), NETWORK, 3, 1);
        Adam adam = Adam.adam(ParameterGroup.all(network, 0))) {
      Tensor volume = Tensor.of(device, x, 2, EXTENT, EXTENT, EXTENT, 1);
      Tensor labels = Tensor.of(device, y, 2, EXTENT, EXTENT, EXTENT);
      for (int i = 0; i < STEPS; i++) {
        try (Scope step = Scope.open();
            Tape tape = Tape.open()) {
          Tensor loss = DiceCrossEntropyLoss.nnUNet().of(network.call(volume), labels);
          Gradients g = tape.gradients(loss);
          steps.add(new double[] {loss.item(), adam.step(g::of, 1e-3)});
        }
      }
      network.namedParameters().forEach((name, p) -> parameters.put(name, p.toFloats()));
    }
    return new Trained(steps, parameters);
  }

  private static void compare(Trained cpu, Trained cuda, double tolerance) {
    for (int i = 0; i < STEPS; i++) {
      double[] a = cpu.steps.get(i);
      double[] b = cuda.steps.get(i);
      assertEquals(a[0], b[0], tolerance * Math.abs(a[0]), "loss of step " + i);
      assertEquals(a[1], b[1], tolerance * a[1], "norm of the gradient in step " + i);
    }
  }

  @Test
  void aSegmentationStepEqualsTheCpu() {
    Trained cpu = train(Device.cpu(2));
    Trained cuda = train(simulated(Arithmetic.FP32));
    compare(cpu, cuda, 1e-4);
    assertTrue(cpu.steps.get(2)[0] < cpu.steps.get(0)[0], "the loss falls");
    cpu.parameters.forEach(
        (name, p) -> {
          float[] q = cuda.parameters.get(name);
          for (int i = 0; i < p.length; i++) {
            // Adam divides by the gradient's size, so that a small gradient's rounding counts.
            assertEquals(p[i], q[i], 2e-4, name + "[" + i + "]");
          }
        });
  }

  @Test
  void theSameBitsEachTime() {
    Trained once = train(simulated(Arithmetic.FP32));
    Trained again = train(simulated(Arithmetic.FP32));
    compare(once, again, 0);
    once.parameters.forEach((name, p) -> assertArrayEquals(p, again.parameters.get(name)));
  }

  @Test
  void reducedPrecisionStaysNear() {
    Trained cpu = train(Device.cpu(2));
    compare(cpu, train(simulated(Arithmetic.TF32)), 5e-3);
    compare(cpu, train(simulated(Arithmetic.BF16)), 5e-2);
  }

  /** Several models, each trained by a thread of its own, share a device as if alone on it. */
  @Test
  void severalModelsShareADevice() throws Exception {
    Trained alone = train(simulated(Arithmetic.FP32));
    Device shared = simulated(Arithmetic.FP32);
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      List<Future<Trained>> models = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        models.add(threads.submit(() -> train(shared)));
      }
      for (Future<Trained> model : models) {
        Trained trained = model.get();
        compare(alone, trained, 0);
        alone.parameters.forEach((n, p) -> assertArrayEquals(p, trained.parameters.get(n), n));
      }
    } finally {
      threads.shutdownNow();
    }
    assertEquals(0, shared.backend().memory().active());
  }
}
