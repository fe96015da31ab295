package io.med3dinsight.engine.cuda.nvidia;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.cuda.CudaOptions;
import io.med3dinsight.engine.tensor.DeviceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A machine without a driver, told from one without JCuda's libraries. */
final class InstallationTest {
  private static final Platform LINUX = Platform.of("Linux", "amd64");

  @TempDir Path folder;
  @TempDir Path temporary;

  private Installation empty(Platform platform) {
    return new Installation(new LibraryFolders(List.of(folder)), platform, temporary);
  }

  @Test
  void withoutADriverTheSentenceSaysSo() {
    DeviceException e =
        assertThrows(
            DeviceException.class, () -> Cuda.opened(empty(LINUX), 0, CudaOptions.DEFAULT));
    assertEquals(
        "Device 'cuda:0' cannot be used: the NVIDIA driver is not installed, libcuda.so.1 is in"
            + " none of "
            + folder
            + "; install the driver, or use --device cpu.",
        e.getMessage());
  }

  @Test
  void theReportNeedsNoDriver() {
    CudaReport r = CudaReport.of(empty(LINUX));
    assertFalse(r.usable());
    assertEquals("libcuda.so.1: it was not found in " + folder, r.driver());
    assertEquals("JCuda 12.6.0", r.natives());
    assertEquals("libcublas.so.12 not found", r.cublas());
    assertEquals("libcudnn.so.9 not found", r.cudnn());
    assertEquals("not usable, computing on the CPU (no NVIDIA driver)", r.backend());
  }

  @Test
  void nativesAreThereForLinuxAndWindowsOnly() throws IOException {
    for (Platform p : List.of(LINUX, Platform.of("Windows 11", "amd64"))) {
      for (String library : List.of("JCudaDriver", "JCublas2", "JCudnn")) {
        assertNull(JCudaNatives.prepare(library, p, temporary));
        Path file = temporary.resolve(p.fileOf(library + "-12.6.0"));
        byte[] before = Files.readAllBytes(file);
        assertTrue(before.length > 100_000);
        assertNull(JCudaNatives.prepare(library, p, temporary));
      }
    }
    assertEquals(
        "JCuda's native library libJCudaDriver-12.6.0-linux-aarch64.so is not on the class path;"
            + " JCuda has been published for linux-x86_64 and windows-x86_64 only",
        JCudaNatives.prepare("JCudaDriver", Platform.of("Linux", "aarch64"), temporary));
  }

  @Test
  void nativesThatCannotBePutSayWhere() throws IOException {
    Path notAFolder = Files.writeString(temporary.resolve("file"), "");
    String problem = JCudaNatives.prepare("JCudaDriver", LINUX, notAFolder);
    assertTrue(problem.contains("cannot be written to " + notAFolder), problem);
    assertTrue(problem.endsWith("name another folder with -Djava.io.tmpdir"), problem);
  }

  @Test
  void foldersOfTheLoaderAreRead() throws IOException {
    Path conf = Files.writeString(folder.resolve("ld.so.conf"), "include x/*.conf\n/opt/one\n");
    Path more = Files.createDirectory(folder.resolve("ld.so.conf.d"));
    Files.writeString(more.resolve("b.conf"), "# comment\n  /opt/three\n");
    Files.writeString(more.resolve("a.conf"), "/opt/two\n");
    Files.writeString(more.resolve("c.txt"), "/opt/not\n");
    Set<Path> found = new LinkedHashSet<>();
    LibraryFolders.addConfigured(found, conf, more);
    assertEquals(
        List.of(Path.of("/opt/one"), Path.of("/opt/two"), Path.of("/opt/three")),
        List.copyOf(found));
  }
}
