package io.med3dinsight.dataset;

import static io.med3dinsight.volume.Sentences.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SplitTest {
  @TempDir Path folder;

  private static List<String> ids(int n) {
    return IntStream.range(0, n).mapToObj(i -> String.format("case_%03d", i)).toList();
  }

  @Property(tries = 200, seed = "20250914")
  void everyCaseIsInOnePart(
      @ForAll @IntRange(min = 2, max = 60) int n,
      @ForAll @DoubleRange(min = 0.01, max = 0.99) double share,
      @ForAll long seed) {
    Split split = Split.random(ids(n), share, seed);
    TreeSet<String> all = new TreeSet<>(split.train());
    all.addAll(split.test());
    assertEquals(n, split.train().size() + split.test().size());
    assertEquals(ids(n), new ArrayList<>(all));
    assertEquals(share * n, split.test().size(), 1);
    assertFalse(split.train().isEmpty() || split.test().isEmpty());
    List<String> reversed = new ArrayList<>(ids(n));
    Collections.reverse(reversed);
    assertEquals(split, Split.random(reversed, share, seed));
  }

  @Test
  void everyCaseIsHeldOutEquallyOften() {
    int[] held = new int[10];
    for (int seed = 0; seed < 2000; seed++) {
      for (String id : Split.random(ids(10), 0.3, seed).test()) {
        held[Integer.parseInt(id.substring(5))]++;
      }
    }
    for (int count : held) {
      // 2000 draws of probability 0.3: five standard deviations.
      assertEquals(600, count, 5 * Math.sqrt(2000 * 0.3 * 0.7));
    }
    assertNotEquals(Split.random(ids(10), 0.3, 1), Split.random(ids(10), 0.3, 2));
  }

  @Test
  void sharesAndCountsThatCannotBe() {
    for (double share : new double[] {0, 1, -0.1, Double.NaN}) {
      UsageException e = assertThrows(UsageException.class, () -> Split.random(ids(4), share, 1));
      assertTrue(e.getMessage().contains("between 0 and 1"), e.getMessage());
    }
    refused(() -> Split.random(ids(1), 0.5, 1), "1 labelled case", "at least 2");
  }

  @Test
  void aFileDecidesWhereThereIsOne() throws IOException {
    MsdFolder msd = new MsdFolder(folder);
    MsdDataset data = MsdDataset.read(folder);
    assertEquals(Split.random(List.of("a", "b"), 0.5, 7), Split.of(data, 0.5, 7));
    Path file = msd.path.resolve("splits.json");
    Files.writeString(file, "{\"train\": [\"b\"], \"test\": [\"a\"]}");
    assertEquals(new Split(List.of("b"), List.of("a")), Split.of(data, 0.5, 7));
    Files.writeString(file, "{\"train\": [\"b\"], \"test\": [\"q\"]}");
    refused(() -> Split.of(data, 0.5, 7), "case q");
  }

  @Test
  void brokenFiles() throws IOException {
    Path file = folder.resolve("splits.json");
    refused(() -> Split.read(file), file.toString(), "does not exist");
    String[][] cases = {
      {"{", "not valid JSON"},
      {"[]", "holds no fold"},
      {"[{\"train\": [\"a\"]}]", "no usable list \"val\""},
      {"{\"train\": [\"a\"]}", "no usable list \"test\""},
      {"{\"train\": \"a\", \"test\": []}", "no usable list \"train\""},
      {"{\"train\": [\"a\", \"a\"], \"test\": []}", "no usable list \"train\""},
      {"{\"train\": [\"a\"], \"test\": [\"a\"]}", "names a for training and for testing"},
      {"{\"train\": [], \"test\": [\"a\"]}", "no case for training"}
    };
    for (String[] c : cases) {
      Files.writeString(file, c[0]);
      refused(() -> Split.read(file), file.toString(), c[1]);
    }
  }

  @Test
  void foldsOfNnUnet() throws IOException {
    Path file = folder.resolve("splits_final.json");
    Files.writeString(
        file,
        "[{\"train\": [\"a\", \"b\"], \"val\": [\"c\"]}, {\"train\": [\"c\"], \"val\": [\"a\"]}]");
    assertEquals(List.of("a", "b"), Split.read(file).train());
    assertEquals(List.of("a"), Split.read(file, 1).test());
    UsageException e = assertThrows(UsageException.class, () -> Split.read(file, 2));
    assertTrue(e.getMessage().contains("fold 2"), e.getMessage());
  }
}
