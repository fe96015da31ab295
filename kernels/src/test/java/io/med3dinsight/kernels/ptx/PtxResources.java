package io.med3dinsight.kernels.ptx;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The compiled test kernels. */
final class PtxResources {
  private PtxResources() {}

  static String read(String name) {
    try (InputStream in = PtxResources.class.getResourceAsStream(name + ".ptx")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static SimulatedArrays load(String name) {
    return new SimulatedArrays(SimulatorOptions.defaults(), name, read(name));
  }

  /** Line of the first match of a pattern behind the planted comment of a kernel. */
  static int plantedLine(String ptx, String kernel, String pattern) {
    String[] lines = ptx.split("\n", -1);
    int i = 0;
    while (!lines[i].contains(".entry " + kernel + "(")) {
      i++;
    }
    while (!lines[i].contains("// planted")) {
      i++;
    }
    while (!lines[i].matches(".*" + pattern + ".*")) {
      i++;
    }
    return i + 1;
  }
}
