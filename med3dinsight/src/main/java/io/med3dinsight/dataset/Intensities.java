package io.med3dinsight.dataset;

/** Random changes of a patch's intensities, in place on {@code n} values from {@code at}. */
final class Intensities {
  private static final int TABLE = 1024;

  private final float[] x;
  private final int at;
  private final int end;
  private final PatchSize size;

  Intensities(float[] x, int at, PatchSize size) {
    this.x = x;
    this.at = at;
    this.end = at + size.voxels();
    this.size = size;
  }

  /** Draws which changes happen, and makes them. */
  void change(Augmentation a, Draws draws) {
    if (draws.chance(a.noise().probability())) {
      addNoise(draws.uniform(a.noise().low(), a.noise().high()), draws.nextLong());
    }
    if (draws.chance(a.blur().probability())) {
      blur(draws.uniform(a.blur().low(), a.blur().high()));
    }
    if (draws.chance(a.brightness().probability())) {
      float factor = (float) draws.uniform(a.brightness().low(), a.brightness().high());
      for (int i = at; i < end; i++) {
        x[i] *= factor;
      }
    }
    if (draws.chance(a.contrast().probability())) {
      contrast((float) draws.uniform(a.contrast().low(), a.contrast().high()));
    }
    if (draws.chance(a.gamma().probability())) {
      gamma(draws.uniform(a.gamma().low(), a.gamma().high()));
    }
  }

  /**
   * Adds nearly normal noise: the sum of four uniform numbers, which one draw of 64 bits gives and
   * which differs from a Gaussian only beyond three deviations.
   */
  void addNoise(double deviation, long seed) {
    // Four uniform numbers of 0..65535 have mean 4 * 32767.5 and variance 4 * 65536^2 / 12.
    float scale = (float) (deviation * Math.sqrt(3) / 65536);
    float shift = (float) (-131070 * (deviation * Math.sqrt(3) / 65536));
    long state = seed;
    for (int i = at; i < end; i++) {
      state += 0x9e3779b97f4a7c15L;
      long r = Draws.mix(state);
      int sum =
          (int) (r & 0xffff)
              + (int) (r >>> 16 & 0xffff)
              + (int) (r >>> 32 & 0xffff)
              + (int) (r >>> 48);
      x[i] += sum * scale + shift;
    }
  }

  /** Gaussian smoothing with five taps per axis, borders repeated. */
  void blur(double sigma) {
    if (sigma <= 0) {
      return;
    }
    float[] taps = new float[3];
    double sum = 0;
    for (int k = -2; k <= 2; k++) {
      sum += StrictMath.exp(-k * k / (2 * sigma * sigma));
    }
    for (int k = 0; k < 3; k++) {
      taps[k] = (float) (StrictMath.exp(-k * k / (2 * sigma * sigma)) / sum);
    }
    float[] copy = new float[end - at];
    blurAlong(copy, taps, 1, size.width());
    blurAlong(copy, taps, size.width(), size.height());
    blurAlong(copy, taps, size.width() * size.height(), size.depth());
  }

  /** Smooths along the axis of the stride; whole slabs at once, so that the inner loop is long. */
  private void blurAlong(float[] copy, float[] taps, int stride, int extent) {
    System.arraycopy(x, at, copy, 0, copy.length);
    int slab = stride * extent;
    for (int start = 0; start < copy.length; start += slab) {
      for (int k = 0; k < extent; k++) {
        int l2 = start + Math.max(k - 2, 0) * stride;
        int l1 = start + Math.max(k - 1, 0) * stride;
        int here = start + k * stride;
        int r1 = start + Math.min(k + 1, extent - 1) * stride;
        int r2 = start + Math.min(k + 2, extent - 1) * stride;
        for (int i = 0; i < stride; i++) {
          x[at + here + i] =
              taps[0] * copy[here + i]
                  + taps[1] * (copy[l1 + i] + copy[r1 + i])
                  + taps[2] * (copy[l2 + i] + copy[r2 + i]);
        }
      }
    }
  }

  private void contrast(float factor) {
    float low = low();
    float high = high();
    float mean = (float) mean();
    for (int i = at; i < end; i++) {
      x[i] = Math.min(Math.max((x[i] - mean) * factor + mean, low), high);
    }
  }

  /** The power comes from a table of 1024 steps, interpolated: exact enough, and much faster. */
  private void gamma(double exponent) {
    float low = low();
    float range = high() - low;
    if (!(range > 0)) {
      return;
    }
    double mean = mean();
    double deviation = deviation(mean);
    float[] power = new float[TABLE + 2];
    for (int i = 0; i < power.length; i++) {
      power[i] = (float) StrictMath.pow((double) i / TABLE, exponent);
    }
    float toTable = TABLE / range;
    for (int i = at; i < end; i++) {
      float position = (x[i] - low) * toTable;
      int below = Math.min((int) position, TABLE);
      x[i] = power[below] + (power[below + 1] - power[below]) * (position - below);
    }
    double newMean = mean();
    double newDeviation = deviation(newMean);
    float factor = (float) (newDeviation > 0 ? deviation / newDeviation : 1);
    float shift = (float) (mean - newMean * factor);
    for (int i = at; i < end; i++) {
      x[i] = x[i] * factor + shift;
    }
  }

  private float low() {
    float low = x[at];
    for (int i = at; i < end; i++) {
      low = Math.min(low, x[i]);
    }
    return low;
  }

  private float high() {
    float high = x[at];
    for (int i = at; i < end; i++) {
      high = Math.max(high, x[i]);
    }
    return high;
  }

  private double mean() {
    double sum = 0;
    for (int i = at; i < end; i++) {
      sum += x[i];
    }
    return sum / (end - at);
  }

  private double deviation(double mean) {
    double sum = 0;
    for (int i = at; i < end; i++) {
      sum += (x[i] - mean) * (x[i] - mean);
    }
    return Math.sqrt(sum / (end - at));
  }
}
