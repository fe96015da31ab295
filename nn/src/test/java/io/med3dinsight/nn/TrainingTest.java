package io.med3dinsight.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.autograd.Gradients;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.function.Losses;
import io.med3dinsight.engine.op.Gelu;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.checkpoint.Checkpoint;
import io.med3dinsight.nn.checkpoint.LoadReport;
import io.med3dinsight.nn.checkpoint.Network;
import io.med3dinsight.nn.checkpoint.SafetensorsFile;
import io.med3dinsight.nn.layer.Conv3d;
import io.med3dinsight.nn.layer.ConvTranspose3d;
import io.med3dinsight.nn.layer.InstanceNorm;
import io.med3dinsight.nn.layer.LayerNorm;
import io.med3dinsight.nn.layer.Linear;
import io.med3dinsight.nn.loss.DiceCrossEntropyLoss;
import io.med3dinsight.nn.optim.Adam;
import io.med3dinsight.nn.optim.Optimizer;
import io.med3dinsight.nn.optim.ParameterGroup;
import io.med3dinsight.nn.optim.Schedule;
import io.med3dinsight.nn.optim.Sgd;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Five steps of two small networks against PyTorch in double precision (oracle/nn_training.py). */
class TrainingTest {
  private static final Device DEVICE = Device.cpu(2);
  @TempDir Path dir;

  private static final class ConvNet extends Module {
    private final Conv3d down;
    private final InstanceNorm norm1;
    private final Conv3d deep;
    private final InstanceNorm norm2;
    private final ConvTranspose3d up;
    private final Conv3d head;

    ConvNet(Setup s) {
      super(s);
      int[] three = Conv3d.cube(3);
      down =
          register("down", new Conv3d(s, 2, 4, Conv3d.Geometry.same(three, Conv3d.cube(1)), false));
      norm1 = register("norm1", InstanceNorm.leakyRelu(s, 4, 0.01f));
      deep =
          register("deep", new Conv3d(s, 4, 6, Conv3d.Geometry.same(three, Conv3d.cube(2)), false));
      norm2 = register("norm2", InstanceNorm.leakyRelu(s, 6, 0.01f));
      up = register("up", new ConvTranspose3d(s, 6, 4, Conv3d.cube(2)));
      head = register("head", new Conv3d(s, 4, 3, 1, 1));
    }

    @Override
    protected Tensor forward(Tensor x) {
      return head.call(up.call(norm2.call(deep.call(norm1.call(down.call(x))))));
    }
  }

  private static final class MlpNet extends Module {
    private final Linear fc1;
    private final LayerNorm norm;
    private final Linear fc2;

    MlpNet(Setup s) {
      super(s);
      fc1 = register("fc1", new Linear(s, 5, 7));
      norm = register("norm", new LayerNorm(s, 7));
      fc2 = register("fc2", new Linear(s, 7, 3));
    }

    @Override
    protected Tensor forward(Tensor x) {
      return fc2.call(norm.call(Gelu.of(fc1.call(x))));
    }
  }

  private static Optimizer optimizer(String name, Module net) {
    List<ParameterGroup> groups = ParameterGroup.decayMatricesOnly(net, 0.03);
    return switch (name) {
      case "adam" -> Adam.adam(groups);
      case "adamw" -> Adam.adamW(groups, 0.8, 0.95, 1e-6);
      case "sgd" -> new Sgd(groups, 0.9, false);
      case "nesterov" -> new Sgd(groups, 0.99, true);
      default -> throw new IllegalArgumentException(name);
    };
  }

  @ParameterizedTest
  @CsvSource({
    "conv,adam",
    "conv,adamw",
    "conv,sgd",
    "conv,nesterov",
    "mlp,adam",
    "mlp,adamw",
    "mlp,sgd",
    "mlp,nesterov"
  })
  void gradientsLossesAndWeightsAgreeWithPyTorch(String kind, String method) throws IOException {
    Path file = dir.resolve("fixture.safetensors");
    try (InputStream in =
        getClass().getResourceAsStream("training/" + kind + "_" + method + ".safetensors")) {
      Files.copy(in, file);
    }
    try (SafetensorsFile fixture = SafetensorsFile.open(file);
        Module net =
            kind.equals("conv")
                ? new ConvNet(Setup.of(DEVICE, 1))
                : new MlpNet(Setup.of(DEVICE, 1));
        Optimizer optimizer = optimizer(method, net)) {
      try (Checkpoint c = Checkpoint.open(file)) {
        LoadReport r = c.load(net, "init.");
        assertEquals(net.namedParameters().size(), r.matched().size(), r.summary());
      }
      Schedule schedule = Schedule.poly(0.05, 10);
      for (int step = 0; step < 5; step++) {
        step(net, optimizer, schedule, fixture, kind, step);
      }
      net.namedState()
          .forEach(
              (name, s) ->
                  compare(
                      fixture.floats("final." + name),
                      s.layout().toTorch(s.tensor().toFloats(), s.tensor().shape()),
                      name + " at the end"));
    }
  }

  /** Names, shapes and bytes that PyTorch wrote come back from a checkpoint written here. */
  @ParameterizedTest
  @CsvSource({"conv", "mlp"})
  void checkpointsHoldWhatPyTorchWouldLoad(String kind) throws IOException {
    Path file = dir.resolve("fixture.safetensors");
    try (InputStream in =
        getClass().getResourceAsStream("training/" + kind + "_adam.safetensors")) {
      Files.copy(in, file);
    }
    Path written = dir.resolve("ours.safetensors");
    try (Module net =
            kind.equals("conv")
                ? new ConvNet(Setup.of(DEVICE, 1))
                : new MlpNet(Setup.of(DEVICE, 1));
        Checkpoint c = Checkpoint.open(file)) {
      c.load(net, "init.");
      Checkpoint.writer(new Network(kind, null)).module(net).write(written);
    }
    try (SafetensorsFile fixture = SafetensorsFile.open(file);
        SafetensorsFile ours = SafetensorsFile.open(written)) {
      List<String> names = fixture.names().stream().filter(n -> n.startsWith("init.")).toList();
      assertEquals(names, ours.names().stream().map(n -> "init." + n).toList());
      for (String n : ours.names()) {
        assertEquals(fixture.shape("init." + n), ours.shape(n));
        assertArrayEquals(fixture.floats("init." + n), ours.floats(n));
      }
    }
  }

  private static void step(
      Module net,
      Optimizer optimizer,
      Schedule schedule,
      SafetensorsFile fixture,
      String kind,
      int step) {
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor x = Tensor.of(DEVICE, fixture.floats("x"), fixture.shape("x").toArray());
      long[] y = fixture.longs("y");
      int[] labels = new int[y.length];
      for (int i = 0; i < y.length; i++) {
        labels[i] = Math.toIntExact(y[i]);
      }
      Tensor target = Tensor.of(DEVICE, labels, fixture.shape("y").toArray());
      Tensor logits = net.call(x);
      Tensor loss =
          kind.equals("conv")
              ? DiceCrossEntropyLoss.nnUNet().of(logits, target)
              : Losses.crossEntropy(logits, target);
      assertEquals(fixture.floats("losses")[step], loss.item(), 1e-4, "loss of step " + step);
      Gradients g = tape.gradients(loss);
      net.namedState()
          .forEach(
              (name, s) ->
                  compare(
                      fixture.floats("grad" + step + "." + name),
                      s.layout().toTorch(g.of(s.tensor()).toFloats(), s.tensor().shape()),
                      "gradient of " + name + " in step " + step));
      double norm = optimizer.step(g::of, schedule.at(optimizer.steps()), 0.7);
      assertEquals(fixture.floats("norms")[step], norm, 1e-4 * norm, "norm of step " + step);
    }
  }

  private static void compare(float[] expected, float[] got, String what) {
    double scale = 0;
    for (float e : expected) {
      scale = Math.max(scale, Math.abs(e));
    }
    assertEquals(expected.length, got.length, what);
    for (int i = 0; i < got.length; i++) {
      double difference = Math.abs(expected[i] - got[i]);
      assertTrue(
          difference <= 1e-4 * scale,
          what + ": " + got[i] + " instead of " + expected[i] + " at " + i);
    }
  }
}
