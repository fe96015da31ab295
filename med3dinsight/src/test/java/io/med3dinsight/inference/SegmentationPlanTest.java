package io.med3dinsight.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.med3dinsight.UsageException;
import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.nn.checkpoint.CheckpointException;
import io.med3dinsight.volume.Normalization;
import io.med3dinsight.volume.Preprocessing;
import io.med3dinsight.volume.Spacing;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SegmentationPlanTest {
  private static JsonNode parse(String json) throws JsonProcessingException {
    return new ObjectMapper().readTree(json);
  }

  @Test
  void jsonAndBackIsTheSamePlan() throws JsonProcessingException {
    SegmentationPlan plan = TinyModel.plan(new PatchSize(4, 6, 8), new Spacing(0.1, 1.0 / 3, 2));
    SegmentationPlan ct =
        new SegmentationPlan(
            "CT \"x\"",
            "CT",
            plan.labels(),
            new Preprocessing(null, Normalization.ct(-150.25, 300, 1e-7, 33.3)),
            plan.patch(),
            plan.network());
    for (SegmentationPlan p : new SegmentationPlan[] {plan, ct}) {
      String text = p.toJson().toString();
      SegmentationPlan back = SegmentationPlan.fromJson(parse(text), "here");
      assertEquals(p, back);
      assertEquals(text, back.toJson().toString());
    }
    assertEquals(3, plan.classes());
  }

  /** Each line replaces a piece of a good plan. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"dataset\":\"tiny\"|\"dataset\":3|dataset",
        "\"dataset\":\"tiny\",||dataset",
        "\"modality\"|\"extra\":1,\"modality\"|extra",
        "\"0\":\"background\",||labels [1, 2]",
        "\"1\":\"anterior\"|\"one\":\"anterior\"|labels.one",
        "\"2\":\"posterior\"|\"3\":\"posterior\"|labels [0, 1, 3]",
        "\"spacing\":[1.0,2.0,3.0]|\"spacing\":[1.0,2.0]|spacing",
        "\"spacing\":[1.0,2.0,3.0]|\"spacing\":[1.0,2.0,0]|spacing",
        "z_score_per_image|zscore|z_score_per_image",
        "\"lower\":0.5|\"lower\":\"0.5\"|lower",
        "\"lower\":0.5|\"lower\":99.9|lower below upper",
        "\"patch\":[8,12,10]|\"patch\":[8,12]|patch",
        "\"patch\":[8,12,10]|\"patch\":[8,12,9]|multiples of the network's strides",
        "\"patch\":[8,12,10]|\"patch\":[8000,12000,100000]|overflow",
        "\"channels\":[4,8]|\"channels\":[4,-8]|channels",
        "\"channels\":[4,8]|\"channels\":[4]|stages",
        "[2,2,2]|[2,2]|strides",
        "[2,2,2]|[0,2,2]|strides",
        "\"inputChannels\":1|\"inputChannels\":2|input channels",
        "\"convolutions\":1|\"convolutions\":1.5|convolutions",
        "\"residual\":false|\"residual\":\"no\"|residual",
      })
  void whatCannotBeUsedIsNamed(String piece, String instead, String named) throws Exception {
    String good = TinyModel.plan(new PatchSize(8, 12, 10), new Spacing(1, 2, 3)).toJson() + "";
    assertTrue(good.contains(piece), good);
    JsonNode bad = parse(good.replace(piece, instead == null ? "" : instead));
    CheckpointException e =
        assertThrows(CheckpointException.class, () -> SegmentationPlan.fromJson(bad, "a.file"));
    assertTrue(e.getMessage().contains(named), e.getMessage());
    assertTrue(e.getMessage().startsWith("The segmentation plan in a.file"), e.getMessage());
    assertTrue(e.getMessage().endsWith("; save the model again."), e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "[]", "3", "{}"})
  void whatIsNoPlanAtAllIsNamed(String json) {
    assertThrows(CheckpointException.class, () -> SegmentationPlan.fromJson(parse(json), "a.file"));
  }

  @Test
  void thePartsMustFit() {
    SegmentationPlan plan = TinyModel.plan();
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> TinyModel.plan(new PatchSize(8, 12, 11), null));
    assertTrue(e.getMessage().contains("[8, 12, 11]"), e.getMessage());
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new SegmentationPlan(
                "x",
                "MRI",
                new TreeMap<>(Map.of(0, "background")),
                plan.preprocessing(),
                plan.patch(),
                plan.network()));
  }

  @ParameterizedTest
  @CsvSource({"-0.1, 1", "1, 1", "NaN, 1", "0.5, 0"})
  void optionsOutOfRangeAreRefused(double overlap, int batch) {
    assertThrows(UsageException.class, () -> new InferenceOptions(overlap, false, batch));
  }
}
