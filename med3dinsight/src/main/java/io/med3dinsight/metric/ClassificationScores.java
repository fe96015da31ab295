package io.med3dinsight.metric;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * How well probabilities tell classes apart.
 *
 * @param count number of cases
 * @param auc area under the ROC curve: the share of pairs of a case of the class and one of another
 *     in which the first is more probable, ties counting half. Of two classes that of the second
 *     one; of more the mean over the classes, each against the others, as MedMNIST defines it.
 *     Classes without cases, or with all of them, are left out; NaN when none remains
 * @param accuracy share of the cases whose class is the most probable one; of two classes the
 *     second is chosen above 0.5
 * @param balancedAccuracy mean over the classes that occur of the share recognised
 * @param f1 mean over the classes that occur of 2 TP / (2 TP + FP + FN)
 * @param logLoss mean of -log of the probability of the true class, which counts as at least 1e-12
 */
public record ClassificationScores(
    int count,
    double auc,
    double accuracy,
    double balancedAccuracy,
    double f1,
    double logLoss) {

  /**
   * The scores of cases.
   *
   * @param labels true classes, from 0
   * @param probabilities [cases][classes], of at least two classes
   * @throws IllegalArgumentException when there is no case, or the numbers do not fit each other
   */
  public static ClassificationScores of(int[] labels, double[][] probabilities) {
    int n = labels.length;
    if (n == 0 || probabilities.length != n) {
      throw new IllegalArgumentException(
          n + " labels and " + probabilities.length + " predictions, expected the same, at least 1");
    }
    int classes = probabilities[0].length;
    int[][] confusion = new int[classes][classes];
    double loss = 0;
    for (int i = 0; i < n; i++) {
      confusion[labels[i]][predicted(probabilities[i])]++;
      loss -= Math.log(Math.max(1e-12, probabilities[i][labels[i]]));
    }
    int right = IntStream.range(0, classes).map(c -> confusion[c][c]).sum();
    return new ClassificationScores(
        n,
        auc(labels, probabilities, classes),
        (double) right / n,
        meanOver(confusion, (hit, of, called) -> (double) hit / of),
        meanOver(confusion, (hit, of, called) -> 2.0 * hit / (of + called)),
        loss / n);
  }

  /** The class chosen. */
  public static int predicted(double[] probabilities) {
    if (probabilities.length == 2) {
      return probabilities[1] > 0.5 ? 1 : 0;
    }
    int top = 0;
    for (int c = 1; c < probabilities.length; c++) {
      top = probabilities[c] > probabilities[top] ? c : top;
    }
    return top;
  }

  private interface Rate {
    double of(int hit, int occurring, int called);
  }

  private static double meanOver(int[][] confusion, Rate rate) {
    double total = 0;
    int occurring = 0;
    for (int c = 0; c < confusion.length; c++) {
      int k = c;
      int of = Arrays.stream(confusion[c]).sum();
      int called = Arrays.stream(confusion).mapToInt(row -> row[k]).sum();
      if (of > 0) {
        total += rate.of(confusion[c][c], of, called);
        occurring++;
      }
    }
    return total / occurring;
  }

  private static double auc(int[] labels, double[][] probabilities, int classes) {
    double total = 0;
    int counted = 0;
    for (int c = classes == 2 ? 1 : 0; c < classes; c++) {
      int k = c;
      double[] scores = Arrays.stream(probabilities).mapToDouble(p -> p[k]).toArray();
      boolean[] of = new boolean[labels.length];
      for (int i = 0; i < of.length; i++) {
        of[i] = labels[i] == c;
      }
      double auc = auc(scores, of);
      if (!Double.isNaN(auc)) {
        total += auc;
        counted++;
      }
    }
    return counted == 0 ? Double.NaN : total / counted;
  }

  /**
   * Area under the ROC curve by ranks (Mann-Whitney), ties at their mean rank; NaN when all cases
   * are positive, or none is.
   */
  public static double auc(double[] scores, boolean[] positive) {
    int n = scores.length;
    Integer[] order = IntStream.range(0, n).boxed().toArray(Integer[]::new);
    Arrays.sort(order, Comparator.comparingDouble(i -> scores[i]));
    double rankSum = 0;
    long positives = 0;
    for (int i = 0; i < n; ) {
      int end = i;
      while (end < n && scores[order[end]] == scores[order[i]]) {
        end++;
      }
      double rank = (i + 1 + end) / 2.0;
      for (; i < end; i++) {
        if (positive[order[i]]) {
          rankSum += rank;
          positives++;
        }
      }
    }
    long negatives = n - positives;
    return positives == 0 || negatives == 0
        ? Double.NaN
        : (rankSum - positives * (positives + 1) / 2.0) / ((double) positives * negatives);
  }
}
