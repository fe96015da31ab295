package io.med3dinsight.encoder2d;

import com.fasterxml.jackson.databind.JsonNode;
import io.med3dinsight.UsageException;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.hash.Sha256;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.checkpoint.Checkpoint;
import io.med3dinsight.nn.checkpoint.CheckpointException;
import io.med3dinsight.nn.checkpoint.Network;
import io.med3dinsight.slice.Slice;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;

/**
 * The {@link SliceTextModel} of a checkpoint, frozen: the slice-text encoder that needs no
 * download. The checkpoint is one safetensors file, whose header holds settings and vocabulary.
 */
public final class CompactSliceTextEncoder implements SliceTextEncoder {
  private static final int BATCH = 64;

  private final SliceTextModel model;
  private final String id;

  private CompactSliceTextEncoder(SliceTextModel model) {
    this.model = model;
    this.id = SliceTextModel.KIND + "-" + hash(model);
    model.train(false);
  }

  /**
   * Writes a model's weights, settings and vocabulary.
   *
   * @throws CheckpointException when the file cannot be written
   */
  public static void save(Path file, SliceTextModel model) {
    Checkpoint.writer(model.network()).module(model).write(file);
  }

  /**
   * Loads what {@link #save} or the training loop wrote.
   *
   * @throws CheckpointException when the file is not whole, or holds another network
   */
  public static CompactSliceTextEncoder load(Path file, Device device) {
    try (Checkpoint c = Checkpoint.open(file)) {
      Network network = c.network();
      if (!network.kind().equals(SliceTextModel.KIND)) {
        throw new CheckpointException(
            "Checkpoint '"
                + file
                + "' holds a network of kind '"
                + network.kind()
                + "', but the slice-text encoder needs '"
                + SliceTextModel.KIND
                + "'.");
      }
      SliceTextModel model = build(file, network.config(), device);
      try {
        c.restore(model, model.network());
        return new CompactSliceTextEncoder(model);
      } catch (RuntimeException e) {
        model.close();
        throw e;
      }
    }
  }

  private static SliceTextModel build(Path file, JsonNode config, Device device) {
    try {
      return new SliceTextModel(
          // Every weight is overwritten, so the seed does not matter.
          Setup.of(device, 0),
          SliceTextConfig.fromJson(config),
          WordTokenizer.fromJson(config.path("vocabulary")));
    } catch (UsageException e) {
      throw new CheckpointException(
          "Checkpoint '" + file + "' cannot be used: " + e.getMessage(), e);
    }
  }

  private static String hash(SliceTextModel model) {
    Sha256 hash = new Sha256().add(model.network().toString());
    for (Module.State s : model.namedState().values()) {
      hash.add(s.tensor().toFloats(), ByteOrder.LITTLE_ENDIAN);
    }
    return Sha256.shortened(hash.hex());
  }

  @Override
  public int width() {
    return model.config().width();
  }

  /**
   * {@code slice-text-} and the first digits of the SHA-256 of settings, vocabulary and weights.
   */
  @Override
  public String id() {
    return id;
  }

  @Override
  public float[][] embedSlices(List<Slice> slices) {
    float[][] out = new float[slices.size()][];
    for (int from = 0; from < out.length; from += BATCH) {
      List<Slice> part = slices.subList(from, Math.min(out.length, from + BATCH));
      SliceBatch batch =
          SliceBatch.of(
              part.stream().map(s -> s.thumbnail(model.config().thumbnail())).toList(),
              part.stream().map(Slice::plane).toList(),
              model.config().thumbnail());
      EmbeddingRows.compute(() -> model.embed(batch), width(), out, from);
    }
    return out;
  }

  @Override
  public float[][] embedTexts(List<String> texts) {
    float[][] out = new float[texts.size()][];
    for (int from = 0; from < out.length; from += BATCH) {
      TokenBatch batch =
          TokenBatch.of(
              texts.subList(from, Math.min(out.length, from + BATCH)).stream()
                  .map(t -> model.tokenizer().encode(t, model.config().maxTokens()))
                  .toList());
      EmbeddingRows.compute(() -> model.embed(batch), width(), out, from);
    }
    return out;
  }

  @Override
  public void close() {
    model.close();
  }
}
