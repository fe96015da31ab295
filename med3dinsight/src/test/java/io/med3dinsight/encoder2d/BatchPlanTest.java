package io.med3dinsight.encoder2d;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.med3dinsight.nn.data.SampleKey;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class BatchPlanTest {
  @Test
  void equalTextsWaitForTheNextBatch() {
    int[][] plan = BatchPlan.of(new int[] {0, 1, 2, 3, 4, 5}, new int[] {7, 7, 8, 9, 9, 8}, 2, 3);
    assertArrayEquals(new int[][] {{0, 2, 3}, {1, 4, 5}}, plan);
  }

  @Test
  void aBatchIsFilledEvenWithEqualTexts() {
    int[][] plan = BatchPlan.of(new int[] {3, 2, 1, 0}, new int[] {5, 5, 5, 6}, 2, 2);
    assertArrayEquals(new int[][] {{3, 2}, {1, 0}}, plan);
  }

  @Test
  void noPairIsDrawnTwiceInAnEpoch() {
    int[] texts = new int[100];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = i % 13;
    }
    int[] order = new SampleKey(3, 2, 0).epochOrder(100);
    int[][] plan = BatchPlan.of(order, texts, 9, 11);
    int[] all = Arrays.stream(plan).flatMapToInt(Arrays::stream).toArray();
    assertEquals(99, Arrays.stream(all).distinct().count());
    for (int s = 0; s < 6; s++) {
      assertEquals(11, Arrays.stream(plan[s]).map(i -> texts[i]).distinct().count(), "batch " + s);
    }
  }
}
