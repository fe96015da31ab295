package io.med3dinsight.encoder2d.clip;

import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.nn.checkpoint.TensorSource;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A CLIPModel's file seen under the names of OpenAI and open_clip: other names, queries, keys and
 * values in one, and projections turned.
 */
final class HuggingFaceNames implements TensorSource {
  private static final Map<String, String> BLOCK =
      Map.of(
          "layer_norm1", "ln_1",
          "layer_norm2", "ln_2",
          "self_attn.out_proj", "attn.out_proj",
          "mlp.fc1", "mlp.c_fc",
          "mlp.fc2", "mlp.c_proj");

  private static final Map<String, String> OTHERS =
      Map.ofEntries(
          Map.entry("vision_model.embeddings.class_embedding", "visual.class_embedding"),
          Map.entry("vision_model.embeddings.patch_embedding.weight", "visual.conv1.weight"),
          Map.entry(
              "vision_model.embeddings.position_embedding.weight", "visual.positional_embedding"),
          Map.entry("vision_model.pre_layrnorm.weight", "visual.ln_pre.weight"),
          Map.entry("vision_model.pre_layrnorm.bias", "visual.ln_pre.bias"),
          Map.entry("vision_model.post_layernorm.weight", "visual.ln_post.weight"),
          Map.entry("vision_model.post_layernorm.bias", "visual.ln_post.bias"),
          Map.entry("visual_projection.weight", "visual.proj"),
          Map.entry("text_model.embeddings.token_embedding.weight", "token_embedding.weight"),
          Map.entry("text_model.embeddings.position_embedding.weight", "positional_embedding"),
          Map.entry("text_model.final_layer_norm.weight", "ln_final.weight"),
          Map.entry("text_model.final_layer_norm.bias", "ln_final.bias"),
          Map.entry("text_projection.weight", "text_projection"));

  /** Where a tensor comes from: one name, or three whose rows follow one another. */
  private record Origin(List<String> parts, boolean turned) {}

  private final TensorSource file;
  private final Map<String, Origin> origins = new LinkedHashMap<>();

  HuggingFaceNames(TensorSource file) {
    this.file = file;
    for (String name : file.names()) {
      if (name.endsWith("embeddings.position_ids")) {
        continue;
      }
      if (OTHERS.containsKey(name)) {
        boolean turned = name.endsWith("_projection.weight");
        origins.put(OTHERS.get(name), new Origin(List.of(name), turned));
      } else {
        block(name);
      }
    }
  }

  private void block(String name) {
    boolean vision = name.startsWith("vision_model.encoder.layers.");
    if (!vision && !name.startsWith("text_model.encoder.layers.")) {
      origins.put(name, new Origin(List.of(name), false));
      return;
    }
    String rest = name.substring(name.indexOf("layers.") + "layers.".length());
    int dot = rest.indexOf('.');
    int last = rest.lastIndexOf('.');
    String part = dot < last ? rest.substring(dot + 1, last) : "";
    String kind = rest.substring(last + 1);
    String block =
        (vision ? "visual." : "") + "transformer.resblocks." + rest.substring(0, Math.max(0, dot));
    if (part.equals("self_attn.q_proj")) {
      List<String> three =
          List.of(name, name.replace(".q_proj.", ".k_proj."), name.replace(".q_proj.", ".v_proj."));
      boolean whole = file.names().containsAll(three);
      origins.put(
          whole ? block + ".attn.in_proj_" + kind : name,
          new Origin(whole ? three : List.of(name), false));
    } else if (!part.equals("self_attn.k_proj") && !part.equals("self_attn.v_proj")) {
      String here = BLOCK.containsKey(part) ? block + "." + BLOCK.get(part) + "." + kind : name;
      origins.put(here, new Origin(List.of(name), false));
    }
  }

  private Origin origin(String name) {
    // An unknown name goes to the file, which knows how to say so.
    return origins.getOrDefault(name, new Origin(List.of(name), false));
  }

  @Override
  public Path path() {
    return file.path();
  }

  @Override
  public Set<String> names() {
    return origins.keySet();
  }

  @Override
  public Shape shape(String name) {
    Origin o = origin(name);
    Shape s = file.shape(o.parts.get(0));
    if (o.turned && s.rank() == 2) {
      return Shape.of(s.dim(1), s.dim(0));
    }
    if (o.parts.size() > 1) {
      int rows = 0;
      for (String part : o.parts) {
        rows += file.shape(part).rank() == 0 ? 0 : file.shape(part).dim(0);
      }
      return s.rank() == 0 ? s : s.with(0, rows);
    }
    return s;
  }

  @Override
  public String dtype(String name) {
    return file.dtype(origin(name).parts.get(0));
  }

  @Override
  public boolean floating(String name) {
    return origin(name).parts.stream().allMatch(file::floating);
  }

  @Override
  public float[] floats(String name) {
    Origin o = origin(name);
    float[] first = file.floats(o.parts.get(0));
    if (o.turned) {
      Shape s = file.shape(o.parts.get(0));
      return turned(first, s.dim(0), s.dim(1));
    }
    if (o.parts.size() == 1) {
      return first;
    }
    float[] b = file.floats(o.parts.get(1));
    float[] c = file.floats(o.parts.get(2));
    float[] all = Arrays.copyOf(first, first.length + b.length + c.length);
    System.arraycopy(b, 0, all, first.length, b.length);
    System.arraycopy(c, 0, all, first.length + b.length, c.length);
    return all;
  }

  private static float[] turned(float[] values, int rows, int columns) {
    float[] out = new float[values.length];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        out[c * rows + r] = values[r * columns + c];
      }
    }
    return out;
  }

  @Override
  public long[] longs(String name) {
    return file.longs(origin(name).parts.get(0));
  }

  @Override
  public void close() {
    file.close();
  }
}
