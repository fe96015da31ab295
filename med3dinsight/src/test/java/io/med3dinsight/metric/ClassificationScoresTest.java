package io.med3dinsight.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.med3dinsight.volume.JsonLines;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Against scikit-learn and MONAI (oracle/scores.py), and what they leave undefined. */
class ClassificationScoresTest {
  static Stream<JsonNode> cases() throws IOException {
    return JsonLines.read(ClassificationScoresTest.class, "classification.jsonl").stream();
  }

  private static ClassificationScores scores(JsonNode c) {
    double[][] p = new double[c.get("probabilities").size()][];
    for (int i = 0; i < p.length; i++) {
      p[i] = JsonLines.doubles(c.get("probabilities").get(i));
    }
    return ClassificationScores.of(JsonLines.ints(c.get("truth")), p);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyMeasure(JsonNode c) {
    ClassificationScores scores = scores(c);
    for (ClassificationMeasure m : ClassificationMeasure.values()) {
      assertEquals(c.get(m.key()).doubleValue(), m.of(scores), 1e-12, m.toString());
    }
    double[] monai = JsonLines.doubles(c.get("monai_auc"));
    for (int k = 0; k < scores.classes(); k++) {
      assertEquals(monai[k], scores.auc(k), 1e-9);
      for (int other = 0; other < scores.classes(); other++) {
        assertEquals(c.get("confusion").get(k).get(other).longValue(), scores.confusion(k, other));
      }
    }
  }

  @Test
  void whatIsNotDefinedIsNoNumberAndNoMeanTakesItAsOne() {
    double[][] p = {{0.7, 0.2, 0.1}, {0.2, 0.7, 0.1}, {0.6, 0.4, 0}};
    ClassificationScores scores = ClassificationScores.of(new int[] {0, 1, 1}, p);
    assertTrue(Double.isNaN(scores.auc(2)) && Double.isNaN(scores.sensitivity(2)));
    assertTrue(Double.isNaN(scores.f1(2)));
    assertEquals(1, scores.specificity(2));
    assertEquals((1 + 0.5) / 2, scores.balancedAccuracy(), 1e-12);
    assertEquals((scores.auc(0) + scores.auc(1)) / 2, scores.auc(), 1e-12);
    ClassificationScores one =
        ClassificationScores.of(new int[] {1, 1}, new double[][] {{0.5, 0.5}, {0, 1}});
    assertTrue(Double.isNaN(one.auc()) && Double.isNaN(one.specificity()));
    assertEquals(0.5, one.sensitivity());
  }

  @Test
  void tiesCountHalfAndEqualProbabilitiesGoToTheLowerClass() {
    double[][] same = {{0.5, 0.5}, {0.5, 0.5}, {0.5, 0.5}};
    ClassificationScores scores = ClassificationScores.of(new int[] {0, 1, 1}, same);
    assertEquals(0.5, scores.auc());
    assertEquals(0, scores.predicted(1));
    assertEquals(1.0 / 2 - 1.0 / 3, scores.calibrationError(), 1e-12);
  }

  @Test
  void anIntervalHoldsTheValueAndDrawsTheSameCasesForTheSameSeed() throws IOException {
    ClassificationScores scores = scores(cases().toList().get(0));
    Bootstrap bootstrap = new Bootstrap(500, 0.95, 3);
    Interval interval = ClassificationMeasure.AUC.interval(scores, bootstrap).orElseThrow();
    assertTrue(interval.low() < scores.auc() && scores.auc() < interval.high());
    assertEquals(interval, ClassificationMeasure.AUC.interval(scores, bootstrap).orElseThrow());
  }

  @Test
  void whatDoesNotFitIsRefused() {
    double[][] two = {{0.5, 0.5}};
    assertRefused(new int[] {2}, two);
    assertRefused(new int[0], new double[0][]);
    assertRefused(new int[] {0, 1}, two);
    assertRefused(new int[] {0}, new double[][] {{0.5, 0.1}});
    assertRefused(new int[] {0}, new double[][] {{1.5, -0.5}});
    assertRefused(new int[] {0}, new double[][] {{Double.NaN, 1}});
    assertRefused(new int[] {0}, new double[][] {{1}});
  }

  private static void assertRefused(int[] truth, double[][] p) {
    assertThrows(IllegalArgumentException.class, () -> ClassificationScores.of(truth, p));
  }
}
