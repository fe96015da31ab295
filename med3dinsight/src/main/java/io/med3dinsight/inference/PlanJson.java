package io.med3dinsight.inference;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.UsageException;
import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.network.NetworkConfig;
import io.med3dinsight.network.NetworkJson;
import io.med3dinsight.network.NetworkType;
import io.med3dinsight.network.UNetConfig;
import io.med3dinsight.nn.checkpoint.CheckpointException;
import io.med3dinsight.volume.Normalization;
import io.med3dinsight.volume.Preprocessing;
import io.med3dinsight.volume.Spacing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** A plan as JSON: every entry is written, and none may be missing or unknown when it is read. */
final class PlanJson {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final String source;

  PlanJson(String source) {
    this.source = source;
  }

  // ---- writing

  static ObjectNode write(SegmentationPlan plan) {
    ObjectNode root = JSON.objectNode();
    root.put("dataset", plan.dataset());
    root.put("modality", plan.modality());
    ObjectNode labels = root.putObject("labels");
    plan.labels().forEach((value, name) -> labels.put(Integer.toString(value), name));
    root.set("preprocessing", write(plan.preprocessing()));
    root.set("patch", ints(plan.window()));
    root.set("network", plan.network().toJson());
    return root;
  }

  private static ObjectNode write(Preprocessing preprocessing) {
    ObjectNode node = JSON.objectNode();
    Spacing s = preprocessing.spacing();
    if (s == null) {
      node.putNull("spacing");
    } else {
      node.putArray("spacing").add(s.x()).add(s.y()).add(s.z());
    }
    // One channel's stands alone, as files have it that knew no others.
    if (preprocessing.channels() == 1) {
      node.set("normalization", write(preprocessing.normalizations().get(0)));
    } else {
      ArrayNode all = node.putArray("normalization");
      preprocessing.normalizations().forEach(n -> all.add(write(n)));
    }
    return node;
  }

  private static ObjectNode write(Normalization n) {
    return JSON.objectNode()
        .put("scheme", n.scheme().name().toLowerCase(Locale.ROOT))
        .put("lower", n.lower())
        .put("upper", n.upper())
        .put("mean", n.mean())
        .put("deviation", n.deviation());
  }

  private static ArrayNode ints(int[] values) {
    ArrayNode node = JSON.arrayNode();
    for (int v : values) {
      node.add(v);
    }
    return node;
  }

  // ---- reading

  SegmentationPlan read(JsonNode root) {
    object(root, "plan", "dataset", "modality", "labels", "preprocessing", "patch", "network");
    String dataset = text(root, "dataset");
    String modality = text(root, "modality");
    SortedMap<Integer, String> labels = labels(root.get("labels"));
    try {
      int[] p = ints(root.get("patch"), "patch", 3);
      PatchSize patch = new PatchSize(p[0], p[1], p[2]);
      Preprocessing preprocessing = preprocessing(root.get("preprocessing"));
      NetworkConfig network = network(root.get("network"));
      return new SegmentationPlan(dataset, modality, labels, preprocessing, patch, network);
    } catch (IllegalArgumentException | ArithmeticException | UsageException e) {
      throw new CheckpointException(
          "The segmentation plan in "
              + source
              + " cannot be used: "
              + e.getMessage().replaceFirst("\\.$", "")
              + "; save the model again.",
          e);
    }
  }

  private SortedMap<Integer, String> labels(JsonNode node) {
    if (!node.isObject()) {
      throw wrong("labels", node, "names by label value");
    }
    SortedMap<Integer, String> labels = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      if (!entry.getKey().matches("\\d{1,5}") || !entry.getValue().isTextual()) {
        throw wrong("labels." + entry.getKey(), entry.getValue(), "a name by label value");
      }
      labels.put(Integer.valueOf(entry.getKey()), entry.getValue().textValue());
    }
    return labels;
  }

  private Preprocessing preprocessing(JsonNode node) {
    object(node, "preprocessing", "spacing", "normalization");
    JsonNode n = node.get("normalization");
    List<Normalization> all = new ArrayList<>();
    if (n.isArray()) {
      n.forEach(one -> all.add(normalization(one)));
    } else {
      all.add(normalization(n));
    }
    return new Preprocessing(spacing(node.get("spacing")), all);
  }

  private Normalization normalization(JsonNode n) {
    object(n, "preprocessing.normalization", "scheme", "lower", "upper", "mean", "deviation");
    return new Normalization(
        scheme(n.get("scheme")),
        number(n.get("lower"), "lower"),
        number(n.get("upper"), "upper"),
        number(n.get("mean"), "mean"),
        number(n.get("deviation"), "deviation"));
  }

  private Normalization.Scheme scheme(JsonNode node) {
    for (Normalization.Scheme scheme : Normalization.Scheme.values()) {
      if (scheme.name().toLowerCase(Locale.ROOT).equals(node.asText())) {
        return scheme;
      }
    }
    String known = Arrays.toString(Normalization.Scheme.values()).toLowerCase(Locale.ROOT);
    throw wrong("scheme", node, "one of " + known);
  }

  private Spacing spacing(JsonNode node) {
    if (node.isNull()) {
      return null;
    }
    if (!node.isArray() || node.size() != 3) {
      throw wrong("spacing", node, "null or 3 voxel sizes in mm");
    }
    double[] mm = new double[3];
    for (int i = 0; i < 3; i++) {
      mm[i] = number(node.get(i), "spacing");
      if (!(mm[i] > 0)) {
        throw wrong("spacing", node, "voxel sizes above 0 mm");
      }
    }
    return new Spacing(mm[0], mm[1], mm[2]);
  }

  private NetworkConfig network(JsonNode node) {
    if (node == null || !node.isObject()) {
      throw wrong("network", node, "a JSON object");
    }
    if (NetworkJson.type(node) != NetworkType.UNET) {
      return NetworkJson.read(node);
    }
    ObjectNode unet = node.deepCopy();
    unet.remove("type");
    JsonNode kernels = unet.remove("kernels");
    return kernels == null ? unet(unet) : unet(unet).withKernels(triples(kernels, "kernels"));
  }

  private UNetConfig unet(JsonNode node) {
    object(node, "network", "inputChannels", "channels", "strides", "convolutions", "residual");
    int[] channels = ints(node.get("channels"), "channels", -1);
    int[][] strides = triples(node.get("strides"), "strides");
    JsonNode residual = node.get("residual");
    if (!residual.isBoolean()) {
      throw wrong("residual", residual, "true or false");
    }
    int inputs = positive(node.get("inputChannels"), "inputChannels");
    int convolutions = positive(node.get("convolutions"), "convolutions");
    return new UNetConfig(inputs, channels, strides, convolutions, residual.booleanValue());
  }

  private int[][] triples(JsonNode node, String key) {
    if (!node.isArray()) {
      throw wrong(key, node, "a list of " + key + ", one a stage");
    }
    int[][] triples = new int[node.size()][];
    for (int i = 0; i < triples.length; i++) {
      triples[i] = ints(node.get(i), key, 3);
    }
    return triples;
  }

  // ---- single values

  private void object(JsonNode node, String key, String... names) {
    if (node == null || !node.isObject()) {
      throw wrong(key, node, "a JSON object");
    }
    List<String> known = List.of(names);
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      if (!known.contains(entry.getKey())) {
        throw wrong(key, node, "no entry \"" + entry.getKey() + "\", only " + known);
      }
    }
    for (String name : names) {
      if (!node.has(name)) {
        throw wrong(key, node, "an entry \"" + name + "\" in it");
      }
    }
  }

  private String text(JsonNode node, String key) {
    if (!node.get(key).isTextual()) {
      throw wrong(key, node.get(key), "text");
    }
    return node.get(key).textValue();
  }

  private double number(JsonNode node, String key) {
    if (!node.isNumber() || !Double.isFinite(node.doubleValue())) {
      throw wrong(key, node, "a number");
    }
    return node.doubleValue();
  }

  private int positive(JsonNode node, String key) {
    if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < 1) {
      throw wrong(key, node, "a whole number above 0");
    }
    return node.intValue();
  }

  /**
   * Positive whole numbers.
   *
   * @param count how many there must be; negative for any number
   */
  private int[] ints(JsonNode node, String key, int count) {
    if (!node.isArray() || (count >= 0 && node.size() != count)) {
      throw wrong(key, node, "a list of " + (count < 0 ? "" : count + " ") + "whole numbers");
    }
    int[] values = new int[node.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = positive(node.get(i), key);
    }
    return values;
  }

  private CheckpointException wrong(String key, JsonNode node, String expected) {
    String found = node == null ? "missing" : node.toString();
    return new CheckpointException(
        "The segmentation plan in "
            + source
            + " has an unusable \""
            + key
            + "\" ("
            + (found.length() > 80 ? found.substring(0, 77) + "..." : found)
            + "): expected "
            + expected
            + "; save the model again.");
  }
}
