package io.med3dinsight.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.med3dinsight.engine.cuda.nvidia.Cuda;
import io.med3dinsight.engine.cuda.nvidia.CudaReport;
import io.med3dinsight.report.Build;
import io.med3dinsight.report.Machine;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Says what the program found on this machine, what it will use, and why not the rest. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description = "Say what this machine offers: Java, memory, SIMD, CUDA, disk, versions.")
final class DoctorCommand implements Callable<Integer>, Computes {
  @Spec private CommandSpec spec;

  @Option(names = "--json", description = "Print JSON instead of a table.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    Map<String, Object> findings = findings();
    if (json) {
      ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
      out.println(mapper.writeValueAsString(findings));
    } else {
      findings.forEach((name, value) -> out.printf(Locale.ROOT, "%-12s %s%n", name, shown(value)));
    }
    out.flush();
    return 0;
  }

  private static Map<String, Object> findings() throws IOException {
    Build build = Build.current();
    Machine machine = Machine.current();
    CudaReport cuda = Cuda.report();
    Path here = Path.of("").toAbsolutePath();
    Map<String, Object> findings = new LinkedHashMap<>();
    findings.put("version", build.version());
    findings.put("commit", build.commit());
    findings.put("java", machine.java());
    findings.put("javaHome", System.getProperty("java.home"));
    findings.put("os", machine.os());
    findings.put("cpu", machine.cpu());
    findings.put("processors", machine.processors());
    findings.put("memoryMiB", machine.memoryBytes() >> 20);
    findings.put("maxHeapMiB", machine.maxHeapBytes() >> 20);
    findings.put("simd", machine.simd());
    findings.put("cudaDriver", cuda.driver());
    findings.put("cudaDevices", cuda.devices());
    findings.put("cudaNatives", cuda.natives());
    findings.put("cublas", cuda.cublas());
    findings.put("cudnn", cuda.cudnn());
    findings.put("cudaBackend", cuda.backend());
    findings.put("folder", here.toString());
    findings.put("diskFreeMiB", Files.getFileStore(here).getUsableSpace() >> 20);
    findings.put("libraries", build.libraries());
    return findings;
  }

  private static String shown(Object value) {
    String text = value.toString();
    // Libraries and devices are collections; their brackets say nothing to a reader.
    return text.matches("[\\[{].*[]}]") ? text.substring(1, text.length() - 1) : text;
  }
}
