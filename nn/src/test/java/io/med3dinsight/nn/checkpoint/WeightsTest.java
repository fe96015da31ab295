package io.med3dinsight.nn.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.nn.Init;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.layer.Conv3d;
import io.med3dinsight.nn.layer.ConvTranspose3d;
import io.med3dinsight.nn.layer.LayerNorm;
import io.med3dinsight.nn.layer.Linear;
import io.med3dinsight.nn.layer.Mlp;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Weights that move between PyTorch and this project. */
class WeightsTest {
  @TempDir Path dir;

  /** The module of oracle/torch_files.py. */
  private static final class Net extends Module {
    Net(int rows) {
      super(Setup.of(Device.cpu(), 3));
      Setup s = Setup.of(Device.cpu(), 3);
      int[] one = {1, 1, 1};
      int[] none = {0, 0, 0};
      Conv3d.Geometry g = new Conv3d.Geometry(new int[] {3, 2, 1}, one, none, one, 1);
      register("conv", new Conv3d(s, 2, 3, g, true));
      register("up", new ConvTranspose3d(s, 3, 2, new int[] {2, 2, 2}));
      String[] names = {"linear1", "linear2"};
      register("mlp", new Mlp(s, 4, 5, names, Init.ones(), Init.zeros()));
      register("norm", new LayerNorm(s, 4));
      int[] index = new int[3 * rows];
      for (int i = 0; i < index.length; i++) {
        index[i] = i;
      }
      constant("index", index, rows, 3);
    }
  }

  private Path resource(String name) throws IOException {
    Path p = dir.resolve(name);
    try (InputStream in = getClass().getResourceAsStream("/io/med3dinsight/nn/torch/" + name)) {
      Files.copy(in, p);
    }
    return p;
  }

  private static int[] bits(float[] v) {
    int[] b = new int[v.length];
    for (int i = 0; i < b.length; i++) {
      b[i] = Float.floatToRawIntBits(v[i]);
    }
    return b;
  }

  /** From PyTorch into a module and out again, every bit the same, under the same names. */
  @Test
  void roundTripKeepsEveryBit() throws IOException {
    Path written = dir.resolve("written.safetensors");
    try (Net net = new Net(2);
        TensorSource original = Weights.open(resource("roundtrip.pth"))) {
      LoadReport report = Weights.load(net, original);
      assertTrue(report.complete(), report.summary());
      assertEquals(10, report.matched().size());
      assertEquals("", report.renaming());
      Weights.write(written, net);
      try (TensorSource back = Weights.open(written)) {
        assertEquals(new TreeSet<>(original.names()), new TreeSet<>(back.names()));
        for (String n : original.names()) {
          assertEquals(original.shape(n), back.shape(n), n);
          if (original.floating(n)) {
            assertArrayEquals(bits(original.floats(n)), bits(back.floats(n)), n);
          } else {
            assertArrayEquals(original.longs(n), back.longs(n), n);
          }
        }
      }
    }
  }

  /** {@code module.} goes, and fc1 is linear1; what lies beside the state dict does not disturb. */
  @Test
  void prefixesAndSpellingsAreFoundOut() throws IOException {
    try (Net net = new Net(2);
        TensorSource f = Weights.open(resource("training.pth"))) {
      LoadReport report = Weights.load(net, f);
      assertTrue(report.complete(), report.summary());
      assertTrue(report.summary().contains("'module.' read as ''"), report.summary());
      float[] here = net.namedParameters().get("mlp.linear1.bias").toFloats();
      assertArrayEquals(f.floats("module.mlp.fc1.bias"), here);
    }
  }

  @Test
  void aPartOfANetworkIsFoundOut() throws IOException {
    Path whole = dir.resolve("whole.safetensors");
    SafetensorsWriter out = new SafetensorsWriter();
    out.tensor("backbone.swin_vit.a.weight", Shape.of(3, 2), () -> new float[] {1, 2, 3, 4, 5, 6});
    out.tensor("backbone.swin_vit.a.bias", Shape.of(3), () -> new float[] {7, 8, 9});
    out.tensor("backbone.head.weight", Shape.of(1), () -> new float[] {0});
    out.write(whole);
    try (Linear a = new Linear(Setup.of(Device.cpu(), 1), 2, 3);
        TensorSource f = Weights.open(whole)) {
      LoadReport report = Weights.load(a, f);
      assertEquals(2, report.matched().size());
      assertEquals(List.of("backbone.head.weight"), report.unexpected());
      assertArrayEquals(new float[] {7, 8, 9}, a.namedParameters().get("bias").toFloats());
    }
  }

  @Test
  void nothingThatFitsIsAnError() throws IOException {
    try (Linear other = new Linear(Setup.of(Device.cpu(), 1), 17, 19);
        TensorSource f = Weights.open(resource("roundtrip.pth"))) {
      CheckpointException e = assertThrows(CheckpointException.class, () -> Weights.load(other, f));
      assertTrue(e.getMessage().contains("holds nothing for Linear"), e.getMessage());
      assertTrue(e.getMessage().contains("roundtrip.pth"), e.getMessage());
    }
  }

  /** Constants follow from the module's shape: other ones mean another shape. */
  @Test
  void otherConstantsAreReported() throws IOException {
    try (Net net = new Net(3);
        TensorSource f = Weights.open(resource("roundtrip.pth"))) {
      LoadReport report = Weights.load(net, f);
      assertEquals(1, report.wrongShape().size(), report.summary());
      assertTrue(report.wrongShape().get(0).startsWith("index "), report.summary());
    }
  }

  @Test
  void shardsAreReadThroughTheirIndex() throws IOException {
    new SafetensorsWriter()
        .tensor("weight", Shape.of(3, 2), () -> new float[] {1, 2, 3, 4, 5, 6})
        .write(dir.resolve("model-00001-of-00002.safetensors"));
    new SafetensorsWriter()
        .tensor("bias", Shape.of(3), () -> new float[] {7, 8, 9})
        .write(dir.resolve("model-00002-of-00002.safetensors"));
    Path index = dir.resolve("model.safetensors.index.json");
    Files.writeString(
        index,
        "{\"metadata\": {\"total_size\": 36}, \"weight_map\": {"
            + "\"weight\": \"model-00001-of-00002.safetensors\","
            + "\"bias\": \"model-00002-of-00002.safetensors\"}}");
    try (Linear a = new Linear(Setup.of(Device.cpu(), 1), 2, 3);
        TensorSource f = Weights.open(dir)) {
      assertTrue(Weights.load(a, f).complete());
      assertArrayEquals(new float[] {7, 8, 9}, a.namedParameters().get("bias").toFloats());
    }
    Files.writeString(index, "{\"weight_map\": {\"weight\": \"../elsewhere.safetensors\"}}");
    CheckpointException e = assertThrows(CheckpointException.class, () -> Weights.open(index));
    assertTrue(e.getMessage().contains("../elsewhere.safetensors"), e.getMessage());
    Files.writeString(index, "{\"weight_map\": {\"other\": \"model-00001-of-00002.safetensors\"}}");
    e = assertThrows(CheckpointException.class, () -> Weights.open(index));
    assertTrue(e.getMessage().contains("'other'"), e.getMessage());
    Files.writeString(index, "{\"weight_map\": ");
    assertThrows(CheckpointException.class, () -> Weights.open(index));
  }
}
