package io.med3dinsight.network;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.UsageException;
import java.util.Arrays;
import java.util.Locale;

/**
 * Shapes of networks as JSON: {@code type} and the entries of the configuration. Every entry is
 * written, and none may be missing or unknown when it is read; but a UNet's kernels are left out
 * where all are 3x3x3.
 */
public final class NetworkJson {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .build();

  private NetworkJson() {}

  static ObjectNode write(UNetConfig c) {
    ObjectNode n = start(c);
    n.set("channels", ints(c.channels()));
    n.set("strides", ints(c.strides()));
    // Left out where they are 3x3x3, as files have it that knew no others.
    if (!c.cubic()) {
      n.set("kernels", ints(c.kernels()));
    }
    return n.put("convolutions", c.convolutions()).put("residual", c.residual());
  }

  static ObjectNode write(NnFormerConfig c) {
    ObjectNode n = start(c).put("variant", c.variant().name().toLowerCase(Locale.ROOT));
    n.set("crop", ints(c.crop()));
    n.put("embedding", c.embedding());
    n.set("depths", ints(c.depths()));
    n.set("heads", ints(c.heads()));
    n.set("patch", ints(c.patch()));
    n.set("windows", ints(c.windows()));
    return n.put("dropPath", c.dropPath()).put("hidePadding", c.hidePadding());
  }

  static ObjectNode write(SwinUnetrConfig c) {
    ObjectNode n = start(c).put("features", c.features());
    n.set("depths", ints(c.depths()));
    n.set("heads", ints(c.heads()));
    n.set("window", ints(c.window()));
    n.put("merging", c.merging().name().toLowerCase(Locale.ROOT));
    n.put("convolutions", c.convolutions());
    return n.put("dropPath", c.dropPath()).put("hidePadding", c.hidePadding());
  }

  static ObjectNode write(UnetrConfig c) {
    ObjectNode n = start(c);
    n.set("image", ints(c.image()));
    n.put("features", c.features()).put("hidden", c.hidden()).put("mlp", c.mlp());
    return n.put("heads", c.heads()).put("layers", c.layers());
  }

  private static ObjectNode start(NetworkConfig c) {
    return JSON.objectNode().put("type", c.type().text()).put("inputChannels", c.inputChannels());
  }

  private static ArrayNode ints(int[] values) {
    ArrayNode node = JSON.arrayNode();
    Arrays.stream(values).forEach(node::add);
    return node;
  }

  private static ArrayNode ints(int[][] values) {
    ArrayNode node = JSON.arrayNode();
    Arrays.stream(values).forEach(v -> node.add(ints(v)));
    return node;
  }

  /** The type that a shape names; UNet where it names none, as files did that knew no other. */
  public static NetworkType type(JsonNode node) {
    JsonNode type = node.path("type");
    if (type.isMissingNode()) {
      return NetworkType.UNET;
    }
    for (NetworkType t : NetworkType.values()) {
      if (t.name().toLowerCase(Locale.ROOT).equals(type.asText())) {
        return t;
      }
    }
    throw new UsageException(
        "The network's type is "
            + type
            + ": expected one of "
            + Arrays.toString(NetworkType.values()).toLowerCase(Locale.ROOT)
            + ".");
  }

  /**
   * The shape that {@link NetworkConfig#toJson} wrote.
   *
   * @throws UsageException when an entry is missing, unknown, of another type or unusable
   */
  public static NetworkConfig read(JsonNode node) {
    if (!node.isObject()) {
      throw new UsageException("The network is " + node + ": expected a JSON object.");
    }
    Class<? extends NetworkConfig> wanted =
        switch (type(node)) {
          case UNET -> UNetConfig.class;
          case NNFORMER -> NnFormerConfig.class;
          case SWIN_UNETR -> SwinUnetrConfig.class;
          case UNETR -> UnetrConfig.class;
        };
    ObjectNode entries = node.deepCopy();
    entries.remove("type");
    if (wanted == UNetConfig.class && !entries.has("kernels")) {
      entries.set("kernels", ints(UNetConfig.cubes(entries.path("channels").size())));
    }
    try {
      return MAPPER.treeToValue(entries, wanted);
    } catch (JsonProcessingException | IllegalArgumentException e) {
      if (e.getCause() instanceof UsageException own) {
        throw own;
      }
      throw new UsageException(
          "The network's shape cannot be read: " + e.getMessage().lines().findFirst().orElse(""));
    }
  }
}
