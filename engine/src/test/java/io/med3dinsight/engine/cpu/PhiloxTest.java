package io.med3dinsight.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class PhiloxTest {
  /** The vector of Random123's kat_vectors for counter 0 and key 0. */
  @Test
  void agreesWithTheKnownAnswer() {
    int[] out = new int[4];
    Philox.block(0, 0, out);
    assertArrayEquals(new int[] {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}, out);
  }

  @Test
  void meanAndNeighboursAreThoseOfIndependentNumbers() {
    int n = 200_000;
    int[] out = new int[4];
    double sum = 0;
    double products = 0;
    double previous = 0;
    for (int i = 0; i < n; i++) {
      Philox.block(i % 2, i, out);
      double u = Philox.uniform(out[i % 4]) - 0.5;
      sum += u;
      products += u * previous;
      previous = u;
    }
    // Five standard errors: of the mean 1/sqrt(12 n), of the product 1/(12 sqrt(n)).
    assertEquals(0, sum / n, 5 / Math.sqrt(12.0 * n));
    assertEquals(0, products / n, 5 / (12 * Math.sqrt(n)));
    assertEquals(0x1p-24f, Philox.uniform(0x1ff));
  }
}
