package io.med3dinsight.bench.pytorch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Times contenders in turns, so that a slow spell of the machine meets all of them. A turn repeats
 * a contender for a while and counts its fastest run. After a peer's turn there is a pause, in
 * which its threads stop spinning: OpenMP's keep their processors busy for 200 ms after work.
 */
final class Interleaved {
  /** A thing to run. */
  record Contender(String label, Runnable work) {}

  /**
   * Milliseconds.
   *
   * @param ours fastest run of the first contender
   * @param theirs fastest run of the others
   * @param best label of the fastest of the others
   * @param ratios ours / the best of the others, for each round, sorted
   */
  record Timing(double ours, double theirs, String best, double[] ratios) {
    double quantile(double q) {
      return ratios[(int) Math.round(q * (ratios.length - 1))];
    }
  }

  /**
   * How long to measure.
   *
   * @param rounds turns of each contender
   * @param turn milliseconds a turn lasts at least
   * @param warmUp milliseconds each contender runs before, at least
   * @param warmUpRuns runs of the first contender before, at least, for Java's compiler; a quarter
   *     of it for the others
   * @param pause milliseconds after a peer's turn
   */
  record Effort(int rounds, double turn, double warmUp, int warmUpRuns, long pause) {}

  private Interleaved() {}

  static Timing measure(Contender ours, List<Contender> theirs, Effort effort) {
    List<Contender> all = new ArrayList<>(theirs);
    all.add(0, ours);
    double[] best = new double[all.size()];
    Arrays.fill(best, Double.POSITIVE_INFINITY);
    for (int i = 0; i < all.size(); i++) {
      turn(all.get(i), effort.warmUp(), effort.warmUpRuns() / (i == 0 ? 1 : 4));
      rest(i == 0, effort);
    }
    double[] ratios = new double[effort.rounds()];
    for (int r = 0; r < effort.rounds(); r++) {
      double[] t = new double[all.size()];
      for (int i = 0; i < t.length; i++) {
        int which = (i + r) % t.length;
        t[which] = turn(all.get(which), effort.turn(), 1);
        best[which] = Math.min(best[which], t[which]);
        rest(which == 0, effort);
      }
      ratios[r] = t[0] / Arrays.stream(t).skip(1).min().orElseThrow();
    }
    Arrays.sort(ratios);
    int winner = 1;
    for (int i = 2; i < best.length; i++) {
      winner = best[i] < best[winner] ? i : winner;
    }
    return new Timing(best[0], best[winner], all.get(winner).label(), ratios);
  }

  private static void rest(boolean ours, Effort effort) {
    if (ours) {
      return;
    }
    try {
      Thread.sleep(effort.pause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while measuring", e);
    }
  }

  /** The fastest of at least {@code runs} runs that take at least {@code millis}. */
  private static double turn(Contender c, double millis, int runs) {
    double best = Double.POSITIVE_INFINITY;
    double spent = 0;
    for (int i = 0; i < runs || spent < millis; i++) {
      long start = System.nanoTime();
      c.work().run();
      double t = (System.nanoTime() - start) * 1e-6;
      best = Math.min(best, t);
      spent += t;
    }
    return best;
  }
}
