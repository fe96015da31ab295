package io.med3dinsight.encoder2d;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.UsageException;

/**
 * Shape and training of the compact slice-text encoder.
 *
 * @param width length of an embedding, a multiple of 8
 * @param textWidth width of a token in the text tower
 * @param layers transformer blocks of the text tower
 * @param heads attention heads of each, a divisor of {@code textWidth}
 * @param thumbnail rows and columns to which a slice is resampled, a multiple of 8
 * @param maxTokens tokens of a text that are read, the start token included; the rest is cut off
 * @param batch pairs per training step
 * @param epochs passes over the training pairs
 * @param learningRate the highest of the schedule
 * @param weightDecay AdamW's, for matrices and kernels
 */
public record SliceTextConfig(
    int width,
    int textWidth,
    int layers,
    int heads,
    int thumbnail,
    int maxTokens,
    int batch,
    int epochs,
    double learningRate,
    double weightDecay) {

  public SliceTextConfig {
    require(width >= 8 && width % 8 == 0, "width", width, "a positive multiple of 8");
    require(layers >= 0, "layers", layers, "0 or more");
    require(heads >= 1, "heads", heads, "at least 1");
    require(
        textWidth >= heads && textWidth % heads == 0,
        "textWidth",
        textWidth,
        "a multiple of the number of heads, " + heads);
    require(
        thumbnail >= 8 && thumbnail % 8 == 0, "thumbnail", thumbnail, "a positive multiple of 8");
    require(maxTokens >= 2, "maxTokens", maxTokens, "at least 2, the start token included");
    require(batch >= 2, "batch", batch, "at least 2: other pairs are the negatives");
    require(epochs >= 1, "epochs", epochs, "at least 1");
    require(
        learningRate > 0 && Double.isFinite(learningRate),
        "learningRate",
        learningRate,
        "a positive number");
    require(
        weightDecay >= 0 && Double.isFinite(weightDecay),
        "weightDecay",
        weightDecay,
        "0 or a positive number");
  }

  /** For a few hundred slices on a CPU; one block rather than two to save time. */
  public static SliceTextConfig standard() {
    return new SliceTextConfig(64, 64, 1, 4, 32, 128, 64, 15, 2e-3, 0.05);
  }

  private static void require(boolean good, String key, Object found, String expected) {
    if (!good) {
      throw new UsageException(
          "encoder2d." + key + " is " + found + ": expected " + expected + ".");
    }
  }

  /** As JSON, for checkpoints. */
  ObjectNode toJson() {
    return new ObjectMapper()
        .createObjectNode()
        .put("width", width)
        .put("textWidth", textWidth)
        .put("layers", layers)
        .put("heads", heads)
        .put("thumbnail", thumbnail)
        .put("maxTokens", maxTokens)
        .put("batch", batch)
        .put("epochs", epochs)
        .put("learningRate", learningRate)
        .put("weightDecay", weightDecay);
  }

  /**
   * Reads what {@link #toJson} wrote.
   *
   * @throws UsageException naming the value that is missing or cannot be used
   */
  static SliceTextConfig fromJson(JsonNode n) {
    return new SliceTextConfig(
        integer(n, "width"),
        integer(n, "textWidth"),
        integer(n, "layers"),
        integer(n, "heads"),
        integer(n, "thumbnail"),
        integer(n, "maxTokens"),
        integer(n, "batch"),
        integer(n, "epochs"),
        number(n, "learningRate"),
        number(n, "weightDecay"));
  }

  private static int integer(JsonNode n, String key) {
    JsonNode v = n.path(key);
    require(v.isInt(), key, v.isMissingNode() ? "missing" : v, "an integer");
    return v.intValue();
  }

  private static double number(JsonNode n, String key) {
    JsonNode v = n.path(key);
    require(v.isNumber(), key, v.isMissingNode() ? "missing" : v, "a number");
    return v.doubleValue();
  }
}
