package io.med3dinsight.serve;

import io.med3dinsight.Med3DInsight;
import io.med3dinsight.inference.ModelKind;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What a client may have done with an image. */
enum Computation {
  SEGMENT("/segment", ModelKind.SEGMENTATION, "the label map, .nii.gz on exactly the image's grid"),
  CLASSIFY(
      "/classify",
      ModelKind.CLASSIFICATION,
      "JSON {\"predicted\": class, \"probabilities\": {class: p}}"),
  EMBED("/embed", null, "JSON {\"length\": n, \"embedding\": [n numbers]}");

  private final String path;

  /** Null where every model does it. */
  private final ModelKind kind;

  private final String answer;

  Computation(String path, ModelKind kind, String answer) {
    this.path = path;
    this.kind = kind;
    this.answer = answer;
  }

  String path() {
    return path;
  }

  /** What a good request is answered with. */
  String answer() {
    return answer;
  }

  /** The word for it in metrics. */
  String word() {
    return path.substring(1);
  }

  private boolean suits(Med3DInsight model) {
    return kind == null || kind == model.kind();
  }

  /** The tasks that a model can do. */
  static List<Computation> of(Med3DInsight model) {
    return Arrays.stream(values()).filter(t -> t.suits(model)).toList();
  }

  /** The task at an address. */
  static Optional<Computation> at(String path) {
    return Arrays.stream(values()).filter(t -> t.path.equals(path)).findFirst();
  }
}
