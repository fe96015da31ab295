package io.med3dinsight.report;

import com.sun.management.OperatingSystemMXBean;
import io.med3dinsight.engine.cpu.Kernels;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * The machine and the Java process a run takes place on.
 *
 * @param java version, vendor and name of the Java virtual machine
 * @param os name, version and architecture of the operating system
 * @param cpu model of the processor
 * @param processors processors this process may use
 * @param memoryBytes memory of the machine, or of the container
 * @param maxHeapBytes memory this Java process may use for its heap
 * @param simd inner loops of the engine: the Vector API with its width, or scalar and why
 */
public record Machine(
    String java,
    String os,
    String cpu,
    int processors,
    long memoryBytes,
    long maxHeapBytes,
    String simd) {

  /** This machine and process. */
  public static Machine current() {
    return new Machine(
        property("java.version") + ", " + property("java.vendor") + ", " + property("java.vm.name"),
        property("os.name") + " " + property("os.version") + ", " + property("os.arch"),
        cpuModel(),
        Runtime.getRuntime().availableProcessors(),
        ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize(),
        Runtime.getRuntime().maxMemory(),
        simdState());
  }

  private static String property(String name) {
    return System.getProperty(name);
  }

  private static String simdState() {
    try {
      return Kernels.simd().name();
    } catch (IllegalStateException e) {
      return "scalar loops. " + e.getMessage();
    }
  }

  private static String cpuModel() {
    Path info = Path.of("/proc/cpuinfo");
    if (Files.isReadable(info)) {
      try (Stream<String> lines = Files.lines(info)) {
        return lines
            .filter(line -> line.startsWith("model name"))
            .map(line -> line.substring(line.indexOf(':') + 1).strip())
            .findFirst()
            .orElse(property("os.arch"));
      } catch (IOException e) {
        return property("os.arch") + " (" + info + " cannot be read: " + e.getMessage() + ")";
      }
    }
    String windows = System.getenv("PROCESSOR_IDENTIFIER");
    return windows != null ? windows : property("os.arch");
  }
}
