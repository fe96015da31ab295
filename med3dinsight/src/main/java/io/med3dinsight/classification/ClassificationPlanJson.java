package io.med3dinsight.classification;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.UsageException;
import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.network.NetworkJson;
import io.med3dinsight.nn.checkpoint.CheckpointException;
import io.med3dinsight.volume.Normalization;
import io.med3dinsight.volume.Spacing;
import java.util.List;

/** A classifier's plan as JSON; no entry may be missing or unknown when it is read. */
final class ClassificationPlanJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .build();

  /**
   * The plan with its network still as JSON, which has a reader of its own.
   *
   * @param normalization one channel's stands alone, as files have it that knew no others
   */
  record Form(
      String dataset,
      String modality,
      List<String> classes,
      Spacing spacing,
      int[] input,
      @JsonFormat(
              with = {
                JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY,
                JsonFormat.Feature.WRITE_SINGLE_ELEM_ARRAYS_UNWRAPPED
              })
          List<Normalization> normalization,
      ClassificationPlan.Pooling pooling,
      double[] statistics,
      JsonNode network) {}

  private ClassificationPlanJson() {}

  static ObjectNode write(ClassificationPlan plan) {
    PatchSize p = plan.input();
    return MAPPER.valueToTree(
        new Form(
            plan.dataset(),
            plan.modality(),
            plan.classes(),
            plan.spacing(),
            new int[] {p.depth(), p.height(), p.width()},
            plan.normalizations(),
            plan.pooling(),
            plan.statistics(),
            plan.network().toJson()));
  }

  static ClassificationPlan read(JsonNode json, String source) {
    try {
      Form form = MAPPER.treeToValue(withModality(json), Form.class);
      int[] p = form.input();
      if (p.length != 3) {
        throw new IllegalArgumentException("input has " + p.length + " extents, expected D, H, W");
      }
      return new ClassificationPlan(
          form.dataset(),
          form.modality(),
          form.classes(),
          form.spacing(),
          new PatchSize(p[0], p[1], p[2]),
          form.normalization(),
          form.pooling(),
          form.statistics(),
          NetworkJson.read(form.network()));
    } catch (JsonProcessingException | IllegalArgumentException | UsageException e) {
      throw new CheckpointException(
          "The classification plan in "
              + source
              + " cannot be used: "
              + e.getMessage().lines().findFirst().orElse("").replaceFirst("\\.$", "")
              + "; save the model again.",
          e);
    }
  }

  /** Files of before there were several channels do not say what the images are. */
  private static JsonNode withModality(JsonNode json) {
    return json instanceof ObjectNode plan && !plan.has("modality")
        ? plan.deepCopy().put("modality", "")
        : json;
  }
}
