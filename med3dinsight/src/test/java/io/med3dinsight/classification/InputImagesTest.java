package io.med3dinsight.classification;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.Spacing;
import io.med3dinsight.volume.Volume;
import java.util.Random;
import org.junit.jupiter.api.Test;

class InputImagesTest {
  private static Volume volume(int d, int h, int w, Spacing spacing) {
    float[] x = new float[d * h * w];
    Random r = new Random(1);
    for (int i = 0; i < x.length; i++) {
      x[i] = r.nextFloat() + 1;
    }
    return Volume.of(Grid.of(d, h, w, spacing), x);
  }

  @Test
  void halvingIsAveragePooling() {
    Volume v = volume(4, 6, 8, new Spacing(1, 1, 1));
    float[] y = InputImages.fit(v, new Spacing(2, 2, 2), new PatchSize(2, 3, 4));
    for (int d = 0; d < 2; d++) {
      for (int h = 0; h < 3; h++) {
        for (int w = 0; w < 4; w++) {
          float sum = 0;
          for (int k = 0; k < 8; k++) {
            sum += v.at(2 * d + k / 4, 2 * h + k / 2 % 2, 2 * w + k % 2);
          }
          assertEquals(sum / 8, y[(d * 3 + h) * 4 + w], 1e-6);
        }
      }
    }
  }

  @Test
  void sameSizeIsTheSameAndTheMiddleIsCut() {
    Volume v = volume(5, 4, 6, new Spacing(1, 2, 3));
    Spacing own = new Spacing(1, 2, 3);
    assertArrayEquals(v.voxels(), InputImages.fit(v, own, new PatchSize(5, 4, 6)));
    float[] cut = InputImages.fit(v, own, new PatchSize(3, 2, 2));
    assertEquals(v.at(1, 1, 2), cut[0]);
    assertEquals(v.at(3, 2, 3), cut[11]);
  }

  @Test
  void outsideLiesTheSmallestIntensity() {
    Volume v = volume(2, 2, 2, new Spacing(1, 1, 1));
    float least = Float.POSITIVE_INFINITY;
    for (float x : v.voxels()) {
      least = Math.min(least, x);
    }
    float[] y = InputImages.fit(v, new Spacing(1, 1, 1), new PatchSize(4, 4, 4));
    assertEquals(least, y[0]);
    assertEquals(v.at(0, 0, 0), y[(1 * 4 + 1) * 4 + 1]);
    assertEquals(v.at(1, 1, 1), y[(2 * 4 + 2) * 4 + 2]);
    assertEquals(least, y[63]);
  }
}
