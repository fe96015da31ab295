package io.med3dinsight.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.med3dinsight.DataException;
import io.med3dinsight.metric.Bootstrap;
import io.med3dinsight.metric.ClassificationScores;
import io.med3dinsight.metric.Evaluation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsJsonTest {
  @TempDir Path run;

  @Test
  void everyScoreHasItsPlace() throws IOException {
    Evaluation test = Cases.evaluation("a", "b", "c");
    MetricsJson.write(
        run,
        test,
        Map.of("pretrain", Map.of("loss", 3.5), "segmentation", Map.of("validation", 0.5)));
    JsonNode root = new ObjectMapper().readTree(run.resolve(MetricsJson.FILE).toFile());
    JsonNode scores = root.at("/segmentation/test");
    assertEquals(test.dice(), scores.at("/dice/mean").doubleValue());
    assertEquals(test.hd95(), scores.at("/hd95/mean").doubleValue());
    assertEquals(test.classes().get(1).dice(), scores.at("/classes/Posterior/dice").doubleValue());
    assertEquals(1, scores.at("/classes/Posterior/missed").intValue());
    assertEquals(0, scores.at("/classes/Anterior/missed").intValue());
    assertEquals(test.cases().get(1).hd95(), scores.at("/cases/b/hd95").doubleValue());
    assertEquals(0.0, scores.at("/cases/c/classes/Posterior/dice").doubleValue());
    assertEquals(64, scores.at("/cases/c/classes/Posterior/reference_voxels").intValue());
    assertEquals(3.5, root.at("/pretrain/loss").doubleValue());
    assertEquals(0.5, root.at("/segmentation/validation").doubleValue());
    assertEquals(root, MetricsJson.read(run));
  }

  @Test
  void aRunWithoutTestCasesHasNoScores() {
    MetricsJson.write(run, null, Map.of("seconds", 2));
    assertEquals("{\"seconds\":2}", MetricsJson.read(run).toString());
  }

  @Test
  void aClassificationIsWrittenWithTheRest() {
    double[][] p = {{0.9, 0.1}, {0.2, 0.8}, {0.6, 0.4}};
    ClassificationScores scores = ClassificationScores.of(new int[] {0, 1, 1}, p);
    Map<String, ?> node =
        MetricsJson.classification(
            scores, List.of("a", "b", "c"), List.of("no", "yes"), Bootstrap.standard());
    MetricsJson.write(run, null, Map.of("classification", Map.of("test", node)));
    JsonNode test = MetricsJson.read(run).at("/classification/test");
    assertEquals(1, test.at("/auc/value").doubleValue());
    assertEquals(2.0 / 3, test.at("/accuracy/value").doubleValue());
    assertTrue(test.at("/accuracy/low").doubleValue() < 0.5);
    assertEquals("[[1,0],[1,1]]", test.get("confusion").toString());
    assertEquals(0.5, test.at("/classes/yes/sensitivity").doubleValue());
    assertEquals("no", test.at("/cases/c/predicted").textValue());
    ClassificationScores one = ClassificationScores.of(new int[] {1}, new double[][] {{0, 1}});
    node =
        MetricsJson.classification(one, List.of("a"), List.of("no", "yes"), Bootstrap.standard());
    MetricsJson.write(run, null, Map.of("classification", node));
    JsonNode undefined = MetricsJson.read(run).at("/classification/auc/value");
    assertTrue(undefined.isNull());
  }

  @Test
  void scoresGivenTwiceAreRefused() {
    Evaluation test = Cases.evaluation("a");
    Map<String, ?> further = Map.of("segmentation", Map.of("test", 1));
    assertThrows(IllegalArgumentException.class, () -> MetricsJson.write(run, test, further));
    assertTrue(Files.notExists(run.resolve(MetricsJson.FILE)));
  }

  @Test
  void aDamagedFileIsNamed() throws IOException {
    Files.writeString(run.resolve(MetricsJson.FILE), "{\"segm");
    DataException e = assertThrows(DataException.class, () -> MetricsJson.read(run));
    assertTrue(e.getMessage().contains(MetricsJson.FILE), e.getMessage());
  }
}
