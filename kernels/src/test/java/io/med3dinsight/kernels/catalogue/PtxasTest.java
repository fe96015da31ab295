package io.med3dinsight.kernels.catalogue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Where NVIDIA's assembler is installed, it takes all PTX that ships, for each architecture that it
 * knows, and keeps everything in registers.
 */
class PtxasTest {
  private static final List<String> ARCHITECTURES = List.of("sm_80", "sm_90", "sm_120");

  @TempDir Path scratch;

  @TestFactory
  Stream<DynamicTest> assembles() throws Exception {
    String help = help();
    assumeTrue(!help.isEmpty(), "ptxas is not on the PATH: PTX is checked by the simulator only");
    return Catalogue.FAMILIES.stream()
        .flatMap(
            family ->
                ARCHITECTURES.stream()
                    .filter(arch -> help.contains("'" + arch + "'"))
                    .map(
                        arch ->
                            DynamicTest.dynamicTest(
                                family + " for " + arch, () -> assemble(family, arch))));
  }

  private void assemble(String family, String arch) throws Exception {
    Path ptx = Files.writeString(scratch.resolve(family + ".ptx"), Catalogue.ptx(family));
    Path cubin = scratch.resolve(family + ".cubin");
    String log = run("ptxas", "-v", "-arch=" + arch, ptx.toString(), "-o", cubin.toString());
    long functions = log.lines().filter(l -> l.contains("Compiling entry function")).count();
    assertEquals(Catalogue.kernels(family).size(), functions, log);
    log.lines()
        .filter(l -> l.contains("bytes spill stores"))
        .forEach(l -> assertTrue(l.contains(" 0 bytes spill stores, 0 bytes spill loads"), log));
  }

  private static String help() throws InterruptedException {
    try {
      return run("ptxas", "--help");
    } catch (IOException e) {
      return "";
    }
  }

  private static String run(String... command) throws IOException, InterruptedException {
    Process p = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, p.waitFor(), String.join(" ", command) + ": " + output);
    return output;
  }
}
