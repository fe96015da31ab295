package io.med3dinsight.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.JsonLines;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Spacing;
import java.io.IOException;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Against scipy's distance transform on random blobs (oracle/measures.py). */
class ScoresOracleTest {
  static Stream<JsonNode> cases() throws IOException {
    return JsonLines.read(ScoresOracleTest.class, "scores.jsonl").stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void diceAndHausdorffDistance(JsonNode c) {
    int[] e = JsonLines.ints(c.get("shape"));
    double[] mm = JsonLines.doubles(c.get("spacing"));
    Grid grid = Grid.of(e[0], e[1], e[2], new Spacing(mm[2], mm[1], mm[0]));
    LabelVolume prediction = LabelVolume.of(grid, JsonLines.digits(c.get("prediction")));
    LabelVolume reference = LabelVolume.of(grid, JsonLines.digits(c.get("reference")));
    SortedMap<Integer, String> names = new TreeMap<>();
    names.put(0, "background");
    names.put(1, "one");
    names.put(2, "two");
    CaseScore score = CaseScore.of("case", prediction, reference, names);
    double[] dice = JsonLines.doubles(c.get("dice"));
    double[] hd95 = JsonLines.doubles(c.get("hd95"));
    for (int i = 0; i < 2; i++) {
      assertEquals(dice[i], score.classes().get(i).dice(), 1e-12);
      assertEquals(hd95[i], score.classes().get(i).hd95(), 1e-9 * Math.max(1, hd95[i]));
    }
    assertEquals((dice[0] + dice[1]) / 2, score.dice(), 1e-12);
    assertEquals((hd95[0] + hd95[1]) / 2, score.hd95(), 1e-9 * Math.max(1, score.hd95()));
  }
}
