package io.med3dinsight.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.JsonLines;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Spacing;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Against MONAI 1.5.0 in float32 and scipy in float64 on random blobs (oracle/scores.py). */
class AgreementOracleTest {
  static Stream<JsonNode> cases() throws IOException {
    return JsonLines.read(AgreementOracleTest.class, "agreement.jsonl").stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyMeasure(JsonNode c) {
    int[] e = JsonLines.ints(c.get("shape"));
    double[] mm = JsonLines.doubles(c.get("spacing"));
    Grid grid = Grid.of(e[0], e[1], e[2], new Spacing(mm[2], mm[1], mm[0]));
    LabelVolume prediction = LabelVolume.of(grid, JsonLines.digits(c.get("prediction")));
    LabelVolume reference = LabelVolume.of(grid, JsonLines.digits(c.get("reference")));
    CaseScore score =
        CaseScore.of(
            "case",
            prediction,
            reference,
            new TreeMap<>(Map.of(0, "background", 1, "one", 2, "two")),
            c.get("tolerance").doubleValue());
    for (Measure m : Measure.values()) {
      double[] exact = JsonLines.doubles(c.get("exact").get(m.key()));
      double[] monai = JsonLines.doubles(c.get("monai").get(m.key()));
      for (int i = 0; i < 2; i++) {
        double found = score.classes().get(i).value(m);
        assertEquals(exact[i], found, 1e-9 * Math.max(1, exact[i]), m + " by scipy");
        assertEquals(monai[i], found, 1e-5 * Math.max(1, exact[i]), m + " by MONAI");
      }
    }
    double voxel = mm[0] * mm[1] * mm[2] / 1000;
    ClassScore first = score.classes().get(0);
    assertEquals(first.predictedVoxels() * voxel, first.predictedMl(), 1e-12);
    assertEquals(first.referenceVoxels() * voxel, first.referenceMl(), 1e-12);
  }
}
