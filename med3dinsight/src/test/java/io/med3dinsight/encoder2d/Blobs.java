package io.med3dinsight.encoder2d;

import io.med3dinsight.caption.OfflineDescriber;
import io.med3dinsight.slice.IntensityScale;
import io.med3dinsight.slice.Plane;
import io.med3dinsight.slice.Slice;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Slices with a bright blob on one of four sides, and what the offline describer says of them. */
record Blobs(List<Slice> slices, List<String> texts) {
  /** Planes times sides; slice i is of kind {@code i % KINDS}. */
  static final int KINDS = 12;

  private static final int SIZE = 20;
  private static final double[][] SIDES = {{0.5, 0.2}, {0.5, 0.8}, {0.2, 0.5}, {0.8, 0.5}};

  static final SliceTextConfig CONFIG =
      new SliceTextConfig(16, 16, 1, 2, 16, 128, 24, 30, 5e-3, 0.01);

  static Blobs of(int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    OfflineDescriber describer = new OfflineDescriber("MRI");
    List<Slice> slices = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Slice s = slice(random, Plane.values()[i % 3], SIDES[i % 4]);
      slices.add(s);
      texts.add(describer.describe(s));
    }
    return new Blobs(slices, texts);
  }

  private static Slice slice(SplittableRandom random, Plane plane, double[] side) {
    float[] p = new float[SIZE * SIZE];
    double row = SIZE * (side[0] + 0.1 * (random.nextDouble() - 0.5));
    double column = SIZE * (side[1] + 0.1 * (random.nextDouble() - 0.5));
    for (int r = 0; r < SIZE; r++) {
      for (int c = 0; c < SIZE; c++) {
        double d = Math.hypot(r - row, c - column);
        p[r * SIZE + c] = (float) (100 * Math.exp(-d * d / 18) + 2 * random.nextDouble());
      }
    }
    // The same index everywhere: pixels do not tell a slice's position.
    return new Slice(plane, 8, 17, SIZE, SIZE, p, 1, 1, IntensityScale.of(p));
  }

  List<SliceTextPair> pairs() {
    List<SliceTextPair> out = new ArrayList<>();
    for (int i = 0; i < slices.size(); i++) {
      out.add(SliceTextPair.of(slices.get(i), texts.get(i), CONFIG));
    }
    return out;
  }
}
