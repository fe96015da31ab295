package io.med3dinsight.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.med3dinsight.UsageException;
import io.med3dinsight.volume.JsonLines;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class BootstrapTest {
  /** Other draws than scipy's, so the ends agree within the noise of 20,000 resamples. */
  @Test
  void theIntervalOfAMeanIsScipys() throws IOException {
    for (JsonNode c : JsonLines.read(BootstrapTest.class, "bootstrap.jsonl")) {
      double[] values = JsonLines.doubles(c.get("values"));
      Bootstrap bootstrap = new Bootstrap(20000, c.get("level").doubleValue(), 5);
      Interval found = bootstrap.mean(values).orElseThrow();
      double width = c.get("high").doubleValue() - c.get("low").doubleValue();
      assertEquals(c.get("low").doubleValue(), found.low(), 0.02 * width);
      assertEquals(c.get("high").doubleValue(), found.high(), 0.02 * width);
    }
  }

  @Test
  void theSeedDecidesTheDraws() {
    double[] values = {1, 2, 3, 5, 8, 13};
    Bootstrap first = new Bootstrap(200, 0.9, 1);
    assertEquals(first.mean(values), first.mean(values));
    assertNotEquals(first.mean(values), new Bootstrap(200, 0.9, 2).mean(values));
  }

  @Test
  void withoutCasesOrAStatisticThereIsNoInterval() {
    Bootstrap bootstrap = Bootstrap.standard();
    assertTrue(bootstrap.mean(new double[] {3}).isEmpty());
    assertTrue(bootstrap.interval(4, drawn -> Double.NaN).isEmpty());
    // Undefined in the few sets without case 0; the others still have a spread.
    Interval some =
        bootstrap
            .interval(
                9,
                drawn ->
                    Arrays.stream(drawn).anyMatch(i -> i == 0)
                        ? Arrays.stream(drawn).average().orElseThrow()
                        : Double.NaN)
            .orElseThrow();
    assertTrue(some.low() < some.high());
  }

  @Test
  void settingsThatMeanNothingAreRefused() {
    assertThrows(UsageException.class, () -> new Bootstrap(99, 0.95, 0));
    assertThrows(UsageException.class, () -> new Bootstrap(2000, 1, 0));
    assertThrows(UsageException.class, () -> new Bootstrap(2000, Double.NaN, 0));
  }
}
