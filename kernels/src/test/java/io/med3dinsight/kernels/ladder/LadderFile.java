package io.med3dinsight.kernels.ladder;

import io.med3dinsight.kernels.ptx.SimulatedArrays;
import io.med3dinsight.kernels.ptx.SimulatorOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** Ladder files on the simulator. */
final class LadderFile {
  private LadderFile() {}

  /** A device with the kernels of {@code src/main/ladder/name.cu}. */
  static SimulatedArrays load(String name) throws IOException {
    try (InputStream in = LadderFile.class.getResourceAsStream("/ladder/" + name + ".ptx")) {
      String ptx = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return new SimulatedArrays(SimulatorOptions.defaults(), name, ptx);
    }
  }
}
