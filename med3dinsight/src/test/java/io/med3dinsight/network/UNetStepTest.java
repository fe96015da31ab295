package io.med3dinsight.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.autograd.Gradients;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.Kernels;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.checkpoint.Checkpoint;
import io.med3dinsight.nn.checkpoint.SafetensorsFile;
import io.med3dinsight.nn.loss.DeepSupervision;
import io.med3dinsight.nn.loss.DiceCrossEntropyLoss;
import io.med3dinsight.nn.optim.Adam;
import io.med3dinsight.nn.optim.Optimizer;
import io.med3dinsight.nn.optim.ParameterGroup;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * One training step of the UNet against PyTorch in double precision (oracle/unet_step.py): scores,
 * loss, every gradient, and the weights after a step of Adam.
 */
class UNetStepTest {
  private static final int[][] STRIDES = {{1, 1, 1}, {2, 2, 2}, {2, 2, 2}, {1, 2, 2}};
  private static final int[][] FLAT_STRIDES = {{1, 1, 1}, {1, 2, 2}, {1, 2, 2}, {2, 2, 2}};
  private static final int[][] FLAT_KERNELS = {{1, 3, 3}, {1, 3, 3}, {3, 3, 3}, {3, 3, 3}};
  private static final double TOLERANCE = 1e-4;
  @TempDir Path dir;

  @ParameterizedTest(name = "{0}, {1}")
  @CsvSource({
    "residual,scalar",
    "residual,simd",
    "plain,scalar",
    "plain,simd",
    "flat,scalar",
    "flat,simd"
  })
  void agreesWithPyTorch(String kind, String kernels) throws IOException {
    Path file = dir.resolve("step.safetensors");
    try (InputStream in = getClass().getResourceAsStream("unet_" + kind + ".safetensors")) {
      Files.copy(in, file);
    }
    Kernels k = kernels.equals("simd") ? Kernels.simd() : Kernels.scalar();
    Device device = Device.of(new CpuBackend(2, k, true));
    int[] channels = {4, 6, 8, 10};
    UNetConfig config =
        kind.equals("flat")
            ? new UNetConfig(2, channels, FLAT_STRIDES, FLAT_KERNELS, 2, true)
            : new UNetConfig(2, channels, STRIDES, 2, kind.equals("residual"));
    try (SafetensorsFile fixture = SafetensorsFile.open(file);
        Checkpoint start = Checkpoint.open(file);
        UNet net = new UNet(Setup.of(device, 1), config, 3, 3);
        Optimizer adam = Adam.adam(ParameterGroup.decayMatricesOnly(net, 0), 0.9, 0.999, 1e-4)) {
      assertEquals(net.namedState().size(), start.load(net, "init.").matched().size());
      long given = fixture.names().stream().filter(n -> n.startsWith("init.")).count();
      assertEquals(given, net.namedState().size(), "parameters");
      step(fixture, device, net, adam);
    }
  }

  private static void step(SafetensorsFile fixture, Device device, UNet net, Optimizer adam) {
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor x = Tensor.of(device, fixture.floats("x"), fixture.shape("x").toArray());
      int[] y = Arrays.stream(fixture.longs("y")).mapToInt(Math::toIntExact).toArray();
      Tensor labels = Tensor.of(device, y, fixture.shape("y").toArray());
      Tensor[] levels = net.levels(x);
      compare(fixture.floats("scores"), levels[0].toFloats(), "scores");
      assertArrayEquals(fixture.shape("scores").toArray(), levels[0].shape().toArray());
      Tensor loss = new DeepSupervision(DiceCrossEntropyLoss.nnUNet()).of(List.of(levels), labels);
      compare(fixture.floats("loss"), loss.toFloats(), "loss");
      Gradients g = tape.gradients(loss);
      net.namedState()
          .forEach(
              (name, s) ->
                  compare(
                      fixture.floats("grad." + name),
                      s.layout().toTorch(g.of(s.tensor()).toFloats(), s.tensor().shape()),
                      "gradient of " + name));
      adam.step(g::of, 0.01, Double.POSITIVE_INFINITY);
      net.namedState()
          .forEach(
              (name, s) ->
                  compare(
                      fixture.floats("final." + name),
                      s.layout().toTorch(s.tensor().toFloats(), s.tensor().shape()),
                      name + " after the step"));
    }
  }

  /** Differences relative to the largest of the tensor's values. */
  private static void compare(float[] expected, float[] got, String what) {
    assertEquals(expected.length, got.length, what);
    double scale = 0;
    for (float e : expected) {
      scale = Math.max(scale, Math.abs(e));
    }
    assertTrue(scale > 0, what + ": nothing to compare with");
    for (int i = 0; i < got.length; i++) {
      double difference = Math.abs(expected[i] - got[i]);
      assertTrue(
          difference <= TOLERANCE * scale,
          what + ": " + got[i] + " instead of " + expected[i] + " at " + i);
    }
  }
}
