package io.med3dinsight.encoder2d;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.autograd.Gradients;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.checkpoint.Checkpoint;
import io.med3dinsight.nn.checkpoint.SafetensorsFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole model against PyTorch in double precision (oracle/slice_text.py). */
class SliceTextModelTest {
  private static final Device DEVICE = Device.cpu(2);
  private static final SliceTextConfig CONFIG =
      new SliceTextConfig(8, 12, 2, 3, 16, 7, 5, 1, 1e-3, 0);

  @TempDir Path dir;

  private static SliceTextModel model() {
    WordTokenizer sixWords = WordTokenizer.of(List.of("a b c d e f"));
    return new SliceTextModel(Setup.of(DEVICE, 1), CONFIG, sixWords);
  }

  @Test
  void embeddingsLossAndGradientsAgreeWithPyTorch() throws IOException {
    Path file = dir.resolve("fixture.safetensors");
    try (InputStream in = getClass().getResourceAsStream("slice_text.safetensors")) {
      Files.copy(in, file);
    }
    try (SafetensorsFile fixture = SafetensorsFile.open(file);
        SliceTextModel model = model();
        Checkpoint c = Checkpoint.open(file)) {
      assertEquals(model.namedState().size(), c.load(model, "weight/").matched().size());
      try (Scope scope = Scope.open();
          Tape tape = Tape.open()) {
        int[] ids = new int[fixture.longs("ids").length];
        for (int i = 0; i < ids.length; i++) {
          ids[i] = Math.toIntExact(fixture.longs("ids")[i]);
        }
        Tensor slices = model.embed(new SliceBatch(5, 16, fixture.floats("x")));
        Tensor texts = model.embed(new TokenBatch(5, 7, ids));
        Tensor logits = model.logits(slices, texts);
        Tensor loss = InfoNce.loss(logits, new int[] {0, 1, 0, 2, 3});
        compare(fixture.floats("slices"), slices.toFloats(), 1e-6, "slices");
        compare(fixture.floats("texts"), texts.toFloats(), 1e-6, "texts");
        compare(fixture.floats("logits"), logits.toFloats(), 2e-5, "logits");
        compare(fixture.floats("loss"), loss.toFloats(), 1e-5, "loss");
        Gradients g = tape.gradients(loss);
        model
            .namedState()
            .forEach(
                (name, s) -> {
                  float[] expected = fixture.floats("gradient/" + name);
                  float[] got = s.layout().toTorch(g.of(s.tensor()).toFloats(), s.tensor().shape());
                  // The bias of the keys has gradient 0 but for rounding: hence the floor.
                  double scale = 1e-2;
                  for (float e : expected) {
                    scale = Math.max(scale, Math.abs(e));
                  }
                  compare(expected, got, 1e-4 * scale, "gradient of " + name);
                });
      }
    }
  }

  /** A padded text has the embedding that it has alone. */
  @Test
  void paddingIsNotSeen() {
    try (SliceTextModel model = model();
        Scope scope = Scope.open()) {
      int[] shorter = {2, 4, 5};
      float[] alone = model.embed(TokenBatch.of(List.of(shorter))).toFloats();
      float[] padded =
          model.embed(TokenBatch.of(List.of(shorter, new int[] {2, 3, 3, 8, 7, 6}))).toFloats();
      compare(alone, Arrays.copyOf(padded, 8), 1e-6, "embedding");
    }
  }

  @Test
  void theLogitScaleIsAtMostHundred() {
    try (SliceTextModel model = model();
        Scope scope = Scope.open()) {
      Tensor one = Tensor.of(DEVICE, new float[] {1, 0, 0, 0, 0, 0, 0, 0}, 1, 8);
      assertEquals(1 / 0.07, model.logits(one, one).item(), 1e-4);
      model.namedParameters().get("logit_scale").copyFrom(new float[] {7f});
      assertEquals(100, model.logits(one, one).item(), 1e-3);
    }
  }

  private static void compare(float[] expected, float[] got, double tolerance, String what) {
    assertEquals(expected.length, got.length, what);
    for (int i = 0; i < got.length; i++) {
      double difference = Math.abs(expected[i] - got[i]);
      assertTrue(
          difference <= tolerance,
          what + ": " + got[i] + " instead of " + expected[i] + " at " + i);
    }
  }
}
