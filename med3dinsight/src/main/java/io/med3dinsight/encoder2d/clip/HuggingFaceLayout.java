package io.med3dinsight.encoder2d.clip;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Reads {@code config.json} of a CLIPModel, as Hugging Face's transformers writes it. */
final class HuggingFaceLayout {
  static final String FILE = "config.json";
  private static final float[] MEAN = {0.48145466f, 0.4578275f, 0.40821073f};
  private static final float[] DEVIATION = {0.26862954f, 0.26130258f, 0.27577711f};
  private static final String PICTURES = "preprocessor_config.json";
  private static final String PROCESSORS = "processor_config.json";
  private static final int BICUBIC = 3;

  private HuggingFaceLayout() {}

  static ClipConfig read(Path folder) {
    JsonFields all = JsonFields.read(folder.resolve(FILE));
    if (!all.text("model_type", "").equals("clip")) {
      throw all.wrong("model_type", "\"clip\", or open_clip_config.json beside it");
    }
    JsonFields vision = tower(all, "vision_config");
    JsonFields text = tower(all, "text_config");
    int context = text.integer("max_position_embeddings", 77);
    return new ClipConfig(
        ClipConfig.Kind.CLIP,
        tower(vision, 768, 12, 3072),
        vision.integer("patch_size", 32),
        tower(text, 512, 8, 2048),
        context,
        context,
        text.integer("vocab_size", 49408),
        all.integer("projection_dim", 512),
        preprocessing(folder, vision.integer("image_size", 224)));
  }

  /** Early files say a tower's sizes a second time, and transformers takes those. */
  private static JsonFields tower(JsonFields all, String name) {
    String second = name + "_dict";
    return all.has(second) ? all.object(second) : all.object(name);
  }

  private static TowerShape tower(JsonFields t, int width, int heads, int hidden) {
    String activation = t.text("hidden_act", "quick_gelu");
    if (!activation.equals("quick_gelu") && !activation.equals("gelu")) {
      throw t.wrong("hidden_act", "\"quick_gelu\" or \"gelu\"");
    }
    return new TowerShape(
        t.integer("hidden_size", width),
        t.integer("num_hidden_layers", 12),
        t.integer("num_attention_heads", heads),
        t.integer("intermediate_size", hidden),
        t.number("layer_norm_eps", 1e-5f),
        activation.equals("quick_gelu"));
  }

  private static Preprocessing preprocessing(Path folder, int size) {
    JsonFields p = pictures(folder);
    if (p == null) {
      return new Preprocessing(size, MEAN, DEVIATION);
    }
    if (p.integer("resample", BICUBIC) != BICUBIC) {
      throw p.wrong("resample", BICUBIC + " (bicubic)");
    }
    for (String step : List.of("do_resize", "do_center_crop", "do_rescale", "do_normalize")) {
      if (!p.truth(step, true)) {
        throw p.wrong(step, "true");
      }
    }
    JsonNode s = p.node().path("size");
    int found = s.isObject() ? s.path("shortest_edge").asInt(size) : s.asInt(size);
    if (found != size) {
      throw p.wrong("size", size + ", the image_size of " + FILE);
    }
    return new Preprocessing(
        size, p.colours("image_mean", MEAN), p.colours("image_std", DEVIATION));
  }

  /**
   * What is said about pictures, in a file of its own or, from transformers 5 on, in a joint one.
   */
  private static JsonFields pictures(Path folder) {
    Path own = folder.resolve(PICTURES);
    if (Files.isRegularFile(own)) {
      return JsonFields.read(own);
    }
    Path joint = folder.resolve(PROCESSORS);
    return Files.isRegularFile(joint) ? JsonFields.read(joint).object("image_processor") : null;
  }
}
