package io.med3dinsight.engine.cuda.nvidia;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * JCuda's classes and native libraries against libraries that stand in for NVIDIA's
 * (src/test/native, compiled here): what arguments arrive, and what each way of failing looks like
 * to a user.
 */
final class StandInTest {
  private static final Path SOURCES = Path.of("src/test/native");
  private static final String[] CUDNN_PARTS = {
    "graph", "ops", "cnn", "heuristic", "engines_runtime_compiled", "engines_precompiled"
  };

  @TempDir static Path libraries;
  @TempDir Path folder;
  @TempDir Path temporary;

  @BeforeAll
  static void compile() throws IOException, InterruptedException {
    Platform p = Platform.current();
    assumeTrue(p.toString().equals("linux-x86_64"), "JCuda's natives are tested on linux-x86_64");
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/gcc")), "gcc is not there to make stand-ins");
    gcc("libcuda.so.1", "libcuda.c", null);
    gcc("libcublas.so.12", "libcublas.c", "libcublas.map");
    gcc("libcudnn.so.9", "libcudnn.c", "libcudnn.map");
    Path empty = Files.writeString(libraries.resolve("empty.c"), "int nothing;\n");
    for (String part : CUDNN_PARTS) {
      gcc("libcudnn_" + part + ".so.9", empty.toString(), null);
    }
  }

  private static void gcc(String library, String source, String map)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("gcc", "-shared", "-fPIC", "-O1"));
    command.add("-Wl,-soname," + library);
    if (map != null) {
      command.add("-Wl,--version-script=" + SOURCES.resolve(map));
    }
    command.addAll(List.of("-o", libraries.resolve(library).toString()));
    command.add(SOURCES.resolve(source).toString());
    run(new ProcessBuilder(command), 0);
  }

  @BeforeEach
  void link() throws IOException {
    try (var all = Files.newDirectoryStream(libraries, "*.so.*")) {
      for (Path l : all) {
        Files.createSymbolicLink(folder.resolve(l.getFileName()), l);
      }
    }
  }

  private static List<String> run(ProcessBuilder builder, int code)
      throws IOException, InterruptedException {
    Process p = builder.redirectErrorStream(true).start();
    String text;
    try (InputStream in = p.getInputStream()) {
      text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    assertTrue(p.waitFor(60, TimeUnit.SECONDS));
    assertEquals(code, p.exitValue(), text);
    return text.lines().filter(l -> !l.matches(".*(SLF4J|INFO).*")).toList();
  }

  /** What the program says with these libraries and this environment; it must end by itself. */
  private List<String> program(Map<String, String> environment, String... args)
      throws IOException, InterruptedException {
    return program(System.getProperty("java.class.path"), environment, args);
  }

  private List<String> program(String classPath, Map<String, String> environment, String... args)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-XX:TieredStopAtLevel=1"));
    command.add("-D" + LibraryFolders.PROPERTY + "=" + folder);
    command.add("-Djava.io.tmpdir=" + temporary);
    command.addAll(List.of("-cp", classPath));
    command.add(StandInProgram.class.getName());
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    return run(builder, 0);
  }

  private void fails(String expected, String name, String value, String ordinal)
      throws IOException, InterruptedException {
    assertEquals(List.of(expected), program(Map.of(name, value), ordinal));
  }

  @Test
  void computesThroughJCuda() throws IOException, InterruptedException {
    assertEquals(
        List.of(
            "wrong 0",
            "ints [1, -2, -2147483648]",
            "last 7 0",
            "the step reads numbers back from the device",
            "before 0.0",
            "after 31.0",
            "again 61.0",
            "threads [good, good, good, good]",
            "products good",
            "cudnn loaded true",
            "natives null",
            "bf16 true",
            "forward good",
            "data good",
            "weights good"),
        program(Map.of(), "compute", "capture", "threads", "products", "convolutions"));
  }

  /** A block may have all that the device lets it ask for. */
  @Test
  void sharedMemoryIsAskedFor() throws IOException, InterruptedException {
    List<String> lines = program(Map.of(), "shared");
    assertEquals(
        List.of(
            "a block has 232448",
            "0 KiB: 2.0",
            "48 KiB: 4.0",
            "99 KiB: 8.0",
            "227 KiB: 16.0",
            "163 KiB: 32.0"),
        lines.subList(0, 6));
    assertTrue(lines.get(6).contains("launching elementwise_affine_f32"), lines.get(6));
  }

  @Test
  void reportsWhatIsThere() throws IOException, InterruptedException {
    assertEquals(
        List.of(
            "usable true",
            "driver " + folder + "/libcuda.so.1, CUDA 12.4",
            "device cuda:0 Stand-in GPU 0, compute capability 9.0, 1024 MiB",
            "device cuda:1 Stand-in GPU 1, compute capability 9.0, 1024 MiB",
            "cublas 12.6.4 (" + folder + "/libcublas.so.12)",
            "cudnn 9.5.1 (" + folder + "/libcudnn.so.9)",
            "backend cuda:0, matrix products by cuBLAS 12.6.4, then own kernels, convolutions by"
                + " cuDNN 9.5.1, then own kernels"),
        program(Map.of("STAND_IN_DEVICES", "2"), "report"));
  }

  /** The library that lets JCublas reach cuBLAS 13, for measurements. */
  @Test
  void productsThroughTheForwardingLibrary() throws IOException, InterruptedException {
    Path forward = Path.of("../bench/cublas-forward/build").toAbsolutePath().normalize();
    Path where = Files.createDirectory(folder.resolve("forward"));
    run(new ProcessBuilder(forward.toString(), where.toString()), 0);
    Files.delete(folder.resolve("libcublas.so.12"));
    Files.createSymbolicLink(folder.resolve("libcublas.so.12"), where.resolve("libcublas.so.12"));
    Files.copy(libraries.resolve("libcublas.so.12"), where.resolve("libcublas.so.13"));
    assertEquals(
        List.of("products good"), program(Map.of("LD_LIBRARY_PATH", where.toString()), "products"));
    // Without cuBLAS 13 it says so, and the program goes on with its own kernels.
    Files.delete(where.resolve("libcublas.so.13"));
    List<String> lines = program(Map.of(), "report");
    assertTrue(lines.toString().contains("CUBLAS_STATUS_NOT_INITIALIZED"), lines.toString());
    assertTrue(lines.toString().contains("matrix products by own kernels"), lines.toString());
  }

  /** A cuDNN of which a part is missing or from another release would end the process. */
  @Test
  void spoiltLibrariesAreLeftAlone() throws IOException, InterruptedException {
    Files.delete(folder.resolve("libcudnn_cnn.so.9"));
    Files.delete(folder.resolve("libcublas.so.12"));
    Files.writeString(folder.resolve("libcublas.so.12"), "not a library");
    List<String> lines = program(Map.of(), "report");
    String cudnn =
        "cudnn "
            + folder
            + "/libcudnn.so.9: it is incomplete: libcudnn_cnn.so.9 is not beside it; convolutions"
            + " run on own kernels; for cuDNN install release 9, or name its folder with"
            + " -Dmed3dinsight.cuda.path";
    assertEquals(cudnn, lines.get(4));
    String cublas =
        "cublas " + folder + "/libcublas.so.12: it cannot be loaded: it is not a library;";
    assertTrue(lines.get(3).startsWith(cublas), lines.get(3));
    assertEquals(
        "backend cuda:0, matrix products by own kernels, convolutions by own kernels",
        lines.get(5));
  }

  @Test
  void mixedReleasesAreLeftAlone() throws IOException, InterruptedException {
    for (String[] link : new String[][] {{"libcudnn", "9.5.1"}, {"libcudnn_graph", "9.1.0"}}) {
      Path real = folder.resolve(link[0] + ".so." + link[1]);
      Files.copy(libraries.resolve(link[0] + ".so.9"), real);
      Files.delete(folder.resolve(link[0] + ".so.9"));
      Files.createSymbolicLink(folder.resolve(link[0] + ".so.9"), real);
    }
    String line = program(Map.of(), "report").get(4);
    assertTrue(
        line.contains("mixed: its release is 9.5.1, but that of libcudnn_graph.so.9 is 9.1.0"),
        line);
  }

  @Test
  void eachWayOfFailingIsOneSentence() throws IOException, InterruptedException {
    fails(
        "Device 'cuda:2' cannot be used: there are 2 GPUs, cuda:0 to cuda:1; choose one that is"
            + " there, or use --device cpu.",
        "STAND_IN_DEVICES",
        "2",
        "2");
    fails(
        "Device 'cuda:0' cannot be used: the NVIDIA driver is there but shows no GPU; look at"
            + " nvidia-smi and at CUDA_VISIBLE_DEVICES, or use --device cpu.",
        "STAND_IN_DEVICES",
        "0",
        "0");
    fails(
        "Device 'cuda:0' cannot be used: the NVIDIA driver supports CUDA 11.4, but the kernels need"
            + " 11.8; update the driver to 520 or newer, or use --device cpu.",
        "STAND_IN_VERSION",
        "11040",
        "0");
    fails(
        "Device 'cuda:0' cannot be used: Stand-in GPU 0 has compute capability 7.0, but the kernels"
            + " need 8.0 or newer; choose a newer GPU, or use --device cpu.",
        "STAND_IN_MAJOR",
        "7",
        "0");
    fails(
        "Device 'cuda:0' cannot be used: Stand-in GPU 0 is busy: another process has it for itself"
            + " (exclusive compute mode), or compute is prohibited on it; wait, or choose another"
            + " device, or use --device cpu.",
        "STAND_IN_RETAIN",
        "46",
        "0");
  }

  @Test
  void kernelsThatDoNotCompileAreExplained() throws IOException, InterruptedException {
    fails(
        "In Affine: The NVIDIA driver (CUDA 12.4) is too old for the kernels of elementwise; update"
            + " it.",
        "STAND_IN_JIT",
        "222",
        "0");
    fails(
        "In Affine: The NVIDIA driver does not compile the kernels of elementwise for Stand-in GPU"
            + " 0: CUDA_ERROR_INVALID_PTX: ptxas application ptx input, line 7; error : unknown"
            + " instruction",
        "STAND_IN_JIT",
        "218",
        "0");
  }

  @Test
  void outOfMemorySaysHowMuch() throws IOException, InterruptedException {
    fails(
        "In Affine: Out of device memory: 4.0 MiB asked for a tensor of 1048576 F32 elements with"
            + " 4.0 MiB in use by tensors and 1.7 MiB free on Stand-in GPU 0; use a smaller batch"
            + " or patch, or --precision bf16.",
        "STAND_IN_MEMORY",
        "6000000",
        "0");
  }

  /** Half a library, as an interrupted process leaves it, is replaced before JCuda sees it. */
  @Test
  void halfWrittenNativesAreReplaced() throws IOException, InterruptedException {
    Path left = temporary.resolve("libJCudaDriver-12.6.0-linux-x86_64.so");
    Files.writeString(left, "\u007fELF and no more");
    assertEquals(List.of("sum 1.0"), program(Map.of(), "0"));
    assertTrue(Files.size(left) > 1_000_000);
  }

  @Test
  void withoutJCudaTheSentenceNamesIt() throws IOException, InterruptedException {
    String without =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !Path.of(entry).getFileName().toString().matches("jcu(da|blas|dnn).*"))
            .collect(Collectors.joining(File.pathSeparator));
    assertEquals(
        List.of(
            "Device 'cuda:0' cannot be used: JCuda is not on the class path; add"
                + " org.jcuda:jcuda:12.6.0, jcublas, jcudnn and their natives, or use --device"
                + " cpu."),
        program(without, Map.of(), "0"));
  }

  @Test
  void aDriverThatDoesNotLoadIsNamed() throws IOException, InterruptedException {
    Files.delete(folder.resolve("libcuda.so.1"));
    Files.writeString(folder.resolve("libcuda.so.1"), "not a library");
    assertEquals(
        List.of(
            "Device 'cuda:0' cannot be used: "
                + folder
                + "/libcuda.so.1: it cannot be loaded: it is not a library; install a driver that"
                + " fits, or use --device cpu."),
        program(Map.of(), "0"));
  }
}
