package io.med3dinsight.nn.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Rng;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.data.SampleKey;
import io.med3dinsight.nn.layer.Conv3d;
import io.med3dinsight.nn.layer.ConvTranspose3d;
import io.med3dinsight.nn.layer.Linear;
import io.med3dinsight.nn.layer.Sequential;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointTest {
  private final Device device = Device.cpu(1);
  @TempDir Path dir;

  private Module net(long seed, int channels) {
    Setup s = Setup.of(device, seed);
    return new Sequential(
        s,
        new Conv3d(s, 2, channels, 3, 1),
        new ConvTranspose3d(s, channels, 3, new int[] {2, 2, 1}),
        new Linear(s, 3, 5));
  }

  private static Network network(int channels) {
    ObjectNode config = new ObjectMapper().createObjectNode().put("channels", (long) channels);
    return new Network("unet", config);
  }

  private Path write(Module m, Network n) {
    Path p = dir.resolve("last.safetensors");
    Checkpoint.writer(n).module(m).write(p);
    return p;
  }

  private static void assertSameParameters(Module a, Module b) {
    a.namedParameters()
        .forEach(
            (n, t) -> assertArrayEquals(t.toFloats(), b.namedParameters().get(n).toFloats(), n));
  }

  @Test
  void aModuleIsRestoredExactly() {
    try (Module a = net(1, 4);
        Module b = net(2, 4);
        Checkpoint c = Checkpoint.open(write(a, network(4)))) {
      LoadReport report = c.restore(b, network(4));
      assertTrue(report.complete());
      assertEquals(6, report.matched().size());
      assertSameParameters(a, b);
    }
  }

  @Test
  void weightsAreStoredInPyTorchsOrder() {
    try (Module a = net(1, 4);
        SafetensorsFile f = SafetensorsFile.open(write(a, network(4)))) {
      assertEquals(Shape.of(4, 2, 3, 3, 3), f.shape("0.weight"));
      assertEquals(Shape.of(4, 3, 2, 2, 1), f.shape("1.weight"));
      assertEquals(Shape.of(5, 3), f.shape("2.weight"));
      // Ours [kD,kH,kW,in,out] at (0,1,2,1,3); PyTorch's [out,in,kD,kH,kW] at (3,1,0,1,2).
      float[] ours = a.namedParameters().get("0.weight").toFloats();
      assertEquals(
          ours[((1 * 3 + 2) * 2 + 1) * 4 + 3], f.floats("0.weight")[(3 * 2 + 1) * 27 + 1 * 3 + 2]);
    }
  }

  @Test
  void sectionsAndStateComeBack() {
    try (Module a = net(1, 4);
        Scope s = Scope.open()) {
      Map<String, Tensor> moments = new LinkedHashMap<>();
      a.namedParameters()
          .forEach(
              (name, t) -> {
                float[] v = t.toFloats();
                v[0] = 42;
                moments.put("exp_avg/" + name, Tensor.of(device, v, t.shape().toArray()));
              });
      Rng rng = new Rng(9);
      long taken = rng.take(1234567890123L);
      assertEquals(0, taken);
      StepState state = StepState.of(17, new SampleKey(5, 3, 2), Map.of("dropout", rng));
      Path p = dir.resolve("x");
      Checkpoint.writer(network(4))
          .module(a)
          .section("optimizer", moments)
          .state(state.toJson())
          .write(p);
      try (Checkpoint c = Checkpoint.open(p)) {
        assertTrue(c.restore(a, network(4)).complete(), "sections are no part of the module");
        assertTrue(c.hasSection("optimizer"));
        assertFalse(c.hasSection("ema"));
        Map<String, Tensor> back = new LinkedHashMap<>();
        moments.forEach((n, t) -> back.put(n, Tensor.zeros(device, t.shape().toArray())));
        c.restoreSection("optimizer", back, a);
        moments.forEach((n, t) -> assertArrayEquals(t.toFloats(), back.get(n).toFloats(), n));
        StepState again = StepState.fromJson(c.state());
        assertEquals(state, again);
        Rng other = new Rng(9);
        again.restore(Map.of("dropout", other));
        assertEquals(1234567890123L, other.position());
        assertThrows(CheckpointException.class, () -> again.restore(Map.of("dropout", new Rng(8))));
        back.remove("exp_avg/0.bias");
        CheckpointException e =
            assertThrows(CheckpointException.class, () -> c.restoreSection("optimizer", back, a));
        assertTrue(e.getMessage().contains("'optimizer/exp_avg/0.bias'"), e.getMessage());
        back.put("exp_avg/0.bias", Tensor.zeros(device, 99));
        assertThrows(CheckpointException.class, () -> c.restoreSection("optimizer", back, a));
      }
    }
  }

  @Test
  void aCheckpointOfAnotherNetworkNamesBoth() {
    try (Module a = net(1, 4);
        Module b = net(2, 8);
        Checkpoint c = Checkpoint.open(write(a, network(4)))) {
      CheckpointException e =
          assertThrows(CheckpointException.class, () -> c.restore(b, network(8)));
      assertEquals(
          "Checkpoint '"
              + dir.resolve("last.safetensors")
              + "' holds another network: it was written by unet {\"channels\":4}, but unet {\"channels\":8} is expected.",
          e.getMessage());
    }
  }

  @Test
  void nothingIsCopiedUnlessEverythingFits() {
    try (Module a = net(1, 4);
        Module b = net(2, 8);
        Module same = net(2, 8);
        Checkpoint c = Checkpoint.open(write(a, network(8)))) {
      CheckpointException e =
          assertThrows(CheckpointException.class, () -> c.restore(b, network(8)));
      assertTrue(
          e.getMessage()
              .contains("3 of another shape (0.weight [4,2,3,3,3] instead of [8,2,3,3,3]"),
          e.getMessage());
      assertSameParameters(same, b);
    }
  }

  @Test
  void aPartialLoadReportsEachKind() {
    Setup s = Setup.of(device, 3);
    try (Module a = net(1, 4);
        Module b =
            new Sequential(
                s,
                new Conv3d(s, 2, 4, 3, 1),
                new Linear(s, 9, 9),
                new Linear(s, 3, 5),
                new Linear(s, 1, 1));
        Checkpoint c = Checkpoint.open(write(a, network(4)))) {
      LoadReport r = c.load(b, "");
      assertEquals(List.of("0.weight", "0.bias", "2.weight", "2.bias"), r.matched());
      assertEquals(List.of("3.weight", "3.bias"), r.missing());
      assertEquals(2, r.wrongShape().size());
      assertTrue(r.unexpected().isEmpty());
      assertEquals(
          "4 matched, 2 missing (3.weight, 3.bias), 2 of another shape (1.weight [4,3,2,2,1] instead of [9,9], 1.bias [3] instead of [9])",
          r.summary());
      try (Linear alone = new Linear(s, 3, 5)) {
        LoadReport one = c.load(alone, "2.");
        assertEquals(2, one.matched().size());
        assertEquals(4, one.unexpected().size());
        CheckpointException e =
            assertThrows(CheckpointException.class, () -> c.load(alone, "nothing."));
        assertTrue(
            e.getMessage().contains("holds nothing for Linear: 0 matched, 2 missing"),
            e.getMessage());
      }
    }
  }

  @Test
  void aFileCutInHalfIsRefusedInOneSentence() throws IOException {
    try (Module a = net(1, 4)) {
      Path p = write(a, network(4));
      byte[] whole = Files.readAllBytes(p);
      Files.write(p, Arrays.copyOf(whole, whole.length / 2));
      CheckpointException e = assertThrows(CheckpointException.class, () -> Checkpoint.open(p));
      assertTrue(e.getMessage().contains(p.toString()), e.getMessage());
      assertTrue(e.getMessage().contains("cut short"), e.getMessage());
    }
  }

  @Test
  void filesOfOtherOriginAndLaterVersionsAreNamed() {
    Path p = dir.resolve("x");
    new SafetensorsWriter().tensor("a", Shape.of(1), () -> new float[1]).write(p);
    try (Checkpoint c = Checkpoint.open(p)) {
      assertThrows(CheckpointException.class, c::network);
      assertThrows(CheckpointException.class, c::state);
    }
    new SafetensorsWriter().metadata("format_version", "2").write(p);
    CheckpointException e = assertThrows(CheckpointException.class, () -> Checkpoint.open(p));
    assertTrue(e.getMessage().contains("format version 2"), e.getMessage());
  }

  @Test
  void aStateWithoutItsFieldsIsRefused() {
    ObjectNode n = new StepState(1, new SampleKey(1, 0, 0), Map.of()).toJson();
    n.put("step", "many");
    CheckpointException e = assertThrows(CheckpointException.class, () -> StepState.fromJson(n));
    assertTrue(e.getMessage().contains("no integer 'step'"), e.getMessage());
    n.put("step", 1).put("epoch", 1L << 40);
    assertThrows(CheckpointException.class, () -> StepState.fromJson(n));
  }
}
