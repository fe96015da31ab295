package io.med3dinsight.encoder2d.clip;

import io.med3dinsight.DataException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/** Reads {@code open_clip_config.json}, as folders in open_clip's layout have it. */
final class OpenClipLayout {
  static final String FILE = "open_clip_config.json";
  private static final float[] MEAN = {0.48145466f, 0.4578275f, 0.40821073f};
  private static final float[] DEVIATION = {0.26862954f, 0.26130258f, 0.27577711f};
  private static final int HEAD = 64;
  private static final float TORCH_EPSILON = 1e-5f;
  private static final float TIMM_EPSILON = 1e-6f;

  /** Widths of timm's vision transformers; heads are 64 wide in all of them. */
  private static final Map<String, int[]> TIMM =
      Map.of(
          "tiny", new int[] {192, 12},
          "small", new int[] {384, 12},
          "base", new int[] {768, 12},
          "large", new int[] {1024, 24});

  private static final Set<String> CLIP_VISION =
      Set.of("image_size", "layers", "width", "head_width", "mlp_ratio", "patch_size");
  private static final Set<String> TIMM_VISION =
      Set.of(
          "timm_model_name",
          "timm_pool",
          "timm_proj",
          "timm_model_kwargs",
          "image_size",
          "timm_drop",
          "timm_drop_path",
          "timm_model_pretrained",
          "layers",
          "width",
          "patch_size");
  private static final Set<String> CLIP_TEXT =
      Set.of(
          "context_length",
          "vocab_size",
          "width",
          "heads",
          "layers",
          "mlp_ratio",
          "hf_tokenizer_name");
  private static final Set<String> BERT_TEXT =
      Set.of(
          "hf_model_name",
          "hf_tokenizer_name",
          "hf_proj_type",
          "hf_pooler_type",
          "hf_model_pretrained",
          "context_length",
          "vocab_size",
          "width",
          "heads",
          "layers");

  private final Path folder;
  private final JsonFields model;
  private final JsonFields vision;
  private final JsonFields text;

  private OpenClipLayout(Path folder, JsonFields model) {
    this.folder = folder;
    this.model = model;
    vision = model.object("vision_cfg");
    text = model.object("text_cfg");
  }

  static ClipConfig read(Path folder) {
    JsonFields all = JsonFields.read(folder.resolve(FILE));
    // Configurations without the outer level are those that ship within open_clip.
    JsonFields model = all.has("model_cfg") ? all.object("model_cfg") : all;
    OpenClipLayout layout = new OpenClipLayout(folder, model);
    Preprocessing p = layout.preprocessing(all.object("preprocess_cfg"));
    boolean timm = layout.vision.has("timm_model_name");
    boolean bert = layout.text.has("hf_model_name");
    if (timm != bert) {
      throw new DataException(
          folder.resolve(FILE)
              + " joins "
              + (timm
                  ? "timm's image tower with CLIP's text tower"
                  : "CLIP's image tower with BERT")
              + ": expected CLIP's two towers, or BiomedCLIP's (timm and BERT).");
    }
    return timm ? layout.biomedClip(p) : layout.clip(p);
  }

  private Preprocessing preprocessing(JsonFields p) {
    p.onlyKnown(
        Set.of("size", "mode", "mean", "std", "interpolation", "resize_mode", "fill_color"));
    if (!p.text("interpolation", "bicubic").equals("bicubic")) {
      throw p.wrong("interpolation", "\"bicubic\"");
    }
    if (!p.text("resize_mode", "shortest").equals("shortest")) {
      throw p.wrong("resize_mode", "\"shortest\"");
    }
    int size = vision.integer("image_size", 224);
    return new Preprocessing(size, p.colours("mean", MEAN), p.colours("std", DEVIATION));
  }

  private ClipConfig clip(Preprocessing p) {
    vision.onlyKnown(CLIP_VISION);
    text.onlyKnown(CLIP_TEXT);
    boolean quick = model.truth("quick_gelu", false);
    int width = vision.integer("width", 768);
    int textWidth = text.integer("width", 512);
    int context = text.integer("context_length", 77);
    return new ClipConfig(
        ClipConfig.Kind.CLIP,
        new TowerShape(
            width,
            vision.integer("layers", 12),
            width / Math.max(1, vision.integer("head_width", HEAD)),
            (int) (width * vision.number("mlp_ratio", 4)),
            TORCH_EPSILON,
            quick),
        vision.integer("patch_size", 16),
        new TowerShape(
            textWidth,
            text.integer("layers", 12),
            text.integer("heads", 8),
            (int) (textWidth * text.number("mlp_ratio", 4)),
            TORCH_EPSILON,
            quick),
        context,
        context,
        text.integer("vocab_size", 49408),
        model.integer("embed_dim", 512),
        p);
  }

  private ClipConfig biomedClip(Preprocessing p) {
    vision.onlyKnown(TIMM_VISION);
    text.onlyKnown(BERT_TEXT);
    require(vision, "timm_proj", "linear", "linear");
    require(vision, "timm_pool", "", "token");
    require(text, "hf_proj_type", "mlp", "mlp");
    require(text, "hf_pooler_type", "cls_last_hidden_state_pooler", "cls_last_hidden_state_pooler");
    String name = vision.text("timm_model_name", "");
    String[] parts = name.split("[_.]");
    int[] known = parts.length > 2 && parts[0].equals("vit") ? TIMM.get(parts[1]) : null;
    if (known == null || !parts[2].matches("patch\\d{1,3}")) {
      throw vision.wrong("timm_model_name", "vit_{tiny,small,base,large}_patch{8,16,32}_...");
    }
    JsonFields changed = vision.object("timm_model_kwargs");
    changed.onlyKnown(Set.of("embed_dim", "depth", "num_heads", "patch_size", "img_size"));
    int width = changed.integer("embed_dim", known[0]);
    JsonFields bert = bert();
    int textWidth = bert.integer("hidden_size", 768);
    return new ClipConfig(
        ClipConfig.Kind.BIOMEDCLIP,
        new TowerShape(
            width,
            changed.integer("depth", known[1]),
            changed.integer("num_heads", Math.max(1, width / HEAD)),
            4 * width,
            TIMM_EPSILON,
            false),
        changed.integer("patch_size", Integer.parseInt(parts[2].substring("patch".length()))),
        new TowerShape(
            textWidth,
            bert.integer("num_hidden_layers", 12),
            bert.integer("num_attention_heads", 12),
            bert.integer("intermediate_size", 3072),
            bert.number("layer_norm_eps", 1e-12f),
            false),
        text.integer("context_length", 77),
        bert.integer("max_position_embeddings", 512),
        bert.integer("vocab_size", 30522),
        model.integer("embed_dim", 512),
        p);
  }

  private static void require(JsonFields f, String name, String expected, String alsoGood) {
    String found = f.text(name, expected);
    if (!found.equals(expected) && !found.equals(alsoGood)) {
      throw f.wrong(name, '"' + expected + '"');
    }
  }

  /** BERT's own configuration where the folder holds one; that of the base model otherwise. */
  private JsonFields bert() {
    Path file = folder.resolve(HuggingFaceLayout.FILE);
    if (!Files.isRegularFile(file)) {
      return model.object("none");
    }
    JsonFields bert = JsonFields.read(file);
    return bert.text("model_type", "").equals("bert") ? bert : model.object("none");
  }
}
