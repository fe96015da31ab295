package io.med3dinsight.finetune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.dataset.Augmentation;
import io.med3dinsight.dataset.PatchSampler;
import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.dataset.TrainingCase;
import io.med3dinsight.nn.data.SampleKey;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class PatchBatchesTest {
  @Test
  void everyCaseIsVisitedEquallyAndBatchesDependOnTheirKeyAlone() {
    List<TrainingCase> cases = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      cases.add(Balls.of("c" + i, i + 1, 10 + i));
    }
    PatchSampler sampler = new PatchSampler(new PatchSize(6, 6, 6), 0.5, Augmentation.none());
    // 3 patches and 4 steps: neither epochs nor batches end where a round of the cases does.
    PatchBatches batches = new PatchBatches(cases, sampler, 3, 4);
    int[] visits = new int[5];
    int foreground = 0;
    for (int epoch = 0; epoch < 5; epoch++) {
      for (int index = 0; index < 4; index++) {
        SampleKey key = new SampleKey(3, epoch, index);
        PatchBatches.Batch b = batches.load(key);
        assertArrayEquals(b.image(), batches.load(key).image());
        assertArrayEquals(b.labels(), batches.load(key).labels());
        for (int i = 0; i < 3; i++) {
          int number = Math.round(max(b.image(), i * 216) / 100);
          visits[number - 1]++;
          assertTrue(batches.describe(key).contains("c" + (number - 1)));
          foreground += b.labels()[i * 216 + 3 * 42 + 3] > 0 ? 1 : 0;
        }
      }
    }
    assertArrayEquals(new int[] {12, 12, 12, 12, 12}, visits);
    assertTrue(foreground >= 20, "patches around foreground: " + foreground);
  }

  private static float max(float[] v, int from) {
    float m = v[from];
    for (int i = from; i < from + 216; i++) {
      m = Math.max(m, v[i]);
    }
    return m;
  }

  @Test
  void diceIsTheMeanOverOccurringClasses() {
    assertEquals(
        OptionalDouble.of((0.5 + 0) / 2),
        PatchDice.of(new int[] {0, 1, 1, 2, 0}, new int[] {1, 1, 0, 0, 0}, 4));
    assertEquals(OptionalDouble.empty(), PatchDice.of(new int[2], new int[2], 3));
    assertEquals(OptionalDouble.of(1), PatchDice.of(new int[] {2, 0}, new int[] {2, 0}, 3));
  }
}
