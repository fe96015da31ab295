package io.med3dinsight.encoder2d.clip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.med3dinsight.DataException;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.checkpoint.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Towers against timm, open_clip and torch (oracle/clip.py), and what folders may lack. */
class ClipSliceTextEncoderTest {
  private static final double TOLERANCE = 1e-4;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Device DEVICE = Device.cpu();
  @TempDir Path dir;

  @Test
  void biomedClipAgreesWithTheOriginals() throws IOException {
    agrees(Fixtures.biomedClip(dir), "biomedclip");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void clipInOpenClipsLayout(boolean quick) throws IOException {
    agrees(Fixtures.openClip(dir, quick), quick ? "quickgelu" : "gelu");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void clipInHuggingFacesLayout(boolean quick) throws IOException {
    agrees(huggingFace(dir, quick), quick ? "quickgelu" : "gelu");
  }

  /** As transformers 5 writes what is done to pictures, and as early versions wrote sizes. */
  @Test
  void otherFilesOfHuggingFacesLayout() throws IOException {
    huggingFace(dir, false);
    String joint =
        """
        {"image_processor": {"do_center_crop": %s, "resample": 3, "size": {"shortest_edge": 32},
          "image_mean": [0.5, 0.25, 0.125], "image_std": [0.48145466, 0.4578275, 0.40821073]}}
        """;
    Path file = dir.resolve("processor_config.json");
    Files.writeString(file, joint.formatted(true));
    Preprocessing p = HuggingFaceLayout.read(dir).preprocessing();
    assertArrayEquals(new float[] {0.5f, 0.25f, 0.125f}, p.mean());
    Files.writeString(file, joint.formatted(false));
    DataException e = assertThrows(DataException.class, () -> HuggingFaceLayout.read(dir));
    assertTrue(e.getMessage().contains("do_center_crop"), e.getMessage());
    Files.delete(file);
    Path config = dir.resolve("config.json");
    Files.writeString(
        config,
        Files.readString(config)
            .replace("\"projection_dim\"", "\"text_config_dict\": {\"hidden_size\": 48}, \"a\""));
    assertEquals(48, HuggingFaceLayout.read(dir).text().width());
  }

  private static void agrees(Path folder, String name) throws IOException {
    JsonNode towers = Fixtures.json("towers.json");
    JsonNode expected = towers.path(name);
    try (ClipSliceTextEncoder encoder = ClipSliceTextEncoder.load(folder, DEVICE)) {
      Preprocessing p = ClipFolder.open(folder).config().preprocessing();
      List<float[]> pictures = new ArrayList<>();
      for (JsonNode n : towers.path("pictures")) {
        int rows = n.get(1).asInt();
        int columns = n.get(2).asInt();
        int[] pixels = Fixtures.picture(n.get(0).asText(), rows, columns);
        pictures.add(p.normalized(p.resized(pixels, rows, columns)));
      }
      close(expected.path("image"), encoder.embedPictures(pictures), "pictures");
      List<String> texts = new ArrayList<>();
      expected.path("texts").forEach(t -> texts.add(t.asText()));
      close(expected.path("text"), encoder.embedTexts(texts), "texts");
      assertEquals(16, encoder.width());
    }
  }

  private static void close(JsonNode expected, float[][] found, String what) {
    assertEquals(expected.size(), found.length);
    for (int i = 0; i < found.length; i++) {
      assertEquals(expected.get(i).size(), found[i].length);
      for (int j = 0; j < found[i].length; j++) {
        assertEquals(expected.get(i).get(j).asDouble(), found[i][j], TOLERANCE, what + " " + i);
      }
    }
  }

  /** The same weights as transformers' CLIPModel keeps them. */
  private static Path huggingFace(Path folder, boolean quick) throws IOException {
    Map<String, Fixtures.Stored> theirs = new LinkedHashMap<>();
    Fixtures.clipWeights().forEach((name, t) -> put(theirs, name, t));
    Fixtures.write(folder.resolve("model.safetensors"), theirs);
    JsonNode towers = Fixtures.json("towers.json");
    Fixtures.merges(folder, towers);
    String act = quick ? "quick_gelu" : "gelu";
    Files.writeString(
        folder.resolve("config.json"),
        """
        {"model_type": "clip", "projection_dim": 16,
         "vision_config": {"hidden_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2,
           "intermediate_size": 512, "image_size": 32, "patch_size": 8, "hidden_act": "%s"},
         "text_config": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
           "intermediate_size": 128, "vocab_size": %d, "max_position_embeddings": 20,
           "hidden_act": "%s"}}
        """
            .formatted(act, towers.path("gelu").path("vocabulary").asInt(), act));
    return folder;
  }

  private static void put(Map<String, Fixtures.Stored> out, String name, Fixtures.Stored t) {
    boolean vision = name.startsWith("visual.");
    String n = vision ? name.substring("visual.".length()) : name;
    String model = vision ? "vision_model." : "text_model.";
    if (n.startsWith("transformer.resblocks.")) {
      String rest = n.substring("transformer.resblocks.".length());
      String layer = model + "encoder.layers." + rest.substring(0, rest.indexOf('.')) + ".";
      rest = rest.substring(rest.indexOf('.') + 1);
      if (rest.startsWith("attn.in_proj_")) {
        String[] parts = {"q_proj.", "k_proj.", "v_proj."};
        int third = t.values().length / 3;
        int[] shape = t.shape().clone();
        shape[0] /= 3;
        for (int i = 0; i < 3; i++) {
          out.put(
              layer + "self_attn." + parts[i] + rest.substring("attn.in_proj_".length()),
              new Fixtures.Stored(
                  shape, Arrays.copyOfRange(t.values(), i * third, (i + 1) * third)));
        }
        return;
      }
      rest =
          rest.replace("attn.out_proj", "self_attn.out_proj")
              .replace("ln_1", "layer_norm1")
              .replace("ln_2", "layer_norm2")
              .replace("c_fc", "fc1")
              .replace("c_proj", "fc2");
      out.put(layer + rest, t);
      return;
    }
    switch (name) {
      case "visual.class_embedding" -> out.put("vision_model.embeddings.class_embedding", t);
      case "visual.conv1.weight" -> out.put("vision_model.embeddings.patch_embedding.weight", t);
      case "visual.positional_embedding" ->
          out.put("vision_model.embeddings.position_embedding.weight", t);
      case "positional_embedding" -> out.put("text_model.embeddings.position_embedding.weight", t);
      case "token_embedding.weight" -> out.put("text_model.embeddings.token_embedding.weight", t);
      case "visual.proj" -> out.put("visual_projection.weight", turned(t));
      case "text_projection" -> out.put("text_projection.weight", turned(t));
      default ->
          out.put(
              name.equals("logit_scale")
                  ? name
                  : model
                      + n.replace("ln_pre", "pre_layrnorm")
                          .replace("ln_post", "post_layernorm")
                          .replace("ln_final", "final_layer_norm"),
              t);
    }
  }

  private static Fixtures.Stored turned(Fixtures.Stored t) {
    int rows = t.shape()[0];
    int columns = t.shape()[1];
    float[] v = new float[t.values().length];
    for (int i = 0; i < v.length; i++) {
      v[i % columns * rows + i / columns] = t.values()[i];
    }
    return new Fixtures.Stored(new int[] {columns, rows}, v);
  }

  /**
   * Names and shapes of the published models at full width; built with one layer, of which all
   * others are copies, so that the test does not need their memory.
   */
  @ParameterizedTest
  @CsvSource({"ViT-B-32,32", "ViT-B-16,16", "BiomedCLIP,16"})
  void fullSize(String name, int patch) throws IOException {
    boolean clip = !name.equals("BiomedCLIP");
    Files.writeString(
        dir.resolve("open_clip_config.json"),
        clip
            ? """
              {"embed_dim": 512, "quick_gelu": true, "vision_cfg": {"image_size": 224, "layers": 12,
               "width": 768, "patch_size": %d}, "text_cfg": {"context_length": 77,
               "vocab_size": 49408, "width": 512, "heads": 8, "layers": 12}}
              """
                .formatted(patch)
            : """
              {"model_cfg": {"embed_dim": 512, "vision_cfg": {"timm_model_name":
               "vit_base_patch16_224", "timm_model_pretrained": false, "timm_pool": "",
               "timm_proj": "linear", "image_size": 224}, "text_cfg": {"hf_model_name":
               "microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract", "hf_tokenizer_name":
               "microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract", "hf_proj_type": "mlp",
               "hf_pooler_type": "cls_last_hidden_state_pooler", "context_length": 256}},
               "preprocess_cfg": {"mean": [0.48145466, 0.4578275, 0.40821073],
               "std": [0.26862954, 0.26130258, 0.27577711]}}
              """);
    ClipConfig c = OpenClipLayout.read(dir);
    assertEquals(12, c.vision().layers());
    assertEquals(12, c.text().layers());
    assertEquals(12, c.vision().heads());
    assertEquals(clip ? 77 : 256, c.context());
    ClipConfig one =
        new ClipConfig(
            c.kind(),
            single(c.vision()),
            c.patch(),
            single(c.text()),
            c.context(),
            c.positions(),
            c.vocabulary(),
            c.width(),
            c.preprocessing());
    Map<String, List<Integer>> found = new TreeMap<>();
    try (DualEncoder towers = DualEncoder.of(Setup.of(DEVICE, 0), one)) {
      for (Map.Entry<String, Module.State> e : towers.namedState().entrySet()) {
        Module.State s = e.getValue();
        found.put(
            e.getKey(),
            Arrays.stream(s.layout().torchShape(s.tensor().shape()).toArray()).boxed().toList());
      }
    }
    Map<String, List<Integer>> expected = new TreeMap<>();
    int layers = 0;
    for (Map.Entry<String, JsonNode> e :
        Fixtures.json("towers.json").path("full").path(name).properties()) {
      List<Integer> shape =
          Arrays.stream(JSON.treeToValue(e.getValue(), int[].class)).boxed().toList();
      String first = e.getKey().replaceAll("(resblocks|blocks|layer)\\.\\d+\\.", "$1.0.");
      layers +=
          e.getKey()
                  .matches(
                      ".*(resblocks|blocks|layer)\\.\\d+\\.(ln_1|norm1|output\\.LayerNorm)\\.bias")
              ? 1
              : 0;
      List<Integer> before = e.getKey().equals("logit_scale") ? shape : expected.put(first, shape);
      assertTrue(before == null || before.equals(shape), e.getKey());
    }
    assertEquals(24, layers);
    assertEquals(expected, found);
  }

  private static TowerShape single(TowerShape s) {
    return new TowerShape(s.width(), 1, s.heads(), s.hidden(), s.epsilon(), s.quick());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "open_clip_config.json,config.json | expected open_clip_config.json",
        "open_clip_pytorch_model.bin | holds no weights",
        "vocab.txt | expected vocab.txt or tokenizer.json",
      })
  void aMissingFileIsNamed(String missing, String sentence) throws IOException {
    Path folder = Fixtures.biomedClip(dir);
    for (String name : missing.split(",")) {
      Files.delete(folder.resolve(name));
    }
    RuntimeException e =
        assertThrows(RuntimeException.class, () -> ClipSliceTextEncoder.check(folder));
    assertTrue(e instanceof DataException || e instanceof CheckpointException, e.toString());
    assertTrue(e.getMessage().contains(sentence), e.getMessage());
    assertTrue(e.getMessage().contains(folder.toString()), e.getMessage());
  }

  @Test
  void weightsOfAnotherSizeAreRefused() throws IOException {
    Path folder = Fixtures.biomedClip(dir);
    Path config = folder.resolve("open_clip_config.json");
    Files.writeString(
        config, Files.readString(config).replace("\"embed_dim\": 16", "\"embed_dim\": 24"));
    CheckpointException e =
        assertThrows(CheckpointException.class, () -> ClipSliceTextEncoder.load(folder, DEVICE));
    assertTrue(
        e.getMessage().contains("visual.head.proj.weight [16,32] instead of [24,32]"),
        e.getMessage());
    assertEquals(1, e.getMessage().lines().count());
  }

  @Test
  void otherArchitecturesAreRefused() throws IOException {
    Path folder = Fixtures.openClip(dir, false);
    Path config = folder.resolve("open_clip_config.json");
    String text = Files.readString(config);
    Files.writeString(
        config, text.replace("\"layers\": 2,", "\"layers\": 2, \"no_ln_pre\": true,"));
    DataException e = assertThrows(DataException.class, () -> ClipSliceTextEncoder.check(folder));
    assertTrue(e.getMessage().contains("vision_cfg.no_ln_pre = true"), e.getMessage());
    Files.writeString(config, text.replace("\"width\": 128", "\"width\": \"wide\""));
    e = assertThrows(DataException.class, () -> ClipSliceTextEncoder.check(folder));
    assertTrue(e.getMessage().contains("vision_cfg.width"), e.getMessage());
    Files.writeString(config, "{");
    e = assertThrows(DataException.class, () -> ClipSliceTextEncoder.check(folder));
    assertTrue(e.getMessage().contains("not valid JSON"), e.getMessage());
  }

  @Test
  void theIdFollowsWeightsAndConfiguration() throws IOException {
    String quick;
    try (ClipSliceTextEncoder e =
        ClipSliceTextEncoder.load(Fixtures.openClip(dir.resolve("a"), true), DEVICE)) {
      quick = e.id();
    }
    try (ClipSliceTextEncoder e =
            ClipSliceTextEncoder.load(Fixtures.openClip(dir.resolve("b"), true), DEVICE);
        ClipSliceTextEncoder other =
            ClipSliceTextEncoder.load(Fixtures.openClip(dir.resolve("c"), false), DEVICE)) {
      assertEquals(quick, e.id());
      assertNotEquals(quick, other.id());
    }
  }
}
