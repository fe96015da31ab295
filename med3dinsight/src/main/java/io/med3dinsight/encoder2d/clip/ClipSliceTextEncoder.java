package io.med3dinsight.encoder2d.clip;

import io.med3dinsight.DataException;
import io.med3dinsight.encoder2d.EmbeddingRows;
import io.med3dinsight.encoder2d.SliceTextEncoder;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.hash.Sha256;
import io.med3dinsight.nn.Module;
import io.med3dinsight.slice.Slice;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * CLIP or BiomedCLIP as a frozen slice-text encoder, read from a local folder in open_clip's or
 * Hugging Face's layout (docs/clip.md).
 */
public final class ClipSliceTextEncoder implements SliceTextEncoder {
  private static final int PICTURES = 16;
  private static final int TEXTS = 32;

  private final ClipConfig config;
  private final TextTokenizer tokenizer;
  private final DualEncoder towers;
  private final String id;

  private ClipSliceTextEncoder(ClipFolder folder, DualEncoder towers) {
    config = folder.config();
    tokenizer = folder.tokenizer();
    this.towers = towers;
    towers.train(false);
    String kind = config.kind().name().toLowerCase(Locale.ROOT);
    id = kind + "-" + hash(folder, towers);
  }

  /**
   * Reads configuration and tokenizer and compares the weights' names and shapes with them, without
   * reading their values.
   *
   * @throws DataException when a file is missing or cannot be used
   * @throws io.med3dinsight.nn.checkpoint.CheckpointException when the weights are missing or of
   *     another network or size
   */
  public static void check(Path folder) {
    ClipFolder.open(folder).check();
  }

  /**
   * Loads a folder.
   *
   * @throws DataException when a file is missing or cannot be used
   * @throws io.med3dinsight.nn.checkpoint.CheckpointException when the weights are missing or of
   *     another network or size
   */
  public static ClipSliceTextEncoder load(Path folder, Device device) {
    ClipFolder f = ClipFolder.open(folder);
    DualEncoder towers = f.load(device);
    try {
      return new ClipSliceTextEncoder(f, towers);
    } catch (RuntimeException e) {
      towers.close();
      throw e;
    }
  }

  private static String hash(ClipFolder folder, DualEncoder towers) {
    Sha256 hash = new Sha256().add(new byte[] {Preprocessing.PICTURE});
    try {
      for (Path file : folder.small()) {
        hash.add(file);
      }
    } catch (IOException e) {
      throw DataException.of(folder.root(), "read", e);
    }
    for (Module.State s : towers.namedState().values()) {
      hash.add(s.tensor().toFloats(), ByteOrder.LITTLE_ENDIAN);
    }
    return Sha256.shortened(hash.hex());
  }

  @Override
  public int width() {
    return config.width();
  }

  /** The family and the first digits of the SHA-256 of configuration, tokenizer and weights. */
  @Override
  public String id() {
    return id;
  }

  @Override
  public float[][] embedSlices(List<Slice> slices) {
    return embedPictures(slices.stream().map(config.preprocessing()::of).toList());
  }

  /** Embeds what {@link Preprocessing} made, [3,S,S] each. */
  float[][] embedPictures(List<float[]> pictures) {
    float[][] out = new float[pictures.size()][];
    int patch = config.patch();
    int length = config.patches() * 3 * patch * patch;
    for (int from = 0; from < out.length; from += PICTURES) {
      int count = Math.min(out.length - from, PICTURES);
      float[] patches = new float[count * length];
      for (int i = 0; i < count; i++) {
        int size = config.preprocessing().size();
        DualEncoder.patches(pictures.get(from + i), size, patch, patches, i * length);
      }
      EmbeddingRows.compute(
          () ->
              towers.images(
                  Tensor.of(towers.device(), patches, count, config.patches(), 3 * patch * patch)),
          width(),
          out,
          from);
    }
    Arrays.setAll(out, i -> unit(out[i]));
    return out;
  }

  @Override
  public float[][] embedTexts(List<String> texts) {
    float[][] out = new float[texts.size()][];
    for (int from = 0; from < out.length; from += TEXTS) {
      List<String> part = texts.subList(from, Math.min(out.length, from + TEXTS));
      int[][] ids =
          part.stream().map(t -> tokenizer.encode(t, config.context())).toArray(int[][]::new);
      int longest = Arrays.stream(ids).mapToInt(row -> row.length).max().orElse(0);
      for (int i = 0; i < ids.length; i++) {
        int used = ids[i].length;
        ids[i] = Arrays.copyOf(ids[i], longest);
        Arrays.fill(ids[i], used, longest, tokenizer.padding());
      }
      EmbeddingRows.compute(() -> towers.texts(ids, tokenizer.padding()), width(), out, from);
    }
    Arrays.setAll(out, i -> unit(out[i]));
    return out;
  }

  private static float[] unit(float[] v) {
    double sum = 0;
    for (float x : v) {
      sum += (double) x * x;
    }
    double length = Math.max(1e-12, Math.sqrt(sum));
    for (int i = 0; i < v.length; i++) {
      v[i] = (float) (v[i] / length);
    }
    return v;
  }

  @Override
  public void close() {
    towers.close();
  }
}
