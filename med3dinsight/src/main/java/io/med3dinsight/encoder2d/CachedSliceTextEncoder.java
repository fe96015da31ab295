package io.med3dinsight.encoder2d;

import io.med3dinsight.hash.Sha256;
import io.med3dinsight.slice.Slice;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Computes each embedding once: what was embedded before, in this run or another, is read from a
 * file, found by the SHA-256 of the slice or the text. The file's name holds the encoder's id.
 */
public final class CachedSliceTextEncoder implements SliceTextEncoder {
  private static final int AT_ONCE = 64;

  private final SliceTextEncoder encoder;
  private final EmbeddingFile file;

  /**
   * @param encoder closed with this one
   * @param folder of the file; made when it is not there
   */
  public CachedSliceTextEncoder(SliceTextEncoder encoder, Path folder) {
    this.encoder = encoder;
    file = EmbeddingFile.open(folder.resolve(encoder.id() + ".embeddings"), encoder.width());
  }

  @Override
  public int width() {
    return encoder.width();
  }

  @Override
  public String id() {
    return encoder.id();
  }

  @Override
  public float[][] embedSlices(List<Slice> slices) {
    return embed(slices, CachedSliceTextEncoder::key, encoder::embedSlices);
  }

  @Override
  public float[][] embedTexts(List<String> texts) {
    return embed(texts, CachedSliceTextEncoder::key, encoder::embedTexts);
  }

  private <T> float[][] embed(
      List<T> items, Function<T, EmbeddingFile.Key> key, Function<List<T>, float[][]> compute) {
    List<EmbeddingFile.Key> keys = items.stream().map(key).toList();
    Map<EmbeddingFile.Key, T> missing = new HashMap<>();
    List<EmbeddingFile.Key> order = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      if (!file.contains(keys.get(i)) && missing.putIfAbsent(keys.get(i), items.get(i)) == null) {
        order.add(keys.get(i));
      }
    }
    // In parts, so that little is lost when the work is stopped.
    for (int from = 0; from < order.size(); from += AT_ONCE) {
      List<EmbeddingFile.Key> part = order.subList(from, Math.min(order.size(), from + AT_ONCE));
      file.append(part, compute.apply(part.stream().map(missing::get).toList()));
    }
    return keys.stream().map(file::get).toArray(float[][]::new);
  }

  private static EmbeddingFile.Key key(String text) {
    return hash("text", text.getBytes(StandardCharsets.UTF_8));
  }

  private static EmbeddingFile.Key key(Slice s) {
    ByteBuffer b =
        ByteBuffer.allocate(
            5 * Integer.BYTES
                + 2 * Double.BYTES
                + 2 * Float.BYTES
                + Float.BYTES * s.pixels().length);
    b.putInt(s.plane().ordinal())
        .putInt(s.index())
        .putInt(s.count())
        .putInt(s.rows())
        .putInt(s.columns());
    b.putDouble(s.rowSpacing()).putDouble(s.columnSpacing());
    b.putFloat(s.scale().low()).putFloat(s.scale().high());
    b.asFloatBuffer().put(s.pixels());
    return hash("slice", b.array());
  }

  private static EmbeddingFile.Key hash(String kind, byte[] content) {
    return new EmbeddingFile.Key(ByteBuffer.wrap(new Sha256().add(kind).add(content).bytes()));
  }

  @Override
  public void close() {
    try {
      file.close();
    } finally {
      encoder.close();
    }
  }
}
