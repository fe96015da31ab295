package io.med3dinsight.pretrain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.dataset.Augmentation;
import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.nn.data.SampleKey;
import io.med3dinsight.pretrain.DescribedVolume.EmbeddedSlice;
import io.med3dinsight.psat.Psat.Query;
import io.med3dinsight.psat.PsatSettings;
import io.med3dinsight.slice.Plane;
import io.med3dinsight.transport.AlignmentKind;
import io.med3dinsight.transport.MetricKind;
import io.med3dinsight.transport.TripletNegatives;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CropBatchesTest {
  static PretrainSettings settings(int volumes, int slices, double mask, double... weights) {
    return new PretrainSettings(
        true,
        3,
        8,
        volumes,
        slices,
        5e-3,
        2,
        1e-2,
        12,
        weights[0],
        weights[1],
        weights[2],
        mask,
        2,
        AlignmentKind.PARTIAL_OT,
        0.1,
        0.95,
        MetricKind.DIAGONAL,
        0.07,
        0.2,
        TripletNegatives.ALL,
        0,
        new PsatSettings(12, 2, 1, 2, true, true),
        Augmentation.none());
  }

  /**
   * A volume whose voxels count from 1, so that each says where it is; the embeddings of a slice
   * are its plane, its index and the number of the volume.
   */
  private static DescribedVolume volume(int number, int d, int h, int w) {
    float[] image = new float[d * h * w];
    for (int i = 0; i < image.length; i++) {
      image[i] = i + 1;
    }
    int[] extents = {d, h, w};
    List<EmbeddedSlice> slices = new ArrayList<>();
    for (Plane p : Plane.values()) {
      for (int i = 0; i < extents[p.axis()]; i += 2) {
        float[] e = {p.ordinal(), i, number};
        slices.add(new EmbeddedSlice(p, i, e, new float[] {-e[0], -e[1], -e[2]}));
      }
    }
    return new DescribedVolume("v" + number, image, extents, slices);
  }

  /**
   * Every position of every query points at the very slice of the crop whose embeddings come with
   * it: the voxels there have the slice's index.
   */
  @ParameterizedTest
  @CsvSource({"12,14,16", "8,6,4", "5,3,2", "7,20,3", "1,9,9"})
  void positionsPointAtTheDescribedSlice(int d, int h, int w) {
    PatchSize patch = new PatchSize(8, 6, 4);
    int[] p = {8, 6, 4};
    CropBatches batches =
        new CropBatches(List.of(volume(3, d, h, w)), settings(2, 3, 0, 1, 1, 1), patch);
    for (int index = 0; index < 8; index++) {
      CropBatches.Batch b = batches.load(new SampleKey(5, 1, index));
      assertArrayEquals(b.image(), b.masked());
      for (int pair = 0; pair < 6; pair++) {
        Query q = b.queries().get(pair / 3).get(pair % 3);
        float[] e = Arrays.copyOfRange(b.images(), pair * 3, pair * 3 + 3);
        float[] t = Arrays.copyOfRange(b.texts(), pair * 3, pair * 3 + 3);
        assertArrayEquals(new float[] {-e[0], -e[1], -e[2]}, t);
        assertEquals(q.plane().ordinal(), e[0]);
        int axis = q.plane().axis();
        double at = q.position() * (p[axis] - 1);
        assertEquals(Math.rint(at), at, 1e-9);
        assertTrue(at >= 0 && at < p[axis]);
        int found = 0;
        for (int v = 0; v < patch.voxels(); v++) {
          int[] place = {v / 24, v / 4 % 6, v % 4};
          float value = b.image()[pair / 3 * patch.voxels() + v];
          if (place[axis] == (int) at && value > 0) {
            int source = (int) value - 1;
            int[] whole = {source / (h * w), source / w % h, source % w};
            assertEquals(e[1], whole[axis]);
            found++;
          }
        }
        assertTrue(found > 0);
      }
    }
  }

  /** A crop is a box of the volume, and a small volume lies in it whole, in the middle. */
  @Test
  void cropsKeepTheirGeometry() {
    PatchSize patch = new PatchSize(8, 6, 4);
    CropBatches large =
        new CropBatches(List.of(volume(0, 12, 14, 16)), settings(1, 2, 0, 1, 1, 1), patch);
    float[] image = large.load(new SampleKey(1, 0, 0)).image();
    for (int v = 0; v < image.length; v++) {
      int step = v / 24 * 14 * 16 + v / 4 % 6 * 16 + v % 4;
      assertEquals(image[0] + step, image[v]);
    }
    CropBatches small =
        new CropBatches(List.of(volume(0, 5, 3, 2)), settings(1, 2, 0, 1, 1, 1), patch);
    float[] padded = small.load(new SampleKey(1, 0, 0)).image();
    int inside = 0;
    for (int v = 0; v < padded.length; v++) {
      if (padded[v] != 0) {
        // 8 - 5, 6 - 3 and 4 - 2 voxels are to spare.
        int[] whole = {v / 24 - 1, v / 4 % 6 - 1, v % 4 - 1};
        assertEquals((whole[0] * 3 + whole[1]) * 2 + whole[2] + 1, padded[v]);
        inside++;
      }
    }
    assertEquals(30, inside);
  }

  @Test
  void batchesDependOnTheirKeyAloneAndVisitEveryVolumeEqually() {
    List<DescribedVolume> volumes = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      volumes.add(volume(i, 9, 9, 9));
    }
    CropBatches a = new CropBatches(volumes, settings(3, 2, 0.4, 1, 1, 1), new PatchSize(4, 4, 4));
    Map<Float, Integer> visits = new HashMap<>();
    for (int epoch = 0; epoch < 3; epoch++) {
      for (int index = 0; index < 8; index++) {
        SampleKey key = new SampleKey(7, epoch, index);
        CropBatches.Batch b = a.load(key);
        CropBatches.Batch again = a.load(key);
        assertArrayEquals(b.image(), again.image());
        assertArrayEquals(b.masked(), again.masked());
        assertArrayEquals(b.texts(), again.texts());
        assertEquals(b.queries(), again.queries());
        for (int i = 0; i < 3; i++) {
          visits.merge(b.images()[i * 2 * 3 + 2], 1, Integer::sum);
          assertTrue(a.describe(key).contains("v" + (int) b.images()[i * 2 * 3 + 2]));
        }
      }
    }
    assertEquals(6, visits.size());
    visits.values().forEach(n -> assertEquals(12, n));
    assertFalse(
        Arrays.equals(
            a.load(new SampleKey(7, 0, 0)).image(), a.load(new SampleKey(8, 0, 0)).image()));
  }

  @Test
  void slicesOfACropAreDifferentWhereThereAreEnough() {
    CropBatches b =
        new CropBatches(
            List.of(volume(0, 9, 9, 9)), settings(1, 6, 0, 1, 1, 1), new PatchSize(6, 6, 6));
    for (int index = 0; index < 8; index++) {
      List<Query> q = b.load(new SampleKey(2, 0, index)).queries().get(0);
      assertEquals(6, q.stream().distinct().count());
    }
  }

  @ParameterizedTest
  @CsvSource({"0", "0.25", "0.5", "0.9"})
  void theMaskedShareIsExact(double share) {
    PatchSize patch = new PatchSize(8, 8, 8);
    CropBatches b =
        new CropBatches(List.of(volume(0, 9, 9, 9)), settings(1, 2, share, 1, 1, 1), patch);
    CropBatches.Batch batch = b.load(new SampleKey(2, 0, 1));
    int hidden = 0;
    for (int i = 0; i < patch.voxels(); i++) {
      assertTrue(batch.masked()[i] == 0 || batch.masked()[i] == batch.image()[i]);
      hidden += batch.masked()[i] == 0 ? 1 : 0;
    }
    assertEquals(Math.round(share * 64) * 8, hidden);
  }
}
