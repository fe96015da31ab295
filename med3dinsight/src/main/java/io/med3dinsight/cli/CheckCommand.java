package io.med3dinsight.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.med3dinsight.classification.ClassificationCheck;
import io.med3dinsight.dataset.DatasetCheck;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.progress.TerminalProgress;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Examines a dataset before anything is trained on it. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Examine every case of a data set: geometry, labels, NaN, copies; and sum it up.",
      "The exit code is 3 when a case cannot be used."
    })
final class CheckCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "DIR|FILE",
      description = {
        "Folder with dataset.json, imagesTr and labelsTr (MSD or nnU-Net layout);",
        "for classification a folder of class folders, a table (.csv) with columns file and label,",
        "or MedMNIST3D's .npz."
      })
  private Path data;

  @Option(names = "--json", description = "Print JSON instead of text.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    Progress progress = TerminalProgress.standard();
    DatasetCheck.Report report =
        ClassificationCheck.isFor(data)
            ? ClassificationCheck.of(data, progress)
            : DatasetCheck.of(data, progress);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
      out.println(mapper.writeValueAsString(report));
    } else {
      summary(out, report.summary());
      sentences(out, "Worth a look", report.notes());
      sentences(out, "Problems", report.problems());
      out.println(
          report.problems().isEmpty()
              ? "No problems."
              : report.problems().size() + " cases have problems.");
    }
    out.flush();
    return report.problems().isEmpty() ? 0 : Failure.DATA;
  }

  private static void summary(PrintWriter out, Map<String, Object> summary) {
    summary.forEach(
        (name, value) -> {
          if (name.equals("classes")) {
            out.println("classes");
            for (Object c : (List<?>) value) {
              Map<?, ?> one = (Map<?, ?>) c;
              out.printf(
                  Locale.ROOT,
                  "  %-4s %-24s in %s cases, %s voxels, %.3g ml where it occurs%n",
                  one.get("label"),
                  one.get("name"),
                  one.get("cases"),
                  one.get("voxels"),
                  ((Number) one.get("meanMl")).doubleValue());
            }
          } else {
            out.printf(Locale.ROOT, "%-16s %s%n", name, text(value));
          }
        });
  }

  /** Three numbers are least, median and largest. */
  private static String text(Object value) {
    if (value instanceof List<?> list && list.size() == 3 && list.get(0) instanceof Double low) {
      return String.format(
          Locale.ROOT,
          "%.4g (median %.4g) to %.4g",
          low,
          (Double) list.get(1),
          (Double) list.get(2));
    }
    return value instanceof Double d ? String.format(Locale.ROOT, "%.6g", d) : value + "";
  }

  private static void sentences(
      PrintWriter out, String title, SortedMap<String, List<String>> byCase) {
    if (byCase.isEmpty()) {
      return;
    }
    out.println(title + ":");
    byCase.forEach((id, list) -> list.forEach(s -> out.println("  " + id + ": " + s)));
  }
}
