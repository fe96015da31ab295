package io.med3dinsight.report;

import io.med3dinsight.volume.AtomicFile;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.commons.math3.stat.StatUtils;

/**
 * Dice of methods: over several shares of labels a line per method, with one share a row per
 * method.
 */
public final class DiceChart {
  /** Pixels per unit, so that the chart stays sharp in print. */
  static final int DENSITY = 2;

  static final int WIDTH = 840;

  private DiceChart() {}

  /**
   * One method.
   *
   * @param name such as "triplet, clean": up to the comma what is drawn in one colour
   * @param dice of each seed, by the share of labels in percent; methods may have unlike shares and
   *     unlike numbers of seeds
   */
  public record Method(String name, SortedMap<Double, double[]> dice) {
    public Method {
      dice = new TreeMap<>(dice);
    }

    private IntSummaryStatistics seeds() {
      return dice.values().stream().mapToInt(d -> d.length).summaryStatistics();
    }
  }

  /** Mean and deviation of the seeds; the deviation is NaN for one seed. */
  record Score(double mean, double deviation) {
    static Score of(double[] seeds) {
      return new Score(
          StatUtils.mean(seeds),
          seeds.length > 1 ? Math.sqrt(StatUtils.variance(seeds)) : Double.NaN);
    }
  }

  /**
   * Writes the chart as PNG; nothing where this Java cannot write into pictures.
   *
   * @param methods at least one, with at least one score
   * @param reference the method that others are compared with where there is one share of labels
   */
  public static void write(Path png, List<Method> methods, String reference) {
    if (Lettering.missing().isPresent()) {
      return;
    }
    List<Method> sorted = sorted(methods);
    AtomicFile.write(
        png,
        out -> {
          if (shares(sorted).size() == 1) {
            new DiceRows(sorted, reference).png(out);
          } else {
            new DiceLines(sorted).png(out);
          }
        });
  }

  /** By colour, then by mark, each in the order of its first appearance. */
  static List<Method> sorted(List<Method> methods) {
    List<String> kinds = methods.stream().map(m -> MethodLook.kind(m.name())).distinct().toList();
    List<String> variants =
        methods.stream().map(m -> MethodLook.variant(m.name())).distinct().toList();
    return methods.stream()
        .sorted(
            Comparator.comparingInt((Method m) -> kinds.indexOf(MethodLook.kind(m.name())))
                .thenComparingInt(m -> variants.indexOf(MethodLook.variant(m.name()))))
        .toList();
  }

  /** All shares of labels, in percent. */
  static SortedSet<Double> shares(List<Method> methods) {
    SortedSet<Double> shares = new TreeSet<>();
    methods.forEach(m -> shares.addAll(m.dice().keySet()));
    return shares;
  }

  /** The methods' names, with their numbers of seeds where these are not all the same. */
  static List<String> labels(List<Method> methods) {
    Stream<double[]> scores = methods.stream().flatMap(m -> m.dice().values().stream());
    boolean alike = scores.mapToInt(d -> d.length).distinct().count() == 1;
    return methods.stream().map(m -> alike ? m.name() : m.name() + seeds(m)).toList();
  }

  private static String seeds(Method m) {
    IntSummaryStatistics n = m.seeds();
    String count = Text.count(n.getMax(), "seed");
    return n.getMin() == n.getMax() ? " (" + count + ")" : " (" + n.getMin() + " to " + count + ")";
  }

  /** A share without zeros at the end. */
  static String percent(double share) {
    return BigDecimal.valueOf(share).round(new MathContext(6)).stripTrailingZeros().toPlainString();
  }
}
