package io.med3dinsight.encoder2d;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.med3dinsight.slice.IntensityScale;
import io.med3dinsight.slice.Plane;
import io.med3dinsight.slice.Slice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CachedSliceTextEncoderTest {
  @TempDir Path dir;

  /** Counts what it embeds. */
  private static final class Counting implements SliceTextEncoder {
    private final List<String> texts = new ArrayList<>();
    private int slices;

    @Override
    public int width() {
      return 3;
    }

    @Override
    public String id() {
      return "counting-1";
    }

    @Override
    public float[][] embedSlices(List<Slice> all) {
      slices += all.size();
      return all.stream()
          .map(s -> new float[] {s.pixels()[0], s.index(), -1})
          .toArray(float[][]::new);
    }

    @Override
    public float[][] embedTexts(List<String> all) {
      texts.addAll(all);
      return all.stream()
          .map(t -> new float[] {t.length(), t.hashCode(), 1})
          .toArray(float[][]::new);
    }

    @Override
    public void close() {}
  }

  private static Slice slice(int index, float value) {
    IntensityScale scale = new IntensityScale(0, 0, 1, 1, 1);
    return new Slice(Plane.AXIAL, index, 9, 1, 2, new float[] {value, 0}, 1, 1, scale);
  }

  @Test
  void everyTextAndSliceIsEmbeddedOnce() {
    Counting first = new Counting();
    float[][] texts;
    try (CachedSliceTextEncoder c = new CachedSliceTextEncoder(first, dir)) {
      texts = c.embedTexts(List.of("a", "b", "a"));
      c.embedSlices(List.of(slice(1, 5), slice(1, 6), slice(1, 5)));
    }
    assertEquals(List.of("a", "b"), first.texts);
    assertEquals(2, first.slices);
    assertArrayEquals(new float[][] {{1, 97, 1}, {1, 98, 1}, {1, 97, 1}}, texts);
    Counting second = new Counting();
    try (CachedSliceTextEncoder c = new CachedSliceTextEncoder(second, dir)) {
      assertArrayEquals(texts, c.embedTexts(List.of("a", "b", "a")));
      c.embedTexts(List.of("c", "b"));
      assertArrayEquals(
          new float[][] {{5, 1, -1}, {7, 1, -1}}, c.embedSlices(List.of(slice(1, 5), slice(1, 7))));
    }
    assertEquals(List.of("c"), second.texts);
    assertEquals(1, second.slices);
  }

  @Test
  void aHalfWrittenRecordIsDropped() throws IOException {
    try (CachedSliceTextEncoder c = new CachedSliceTextEncoder(new Counting(), dir)) {
      c.embedTexts(List.of("a", "b"));
    }
    Path file = dir.resolve("counting-1.embeddings");
    long whole = Files.size(file);
    byte[] all = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(all, 20), StandardOpenOption.APPEND);
    Counting again = new Counting();
    try (CachedSliceTextEncoder c = new CachedSliceTextEncoder(again, dir)) {
      c.embedTexts(List.of("a", "b", "c"));
    }
    assertEquals(List.of("c"), again.texts);
    assertEquals(whole / 2 * 3, Files.size(file));
    all[all.length / 2 + 3] ^= 1;
    Files.write(file, all);
    again = new Counting();
    try (CachedSliceTextEncoder c = new CachedSliceTextEncoder(again, dir)) {
      c.embedTexts(List.of("a", "b"));
    }
    assertEquals(List.of("b"), again.texts, "a damaged record is computed again");
  }

  @Test
  void twoAtOnceAddToEachOther() {
    Counting a = new Counting();
    Counting b = new Counting();
    try (CachedSliceTextEncoder one = new CachedSliceTextEncoder(a, dir);
        CachedSliceTextEncoder two = new CachedSliceTextEncoder(b, dir)) {
      one.embedTexts(List.of("x"));
      two.embedTexts(List.of("y"));
      one.embedTexts(List.of("z", "x"));
      assertArrayEquals(new float[] {1, 'y', 1}, two.embedTexts(List.of("y"))[0]);
    }
    Counting c = new Counting();
    try (CachedSliceTextEncoder all = new CachedSliceTextEncoder(c, dir)) {
      all.embedTexts(List.of("x", "y", "z"));
    }
    assertEquals(List.of(), c.texts);
  }
}
