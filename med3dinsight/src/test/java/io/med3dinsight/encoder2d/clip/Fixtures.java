package io.med3dinsight.encoder2d.clip;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.network.MadeUp;
import io.med3dinsight.nn.checkpoint.SafetensorsWriter;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/** What oracle/clip.py wrote, and folders made from it. */
public final class Fixtures {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Fixtures() {}

  static byte[] bytes(String name) throws IOException {
    try (InputStream in = Fixtures.class.getResourceAsStream(name)) {
      byte[] raw = in.readAllBytes();
      return name.endsWith(".gz")
          ? new GZIPInputStream(new ByteArrayInputStream(raw)).readAllBytes()
          : raw;
    }
  }

  static JsonNode json(String name) throws IOException {
    return JSON.readTree(bytes(name));
  }

  /** The small BiomedCLIP. */
  public static Path biomedClip(Path folder) throws IOException {
    Files.createDirectories(folder);
    for (String name :
        List.of(
            "open_clip_config.json",
            "open_clip_pytorch_model.bin",
            "config.json",
            "tokenizer_config.json",
            "vocab.txt")) {
      Files.write(folder.resolve(name), bytes("biomedclip/" + name));
    }
    return folder;
  }

  /** A small CLIP in open_clip's layout, with weights from names. */
  static Path openClip(Path folder, boolean quick) throws IOException {
    Files.createDirectories(folder);
    JsonNode towers = json("towers.json");
    String config =
        """
        {"model_cfg": {"embed_dim": 16, "quick_gelu": %s,
          "vision_cfg": {"image_size": 32, "layers": 2, "width": 128, "patch_size": 8},
          "text_cfg": {"context_length": 20, "vocab_size": %d, "width": 32, "heads": 2, "layers": 2}},
         "preprocess_cfg": {"mean": [0.48145466, 0.4578275, 0.40821073],
                            "std": [0.26862954, 0.26130258, 0.27577711]}}
        """
            .formatted(quick, towers.path("gelu").path("vocabulary").asInt());
    Files.writeString(folder.resolve("open_clip_config.json"), config);
    merges(folder, towers);
    write(folder.resolve("open_clip_model.safetensors"), clipWeights());
    return folder;
  }

  static void merges(Path folder, JsonNode towers) throws IOException {
    StringBuilder merges = new StringBuilder("#version: 0.2\n");
    towers.path("merges").forEach(m -> merges.append(m.asText()).append('\n'));
    Files.writeString(folder.resolve("merges.txt"), merges);
  }

  /** One tensor in PyTorch's axis order. */
  record Stored(int[] shape, float[] values) {}

  static Map<String, Stored> clipWeights() throws IOException {
    Map<String, Stored> all = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> e :
        json("towers.json").path("gelu").path("names").properties()) {
      int[] shape = JSON.treeToValue(e.getValue(), int[].class);
      float[] values =
          shape.length == 0 ? new float[] {4.6f} : MadeUp.weights("clip", e.getKey(), shape);
      all.put(e.getKey(), new Stored(shape, values));
    }
    return all;
  }

  static void write(Path file, Map<String, Stored> tensors) {
    SafetensorsWriter out = new SafetensorsWriter();
    tensors.forEach((name, t) -> out.tensor(name, Shape.of(t.shape()), t::values));
    out.write(file);
  }

  /** The oracle's picture: noise on the left, waves on the right. */
  static int[] picture(String name, int rows, int columns) {
    float[] u = MadeUp.numbers(name, rows * columns);
    int[] out = new int[rows * columns];
    for (int y = 0; y < rows; y++) {
      for (int x = 0; x < columns; x++) {
        double v = x < columns / 2 ? u[y * columns + x] : Math.sin(y / 5.0) * Math.cos(x / 7.0);
        out[y * columns + x] = (int) Math.max(0, Math.min(255, v * 127.5 + 127.5));
      }
    }
    return out;
  }
}
