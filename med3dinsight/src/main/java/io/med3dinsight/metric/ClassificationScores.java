package io.med3dinsight.metric;

import java.util.Arrays;

/**
 * How well probabilities of K classes agree with the true classes of n cases. A case is decided for
 * its most probable class, the lower of equals.
 *
 * <p>With two classes, AUC, F1, sensitivity and specificity are those of class 1, the positive one;
 * with more they are means over the classes, each against the rest (macro). A class enters a mean
 * only where its value is defined: AUC needs cases of the class and others, sensitivity cases of
 * the class, specificity others, F1 a case that is or was taken for the class. Where none is
 * defined the mean is not a number. Balanced accuracy is the mean sensitivity of all classes that
 * occur. Source of the definitions: scikit-learn 1.2.
 */
public final class ClassificationScores {
  /** Intervals of confidence for the calibration error (Guo et al. 2017). */
  public static final int BINS = 15;

  private final int[] truth;
  private final double[][] probabilities;
  private final int classes;
  private final long[][] confusion;

  private ClassificationScores(int[] truth, double[][] probabilities) {
    this.truth = truth;
    this.probabilities = probabilities;
    classes = probabilities[0].length;
    confusion = new long[classes][classes];
    for (int i = 0; i < truth.length; i++) {
      confusion[truth[i]][decision(probabilities[i])]++;
    }
  }

  /**
   * @param truth the true class of each case, 0 to K - 1
   * @param probabilities [n, K], each row from 0 to 1 with the sum 1
   * @throws IllegalArgumentException when the two do not fit, or there is no case
   */
  public static ClassificationScores of(int[] truth, double[][] probabilities) {
    if (truth.length == 0 || truth.length != probabilities.length) {
      throw new IllegalArgumentException(
          truth.length + " true classes for " + probabilities.length + " rows of probabilities");
    }
    int classes = probabilities[0].length;
    if (classes < 2) {
      throw new IllegalArgumentException(classes + " class, expected at least 2");
    }
    for (int i = 0; i < truth.length; i++) {
      if (truth[i] < 0 || truth[i] >= classes) {
        throw new IllegalArgumentException(
            "case " + i + " is of class " + truth[i] + ", expected 0 to " + (classes - 1));
      }
      requireProbabilities(i, probabilities[i], classes);
    }
    double[][] copy = Arrays.stream(probabilities).map(double[]::clone).toArray(double[][]::new);
    return new ClassificationScores(truth.clone(), copy);
  }

  private static void requireProbabilities(int index, double[] row, int classes) {
    double sum = 0;
    boolean within = row.length == classes;
    for (double p : row) {
      within &= p >= 0 && p <= 1 + 1e-6;
      sum += p;
    }
    if (!within || Math.abs(sum - 1) > 1e-3) {
      throw new IllegalArgumentException(
          "case "
              + index
              + " has the probabilities "
              + Arrays.toString(row)
              + ", expected "
              + classes
              + " from 0 to 1 with the sum 1");
    }
  }

  private static int decision(double[] row) {
    int best = 0;
    for (int c = 1; c < row.length; c++) {
      best = row[c] > row[best] ? c : best;
    }
    return best;
  }

  /** The scores of some of the cases, any of them repeated, as a bootstrap draws them. */
  public ClassificationScores of(int[] cases) {
    int[] t = new int[cases.length];
    double[][] p = new double[cases.length][];
    for (int i = 0; i < cases.length; i++) {
      t[i] = truth[cases[i]];
      p[i] = probabilities[cases[i]];
    }
    return new ClassificationScores(t, p);
  }

  /** Number of cases. */
  public int cases() {
    return truth.length;
  }

  /** Number of classes. */
  public int classes() {
    return classes;
  }

  /** The true class of a case. */
  public int truth(int index) {
    return truth[index];
  }

  /** The class that a case is decided for. */
  public int predicted(int index) {
    return decision(probabilities[index]);
  }

  /** The probabilities of a case, one per class. */
  public double[] probabilities(int index) {
    return probabilities[index].clone();
  }

  /** Number of cases of one class that were taken for another. */
  public long confusion(int trueClass, int predictedClass) {
    return confusion[trueClass][predictedClass];
  }

  /** Share of cases decided rightly. */
  public double accuracy() {
    long right = 0;
    for (int c = 0; c < classes; c++) {
      right += confusion[c][c];
    }
    return (double) right / truth.length;
  }

  /** Mean sensitivity over the classes that occur. */
  public double balancedAccuracy() {
    return mean(0, this::sensitivity);
  }

  /** Area under the ROC curve: of class 1, or one-vs-rest macro. */
  public double auc() {
    return summary(this::auc);
  }

  /** F1, the harmonic mean of precision and sensitivity: of class 1, or macro. */
  public double f1() {
    return summary(this::f1);
  }

  /** Share of the cases of a class that were found: of class 1, or macro. */
  public double sensitivity() {
    return summary(this::sensitivity);
  }

  /**
   * Share of the cases of other classes that were not taken for the class: of class 1, or macro.
   */
  public double specificity() {
    return summary(this::specificity);
  }

  private interface OfClass {
    double at(int c);
  }

  private double summary(OfClass value) {
    return classes == 2 ? value.at(1) : mean(0, value);
  }

  private double mean(int from, OfClass value) {
    double sum = 0;
    int defined = 0;
    for (int c = from; c < classes; c++) {
      double v = value.at(c);
      if (!Double.isNaN(v)) {
        sum += v;
        defined++;
      }
    }
    return defined == 0 ? Double.NaN : sum / defined;
  }

  /** Sensitivity of one class against the rest; not a number when no case is of it. */
  public double sensitivity(int c) {
    long all = Arrays.stream(confusion[c]).sum();
    return all == 0 ? Double.NaN : (double) confusion[c][c] / all;
  }

  /** Specificity of one class against the rest; not a number when all cases are of it. */
  public double specificity(int c) {
    long of = Arrays.stream(confusion[c]).sum();
    long others = truth.length - of;
    long wrongly = taken(c) - confusion[c][c];
    return others == 0 ? Double.NaN : (double) (others - wrongly) / others;
  }

  /** F1 of one class; not a number when no case is of it or was taken for it. */
  public double f1(int c) {
    long either = Arrays.stream(confusion[c]).sum() + taken(c);
    return either == 0 ? Double.NaN : 2.0 * confusion[c][c] / either;
  }

  private long taken(int c) {
    long sum = 0;
    for (long[] row : confusion) {
      sum += row[c];
    }
    return sum;
  }

  /**
   * AUC of one class against the rest: the probability that a case of it gets a higher probability
   * than another, ties counting half (Mann-Whitney). Not a number when either has no case.
   */
  public double auc(int c) {
    long[] positive = new long[truth.length];
    double[] keys = new double[truth.length];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = probabilities[i][c];
    }
    double[] sorted = keys.clone();
    Arrays.sort(sorted);
    long positives = 0;
    for (int i = 0; i < keys.length; i++) {
      if (truth[i] == c) {
        positives++;
        positive[firstIndex(sorted, keys[i])]++;
      }
    }
    long negatives = truth.length - positives;
    if (positives == 0 || negatives == 0) {
      return Double.NaN;
    }
    double wins = 0;
    long negativesBelow = 0;
    for (int i = 0; i < sorted.length; ) {
      int end = i + 1;
      while (end < sorted.length && sorted[end] == sorted[i]) {
        end++;
      }
      long negativesHere = end - i - positive[i];
      wins += positive[i] * (negativesBelow + negativesHere / 2.0);
      negativesBelow += negativesHere;
      i = end;
    }
    return wins / ((double) positives * negatives);
  }

  private static int firstIndex(double[] sorted, double key) {
    int low = 0;
    int high = sorted.length - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (sorted[middle] < key) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /**
   * Expected calibration error: cases are sorted by the probability of their decision into {@value
   * #BINS} bins of equal width (closed above), and the differences between mean probability and
   * share of right decisions are averaged with the bins' counts as weights (Guo et al. 2017).
   */
  public double calibrationError() {
    double[] confidence = new double[BINS];
    long[] right = new long[BINS];
    for (int i = 0; i < truth.length; i++) {
      int decided = decision(probabilities[i]);
      double p = probabilities[i][decided];
      int bin = Math.max(0, Math.min(BINS - 1, (int) Math.ceil(p * BINS) - 1));
      confidence[bin] += p;
      right[bin] += decided == truth[i] ? 1 : 0;
    }
    double error = 0;
    for (int b = 0; b < BINS; b++) {
      error += Math.abs(confidence[b] - right[b]);
    }
    return error / truth.length;
  }
}
