package io.med3dinsight.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class ClassificationScoresTest {
  /** Every pair is looked at. */
  private static double pairs(double[] scores, boolean[] positive) {
    double won = 0;
    long all = 0;
    for (int i = 0; i < scores.length; i++) {
      for (int j = 0; j < scores.length; j++) {
        if (positive[i] && !positive[j]) {
          all++;
          won += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
        }
      }
    }
    return won / all;
  }

  @Test
  void theAreaIsTheShareOfPairsInOrder() {
    Random r = new Random(3);
    for (int round = 0; round < 50; round++) {
      double[] scores = new double[30];
      boolean[] positive = new boolean[30];
      for (int i = 0; i < 30; i++) {
        // Few values, so that there are many ties.
        scores[i] = r.nextInt(6) / 5.0;
        positive[i] = i == 0 || (i > 1 && r.nextInt(3) == 0);
      }
      assertEquals(pairs(scores, positive), ClassificationScores.auc(scores, positive), 1e-12);
    }
    assertTrue(Double.isNaN(ClassificationScores.auc(new double[] {1, 2}, new boolean[2])));
  }

  @Test
  void twoClasses() {
    double[][] p = {{0.9, 0.1}, {0.4, 0.6}, {0.5, 0.5}, {0.2, 0.8}, {0.7, 0.3}};
    ClassificationScores s = ClassificationScores.of(new int[] {0, 0, 1, 1, 0}, p);
    // 0.5 is not above one half: cases 1 and 2 are wrong.
    assertEquals(0.6, s.accuracy(), 1e-12);
    assertEquals((2.0 / 3 + 0.5) / 2, s.balancedAccuracy(), 1e-12);
    assertEquals(5.0 / 6, s.auc(), 1e-12);
    assertEquals((4.0 / 6 + 2.0 / 4) / 2, s.f1(), 1e-12);
    double loss = -(Math.log(0.9) + Math.log(0.4) + Math.log(0.5) + Math.log(0.8) + Math.log(0.7));
    assertEquals(loss / 5, s.logLoss(), 1e-12);
  }

  @Test
  void moreClassesAreTakenOneAgainstTheOthers() {
    double[][] p = {{0.6, 0.3, 0.1}, {0.2, 0.5, 0.3}, {0.3, 0.3, 0.4}, {0.5, 0.4, 0.1}};
    ClassificationScores s = ClassificationScores.of(new int[] {0, 1, 2, 1}, p);
    // Class 0: case 0 beats all. Class 1: 0.5 and 0.4 beat 0.3, 0.3. Class 2: 0.4 beats all.
    assertEquals(1, s.auc(), 1e-12);
    assertEquals(0.75, s.accuracy(), 1e-12);
    assertEquals((1 + 0.5 + 1) / 3, s.balancedAccuracy(), 1e-12);
  }

  @Test
  void whatDoesNotFitIsRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () -> ClassificationScores.of(new int[0], new double[0][]));
  }
}
