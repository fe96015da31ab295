package io.med3dinsight.fewlabels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.UsageException;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SubsetsTest {
  @Test
  void everyBeginningHasTheSharesOfTheWhole() {
    int[] classes = IntStream.range(0, 200).map(i -> i % 5 == 0 ? 1 : 0).toArray();
    int[] order = Subsets.order(classes, 7);
    assertArrayEquals(IntStream.range(0, 200).toArray(), Arrays.stream(order).sorted().toArray());
    for (int n = 2; n <= 200; n++) {
      long ones = Arrays.stream(order).limit(n).filter(i -> classes[i] == 1).count();
      assertTrue(ones >= 1 && Math.abs(ones - n / 5.0) <= 1.5, n + ": " + ones);
    }
    assertArrayEquals(order, Subsets.order(classes, 7));
    assertFalse(Arrays.equals(order, Subsets.order(classes, 8)));
  }

  @Test
  void sizes() {
    assertEquals(1, Subsets.size(1, 18, 1));
    assertEquals(2, Subsets.size(1, 18, 2));
    assertEquals(5, Subsets.size(25, 18, 1));
    assertEquals(18, Subsets.size(100, 18, 1));
    assertEquals(1, Subsets.size(1, 1, 2));
    for (double wrong : new double[] {0, -1, 100.5, Double.NaN}) {
      assertThrows(UsageException.class, () -> Subsets.size(wrong, 10, 1));
    }
  }
}
