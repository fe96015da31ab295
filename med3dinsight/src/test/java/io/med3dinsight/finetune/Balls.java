package io.med3dinsight.finetune;

import io.med3dinsight.dataset.TrainingCase;
import io.med3dinsight.volume.Affine;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Volume;
import java.util.SplittableRandom;

/** Cases with one bright ball, labelled 1. */
final class Balls {
  private Balls() {}

  /**
   * Background from 0 to 20 except one voxel in each 4x4x4 block, which is 100 times {@code mark}:
   * patches of different cases can be told apart.
   */
  static TrainingCase of(String id, int mark, int size) {
    return make(id, mark * 100f, size, 1);
  }

  /** A ball of intensity 1 in noise around 0. */
  static TrainingCase noisy(String id, int size, long seed) {
    return make(id, 0, size, seed);
  }

  private static TrainingCase make(String id, float mark, int size, long seed) {
    Grid grid = Grid.of(size, size, size, Affine.scaling(1, 1, 1));
    SplittableRandom r = new SplittableRandom(seed);
    float[] v = new float[grid.size()];
    int[] labels = new int[grid.size()];
    double cz = size * r.nextDouble(0.35, 0.65);
    double cy = size * r.nextDouble(0.35, 0.65);
    for (int i = 0; i < v.length; i++) {
      int z = i / size / size;
      int y = i / size % size;
      int x = i % size;
      double d = Math.hypot(Math.hypot(z - cz, y - cy), x - size / 2.0);
      labels[i] = d < size / 4.0 ? 1 : 0;
      v[i] = (float) (labels[i] + 0.3 * (r.nextDouble() - 0.5));
      if (mark > 0 && z % 4 == 1 && y % 4 == 1 && x % 4 == 1) {
        v[i] = mark;
      }
    }
    return TrainingCase.of(id, Volume.of(grid, v), LabelVolume.of(grid, labels));
  }
}
