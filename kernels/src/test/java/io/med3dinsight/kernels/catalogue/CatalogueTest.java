package io.med3dinsight.kernels.catalogue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The PTX that ships is what its sources compile to, and uses what its manifest says. */
class CatalogueTest {
  private static final Path SOURCES = Path.of("src/main/cuda");
  private static final Path PTX = Path.of("src/main/resources/io/med3dinsight/kernels/ptx");
  private static final Pattern INCLUDE =
      Pattern.compile("^#include \"(.*)\".*$", Pattern.MULTILINE);
  private static final Pattern KERNEL =
      Pattern.compile(
          "^kernel (\\w+) (\\w+) registers (\\d+) shared (\\d+) stack (\\d+) spill (\\d+)$",
          Pattern.MULTILINE);

  static List<String> families() {
    return Catalogue.FAMILIES;
  }

  @Test
  void everySourceIsCompiled() throws IOException {
    try (Stream<Path> files = Files.list(SOURCES)) {
      List<String> sources =
          files
              .map(f -> f.getFileName().toString())
              .filter(f -> f.endsWith(".cu"))
              .map(f -> f.substring(0, f.length() - 3))
              .sorted()
              .toList();
      assertEquals(sources, Catalogue.FAMILIES, "run kernels/build-ptx");
    }
  }

  @ParameterizedTest
  @MethodSource("families")
  void isUpToDate(String family) throws IOException {
    List<String> manifest = Catalogue.manifest(family).lines().toList();
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (Path file : closure(SOURCES.resolve(family + ".cu"))) {
      all.write(Files.readAllBytes(file));
    }
    assertEquals(
        "source " + sha256(all.toByteArray()),
        manifest.get(0),
        family + ".cu or a header changed: run kernels/build-ptx");
    assertEquals(
        "ptx " + sha256(Files.readAllBytes(PTX.resolve(family + ".ptx"))),
        manifest.get(1),
        family + ".ptx was changed by hand: run kernels/build-ptx " + family);
  }

  @ParameterizedTest
  @MethodSource("families")
  void nothingSpills(String family) {
    TreeSet<String> seen = new TreeSet<>();
    Matcher m = KERNEL.matcher(Catalogue.manifest(family));
    while (m.find()) {
      seen.add(m.group(1));
      assertEquals("0", m.group(6), m.group(1) + " spills registers on " + m.group(2));
      assertTrue(Integer.parseInt(m.group(3)) <= 255, m.group());
    }
    TreeSet<String> entries = new TreeSet<>();
    Catalogue.kernels(family).forEach(k -> entries.add(k.name()));
    assertEquals(entries, seen, "kernels in the table of registers");
    entries.forEach(k -> assertTrue(k.startsWith(family + "_"), k));
  }

  @Test
  void readsParameters() {
    KernelSignature k =
        KernelSignature.parse(
                "f",
                ".visible .entry f_a(\n.param .u64 a_0,\n\t.param .u32 a_1,\n"
                    + ".param .align 8 .b8 a_2[68],\n.param .f32 a_3)\n{ }")
            .get(0);
    assertEquals(
        List.of(
            new KernelSignature.Parameter(8, 0),
            new KernelSignature.Parameter(4, 8),
            new KernelSignature.Parameter(68, 16),
            new KernelSignature.Parameter(4, 84)),
        k.parameters());
    assertEquals(88, k.bytes());
  }

  @Test
  void unknownKernelsAreNamed() {
    assertThrows(IllegalArgumentException.class, () -> Catalogue.kernel("elementwise_nothing"));
    assertThrows(IllegalArgumentException.class, () -> Catalogue.kernel("nothing"));
    assertFalse(Catalogue.kernel("elementwise_affine_f32").parameters().isEmpty());
  }

  private static TreeSet<Path> closure(Path source) throws IOException {
    TreeSet<Path> seen = new TreeSet<>();
    ArrayDeque<Path> queue = new ArrayDeque<>(List.of(source));
    while (!queue.isEmpty()) {
      Path file = queue.poll();
      if (seen.add(file)) {
        Matcher m = INCLUDE.matcher(Files.readString(file, StandardCharsets.UTF_8));
        while (m.find()) {
          queue.add(SOURCES.resolve(m.group(1)));
        }
      }
    }
    return seen;
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
