package io.med3dinsight.nn.optim;

/**
 * Learning rate as a function of the step alone, so that a resumed run continues with the very rate
 * that it would have had.
 */
public sealed interface Schedule {
  /** Learning rate of step {@code step}, counted from 0. */
  double at(long step);

  /** The same rate at every step. */
  static Schedule constant(double rate) {
    return new Constant(rate);
  }

  /** Polynomial decay to 0 over {@code steps} with nnU-Net's exponent 0.9. */
  static Schedule poly(double rate, long steps) {
    return new Poly(rate, steps, 0.9);
  }

  /** Linear warm-up, then half a cosine down to {@code floor}. */
  static Schedule cosine(double rate, long warmup, long steps, double floor) {
    return new Cosine(rate, warmup, steps, floor);
  }

  /** The same rate at every step. */
  record Constant(double rate) implements Schedule {
    @Override
    public double at(long step) {
      return rate;
    }
  }

  /**
   * {@code rate (1 - step/steps)^exponent}, 0 from {@code steps} on (Isensee et al. 2021, nnU-Net:
   * exponent 0.9).
   */
  record Poly(double rate, long steps, double exponent) implements Schedule {
    public Poly {
      checkSteps(0, steps);
    }

    @Override
    public double at(long step) {
      return rate * StrictMath.pow(1 - Math.min(1.0, (double) step / steps), exponent);
    }
  }

  /**
   * {@code rate (step+1)/warmup} during warm-up, then {@code floor + (rate-floor) (1 + cos(pi
   * t))/2} with t from 0 to 1 over the steps left (Loshchilov and Hutter 2017, arXiv 1608.03983);
   * {@code floor} afterwards.
   */
  record Cosine(double rate, long warmup, long steps, double floor) implements Schedule {
    public Cosine {
      checkSteps(warmup, steps);
    }

    @Override
    public double at(long step) {
      if (step < warmup) {
        return rate * (step + 1) / warmup;
      }
      double t = Math.min(1.0, (double) (step - warmup) / Math.max(1, steps - warmup));
      return floor + (rate - floor) * 0.5 * (1 + StrictMath.cos(Math.PI * t));
    }
  }

  private static void checkSteps(long warmup, long steps) {
    if (steps < 1 || warmup < 0 || warmup > steps) {
      throw new IllegalArgumentException(
          "A schedule needs at least one step and 0 <= warm-up <= steps, but was given "
              + steps
              + " steps with "
              + warmup
              + " of warm-up.");
    }
  }
}
