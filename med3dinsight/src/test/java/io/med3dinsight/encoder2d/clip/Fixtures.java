package io.med3dinsight.encoder2d.clip;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.nn.checkpoint.SafetensorsWriter;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
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
      float[] values = shape.length == 0 ? new float[] {4.6f} : weights("clip", e.getKey(), shape);
      all.put(e.getKey(), new Stored(shape, values));
    }
    return all;
  }

  static void write(Path file, Map<String, Stored> tensors) {
    SafetensorsWriter out = new SafetensorsWriter();
    tensors.forEach((name, t) -> out.tensor(name, Shape.of(t.shape()), t::values));
    out.write(file);
  }

  /** Uniform in [-1, 1): splitmix64 from the first bytes of the name's SHA-256. */
  static float[] numbers(String name, int count) {
    long seed = 0;
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
      for (int i = 7; i >= 0; i--) {
        seed = seed << 8 | hash[i] & 0xff;
      }
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
    float[] u = new float[count];
    for (int i = 0; i < count; i++) {
      long x = seed + (i + 1) * 0x9E3779B97F4A7C15L;
      x = (x ^ x >>> 30) * 0xBF58476D1CE4E5B9L;
      x = (x ^ x >>> 27) * 0x94D049BB133111EBL;
      x ^= x >>> 31;
      u[i] = (float) ((x >>> 40) / (double) (1 << 23) - 1);
    }
    return u;
  }

  private static float[] weights(String salt, String name, int[] shape) {
    int size = 1;
    for (int e : shape) {
      size *= e;
    }
    float[] u = numbers(salt + name, size);
    float scale = 0.25f;
    float centre = 0;
    if (name.contains("position")) {
      scale = 0.5f;
    } else if (shape.length > 1) {
      double fan = (double) size / shape[0];
      scale = (float) Math.scalb(1.0, (int) Math.rint(Math.log(Math.sqrt(3 / fan)) / Math.log(2)));
    } else if (name.endsWith("weight")) {
      centre = 1;
    }
    for (int i = 0; i < size; i++) {
      u[i] = centre + u[i] * scale;
    }
    return u;
  }

  /** The oracle's picture: noise on the left, waves on the right. */
  static int[] picture(String name, int rows, int columns) {
    float[] u = numbers(name, rows * columns);
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
