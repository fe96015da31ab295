package io.med3dinsight.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Memory does not grow with the classes times the voxels: a heap that says so is enough. */
class LargeVolumeTest {
  private static final String ARGUMENTS = "96 128 128 60 16 32 32";

  /** The scores of all voxels would take 377 MB. */
  @Test
  void manyClassesNeedNoMoreHeapThanAFewLayersOfWindows() throws Exception {
    segmented("-Xmx128m", " labels on 128x128x96", ARGUMENTS);
  }

  /** The maps take 377 MB of the disk. */
  @Test
  void neitherDoTheProbabilitiesOfManyClasses() throws Exception {
    segmented("-Xmx128m", "sum 1.0000; ", ARGUMENTS + " probabilities");
  }

  /**
   * 9.4 thousand million scores, 38 GB; takes minutes. What counts is the whole process, not its
   * heap alone.
   */
  @Test
  @EnabledIfSystemProperty(named = "med3dinsight.large", matches = "true")
  void aWholeBodyOf60ClassesFitsInto8GiB() throws Exception {
    String said = segmented("-Xmx6g", " labels on 512x512x600", "600 512 512 60 64 128 128");
    Matcher peak = Pattern.compile("peak ([\\d.]+) GiB").matcher(said);
    assertTrue(peak.find(), said);
    assertTrue(Double.parseDouble(peak.group(1)) < 8, said);
  }

  private static String segmented(String heap, String expected, String words)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add(heap);
    command.add("--add-modules=jdk.incubator.vector");
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(LargeVolumeProgram.class.getName());
    command.addAll(List.of(words.split(" ")));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int code = process.waitFor();
    System.out.print(said);
    assertEquals(0, code, said);
    assertTrue(said.contains(expected), said);
    return said;
  }
}
