package io.med3dinsight.bench.pytorch;

import io.med3dinsight.report.Machine;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The comparison as Markdown. */
final class ResultTable {
  private static final List<String> CONVOLUTIONS =
      List.of("conv-1-32", "conv-32-64", "conv-64-128", "conv-32-32");

  private static final String HEAD =
      """
      # Speed on the CPU beside PyTorch

      Written by `bench/run io.med3dinsight.bench.pytorch.Comparison --markdown
      docs/results/speed-cpu.md --json docs/results/speed-cpu.json` (single rows: `ROW --keep` with
      them), after `mvn -q -DskipTests -Pbench-pytorch package`; how it measures is in
      [benchmarks.md](../benchmarks.md). Times are minima, the ratio is ours / PyTorch's, of
      PyTorch's memory formats the faster one counts. The paired ratios are those of single rounds
      and show the machine's unrest.

      """;

  /** What a reader wrote into an earlier table stays in the next. */
  private static final Pattern REMARKS =
      Pattern.compile("<!-- remarks -->.*<!-- end of remarks -->\\n+", Pattern.DOTALL);

  private ResultTable() {}

  /**
   * @param earlier the table that will be replaced, whose remarks stay; may be empty
   */
  static String markdown(List<Result> results, Machine machine, String peer, String earlier) {
    StringBuilder b = new StringBuilder(HEAD);
    Matcher remarks = REMARKS.matcher(earlier);
    if (remarks.find()) {
      b.append(remarks.group());
    }
    b.append(
        String.format(
            Locale.ROOT,
            "CPU: %s, %d processors, %d threads on each side; Java %s; engine: %s; peer: %s.%n%n",
            machine.cpu(),
            machine.processors(),
            Comparison.THREADS,
            machine.java(),
            machine.simd(),
            peer));
    b.append("| work | mode | ours | PyTorch | ratio | paired ratios 10/50/90 % | target | |\n");
    b.append("|---|---|---:|---:|---:|---|---:|---|\n");
    for (Result r : results) {
      b.append(line(r));
    }
    double mean = convolutions(results);
    if (!Double.isNaN(mean)) {
      b.append(
          String.format(
              Locale.ROOT,
              "| the four 3^3 convolutions, geometric mean | %s | | | %.2f | | %.2f | %s |%n",
              Result.BOTH,
              mean,
              Targets.CONVOLUTIONS,
              mean <= Targets.CONVOLUTIONS ? "met" : "**missed**"));
    }
    b.append('\n');
    notes(results, b);
    return b.toString();
  }

  private static String line(Result r) {
    String theirs = number(r.theirs()) + (r.variant().isEmpty() ? "" : " (" + r.variant() + ")");
    String spread =
        r.unit().equals("ms")
            ? String.format(Locale.ROOT, "%.2f / %.2f / %.2f", r.low(), r.median(), r.high())
            : "";
    return String.format(
        Locale.ROOT,
        "| %s | %s | %s %s | %s | %.2f | %s | %s | %s |%n",
        r.title(),
        r.mode(),
        number(r.ours()),
        r.unit(),
        theirs,
        r.ratio(),
        spread,
        r.target() == null ? "" : String.format(Locale.ROOT, "%.2f", r.target()),
        r.verdict().equals("missed") ? "**missed**" : r.verdict());
  }

  private static String number(double x) {
    return String.format(Locale.ROOT, x < 10 ? "%.2f" : x < 100 ? "%.1f" : "%.0f", x);
  }

  private static void notes(List<Result> results, StringBuilder b) {
    results.stream()
        .filter(r -> !r.note().isEmpty())
        .map(r -> "* " + r.title() + ": " + r.note() + ".\n")
        .distinct()
        .forEach(b::append);
    double worst = results.stream().mapToDouble(Result::difference).max().orElse(0);
    b.append(
        String.format(
            Locale.ROOT,
            "* Before timing, results and gradients of both sides were compared; largest difference"
                + " %.0e of a tensor's largest value.%n",
            worst));
    results.stream()
        .map(r -> "* Commit " + r.commit() + ", measured " + r.measured().substring(0, 10) + ".\n")
        .distinct()
        .forEach(b::append);
  }

  /** Geometric mean of the ratios of the 3x3x3 convolutions, NaN when one is missing. */
  static double convolutions(List<Result> results) {
    double sum = 0;
    int n = 0;
    for (Result r : results) {
      if (CONVOLUTIONS.contains(r.row()) && r.mode().equals(Result.BOTH)) {
        sum += Math.log(r.ratio());
        n++;
      }
    }
    return n == CONVOLUTIONS.size() ? Math.exp(sum / n) : Double.NaN;
  }
}
