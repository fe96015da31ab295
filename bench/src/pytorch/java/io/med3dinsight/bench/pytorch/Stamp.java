package io.med3dinsight.bench.pytorch;

import io.med3dinsight.report.Build;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * Which program was measured, and when.
 *
 * @param commit the engine's
 * @param time UTC
 */
record Stamp(String commit, String time) {
  static Stamp now() {
    return new Stamp(
        Build.current().commit(), Instant.now().truncatedTo(ChronoUnit.MINUTES).toString());
  }
}
