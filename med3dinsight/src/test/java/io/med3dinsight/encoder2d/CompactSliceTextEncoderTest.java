package io.med3dinsight.encoder2d;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.checkpoint.Checkpoint;
import io.med3dinsight.nn.checkpoint.CheckpointException;
import io.med3dinsight.nn.checkpoint.Network;
import io.med3dinsight.slice.Slice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompactSliceTextEncoderTest {
  private static final Device DEVICE = Device.cpu(2);
  private static final Blobs BLOBS = Blobs.of(70, 4);

  @TempDir Path dir;

  private static SliceTextModel model(long seed) {
    return new SliceTextModel(
        Setup.of(DEVICE, seed), Blobs.CONFIG, WordTokenizer.of(BLOBS.texts()));
  }

  private Path saved(long seed) {
    Path file = dir.resolve("encoder" + seed + ".safetensors");
    try (SliceTextModel m = model(seed)) {
      CompactSliceTextEncoder.save(file, m);
    }
    return file;
  }

  @Test
  void loadingGivesTheEmbeddingsOfTheModelThatWasSaved() {
    Path file = saved(3);
    try (SliceTextModel m = model(3);
        Scope scope = Scope.open();
        CompactSliceTextEncoder encoder = CompactSliceTextEncoder.load(file, DEVICE)) {
      List<Slice> slices = BLOBS.slices().subList(0, 10);
      List<String> texts = BLOBS.texts().subList(0, 10);
      SliceBatch images =
          SliceBatch.of(
              slices.stream().map(s -> s.thumbnail(16)).toList(),
              slices.stream().map(Slice::plane).toList(),
              16);
      TokenBatch tokens =
          TokenBatch.of(texts.stream().map(t -> m.tokenizer().encode(t, 128)).toList());
      assertArrayEquals(m.embed(images).toFloats(), flat(encoder.embedSlices(slices)));
      assertArrayEquals(m.embed(tokens).toFloats(), flat(encoder.embedTexts(texts)));
    }
  }

  private static float[] flat(float[][] rows) {
    float[] all = new float[rows.length * rows[0].length];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(rows[i], 0, all, i * rows[i].length, rows[i].length);
    }
    return all;
  }

  @Test
  void manySlicesAreEmbeddedInTheirOrder() {
    try (CompactSliceTextEncoder encoder = CompactSliceTextEncoder.load(saved(3), DEVICE)) {
      assertEquals(16, encoder.width());
      float[][] slices = encoder.embedSlices(BLOBS.slices());
      float[][] texts = encoder.embedTexts(BLOBS.texts());
      assertEquals(70, slices.length);
      for (int i : new int[] {0, 63, 64, 69}) {
        assertArrayEquals(encoder.embedSlices(List.of(BLOBS.slices().get(i)))[0], slices[i], 1e-5f);
        assertArrayEquals(encoder.embedTexts(List.of(BLOBS.texts().get(i)))[0], texts[i], 1e-5f);
        assertEquals(1, length(slices[i]), 1e-5);
        assertEquals(1, length(texts[i]), 1e-5);
      }
      assertEquals(0, encoder.embedSlices(List.of()).length);
      assertEquals(0, encoder.embedTexts(List.of()).length);
    }
  }

  private static double length(float[] v) {
    double sum = 0;
    for (float x : v) {
      sum += (double) x * x;
    }
    return Math.sqrt(sum);
  }

  @Test
  void theIdentityIsThatOfTheWeights() {
    try (CompactSliceTextEncoder a = CompactSliceTextEncoder.load(saved(3), DEVICE);
        CompactSliceTextEncoder b = CompactSliceTextEncoder.load(saved(3), DEVICE);
        CompactSliceTextEncoder other = CompactSliceTextEncoder.load(saved(4), DEVICE)) {
      assertEquals(a.id(), b.id());
      assertNotEquals(a.id(), other.id());
      assertTrue(a.id().matches("slice-text-[0-9a-f]{16}"), a.id());
    }
  }

  @Test
  void nothingIsRecordedOnTheCallersTape() {
    try (CompactSliceTextEncoder encoder = CompactSliceTextEncoder.load(saved(3), DEVICE);
        Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor x = Tensor.scalar(DEVICE, 3).requireGrad();
      long before = DEVICE.backend().memory().active();
      encoder.embedTexts(List.of("left"));
      encoder.embedSlices(BLOBS.slices());
      // What a tape records it holds on to.
      assertEquals(before, DEVICE.backend().memory().active());
      assertSame(tape, Tape.current());
      assertEquals(2, tape.gradients(x.mul(2f)).of(x).item());
    }
  }

  @Test
  void otherFilesAreRefused() throws IOException {
    Path unet = dir.resolve("unet.safetensors");
    Path broken = dir.resolve("broken.safetensors");
    try (SliceTextModel m = model(1)) {
      Checkpoint.writer(new Network("unet", m.network().config())).module(m).write(unet);
      ObjectNode config = m.network().config().deepCopy();
      config.remove("heads");
      Checkpoint.writer(new Network(SliceTextModel.KIND, config)).module(m).write(broken);
    }
    says(unet, "holds a network of kind 'unet', but the slice-text encoder needs 'slice-text'");
    says(broken, "encoder2d.heads is missing: expected an integer");
    Path whole = saved(1);
    byte[] bytes = Files.readAllBytes(whole);
    Path half = dir.resolve("half.safetensors");
    Files.write(half, Arrays.copyOf(bytes, bytes.length / 2));
    says(half, half.toString());
    says(dir.resolve("none.safetensors"), "does not exist");
  }

  private static void says(Path file, String part) {
    CheckpointException e =
        assertThrows(
            CheckpointException.class, () -> CompactSliceTextEncoder.load(file, DEVICE).close());
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }

  /** An encoder that answers what it was given. */
  private record Fake(float[][] slices, float[][] texts) implements SliceTextEncoder {
    @Override
    public int width() {
      return 2;
    }

    @Override
    public String id() {
      return "fake";
    }

    @Override
    public float[][] embedSlices(List<Slice> s) {
      return Arrays.copyOf(slices, s.size());
    }

    @Override
    public float[][] embedTexts(List<String> t) {
      return Arrays.copyOf(texts, t.size());
    }

    @Override
    public void close() {
      // Nothing is held.
    }
  }

  @Test
  void retrievalCountsRanksAmongDifferentTexts() {
    List<Slice> slices = BLOBS.slices().subList(0, 4);
    List<String> texts = List.of("a", "b", "a", "c");
    float[][] candidates = {{1, 0}, {0, 1}, {-1, 0}};
    float[][] queries = {{1, 0}, {0, 1}, {0.6f, 0.8f}, {-1, 0}};
    assertEquals(
        new Retrieval(4, 3, 0.75, 1), Retrieval.of(new Fake(queries, candidates), slices, texts));
    // Ties and what is not a number count against the encoder.
    float[][] same = new float[7][2];
    List<String> seven = List.of("a", "b", "c", "d", "e", "f", "g");
    List<Slice> some = new ArrayList<>(BLOBS.slices().subList(0, 7));
    assertEquals(new Retrieval(7, 7, 0, 0), Retrieval.of(new Fake(same, same), some, seven));
    for (float[] row : same) {
      row[0] = Float.NaN;
    }
    assertEquals(new Retrieval(7, 7, 0, 0), Retrieval.of(new Fake(same, same), some, seven));
    assertThrows(
        IllegalArgumentException.class,
        () -> Retrieval.of(new Fake(same, same), some, List.of("a")));
  }
}
