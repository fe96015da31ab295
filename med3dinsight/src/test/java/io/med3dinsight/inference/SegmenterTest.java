package io.med3dinsight.inference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.DataException;
import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.network.UNet;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.volume.Affine;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Orientation;
import io.med3dinsight.volume.ScoreRestorer;
import io.med3dinsight.volume.ScoreStrip;
import io.med3dinsight.volume.Spacing;
import io.med3dinsight.volume.Volume;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmenterTest {
  private static final SegmentationPlan PLAN = TinyModel.plan();
  private static UNet network;

  @TempDir private Path folder;

  @BeforeAll
  static void build() {
    network = TinyModel.network(Device.cpu());
  }

  @AfterAll
  static void free() {
    network.close();
  }

  private static Segmenter segmenter(boolean mirror, int batch) {
    return new Segmenter(PLAN, network, new InferenceOptions(0.5, mirror, batch));
  }

  private static float[][] prepared(int d, int h, int w) {
    return PLAN.preprocessing().images(List.of(TinyModel.volume(d, h, w, 3)));
  }

  /** All scores [D, H, W, C], put together from their planes. */
  private static float[] scores(Segmenter segmenter, float[][] image, int[] extents) {
    float[] out = new float[image[0].length * 3];
    int row = extents[2] * 3;
    ScoreRestorer same = ScoreRestorer.same(extents, 3, Segmenter.parallel(Device.cpu()));
    segmenter.scores(
        image,
        extents,
        new ScorePass.Planes() {
          @Override
          public List<ScoreStrip> strips(int mostRows) {
            return same.strips(mostRows);
          }

          @Override
          public void plane(ScoreStrip strip, int d, float[] scores) {
            int at = (d * extents[1] + strip.firstRow()) * row;
            System.arraycopy(scores, 0, out, at, strip.rows() * row);
          }
        });
    return out;
  }

  private static int[] argmax(float[] scores) {
    int[] out = new int[scores.length / 3];
    for (int i = 0; i < scores.length; i++) {
      out[i / 3] = scores[i] > scores[i / 3 * 3 + out[i / 3]] ? i % 3 : out[i / 3];
    }
    return out;
  }

  private static void assertSeveralLabels(int[] labels) {
    assertTrue(Arrays.stream(labels).distinct().count() > 1, "all labels are the same");
  }

  @Test
  void oneWindowGivesTheNetworksOwnScores() {
    float[][] image = prepared(8, 12, 10);
    float[] expected;
    try (Scope scope = Scope.open()) {
      expected = network.call(Tensor.of(Device.cpu(), image[0], 1, 8, 12, 10, 1)).toFloats();
    }
    int[] extents = {8, 12, 10};
    try (Segmenter segmenter = segmenter(false, 1)) {
      assertArrayEquals(expected, scores(segmenter, image, extents), 1e-5f);
      int[] labels = segmenter.segmentPrepared(image, extents);
      assertArrayEquals(argmax(expected), labels);
      assertSeveralLabels(labels);
    }
  }

  @Test
  void theBatchDoesNotChangeABit() {
    int[] extents = {11, 19, 23};
    float[][] image = prepared(11, 19, 23);
    float[] one = scores(segmenter(false, 1), image, extents);
    assertArrayEquals(one, scores(segmenter(false, 5), image, extents));
  }

  /** Strips only say which windows are computed twice. */
  @Test
  void howMuchMemoryScoresMayTakeDoesNotChangeABit() {
    int[] extents = {19, 31, 23};
    float[][] image = prepared(19, 31, 23);
    for (boolean mirror : new boolean[] {false, true}) {
      Segmenter whole = segmenter(mirror, 2);
      float[] expected = scores(whole, image, extents);
      int[] labels = whole.segmentPrepared(image, extents);
      assertArrayEquals(argmax(expected), labels);
      assertSeveralLabels(labels);
      for (long rows : new long[] {0, 3, 7, 16}) {
        Segmenter strips = segmenter(mirror, 2);
        strips.limitScores(rows * ScoreSlab.rowBytes(9, 23, 3));
        assertArrayEquals(expected, scores(strips, image, extents), "rows " + rows);
        assertArrayEquals(labels, strips.segmentPrepared(image, extents));
      }
    }
  }

  /** On the way back to finer and coarser grids too, where strips share rows of scores. */
  @Test
  void stripsAreResampledToTheSameLabels() {
    for (double mm : new double[] {0.7, 1.6}) {
      SegmentationPlan plan = TinyModel.plan(new PatchSize(8, 12, 10), new Spacing(mm, mm, mm));
      Affine turned = Affine.of(0, -1, 0, 7, 1, 0, 0, -4, 0, 0, -1.3, 12);
      Volume file = TinyModel.volume(Grid.of(13, 17, 19, turned), 4);
      Segmenter whole = new Segmenter(plan, network, InferenceOptions.standard());
      int[] expected = whole.segment(file).labels();
      assertSeveralLabels(expected);
      Segmenter strips = new Segmenter(plan, network, InferenceOptions.standard());
      strips.limitScores(4 * ScoreSlab.rowBytes(9, (int) Math.rint(17 / mm), 3));
      assertArrayEquals(expected, strips.segment(file).labels());
    }
  }

  @Test
  void onlyTheLargestPartStaysWhenAskedFor() {
    Volume file = TinyModel.volume(14, 19, 17, 6);
    int[] all = segmenter(false, 1).segment(file).labels();
    InferenceOptions asked = new InferenceOptions(0.5, false, 1, KeepComponents.LARGEST_6, false);
    int[] kept = new Segmenter(PLAN, network, asked).segment(file).labels();
    int[] expected = all.clone();
    Components.keepLargest(file.grid(), expected, KeepComponents.LARGEST_6);
    assertArrayEquals(expected, kept);
    assertTrue(!Arrays.equals(all, kept), "an untrained network's labels have loose parts");
  }

  @Test
  void aNetworkWithoutWeightsGivesTheClassOfItsBias() {
    UNet constant = TinyModel.network(Device.cpu());
    for (Tensor t : constant.namedParameters().values()) {
      t.copyFrom(new float[t.size()]);
    }
    constant.namedParameters().get("head0.bias").copyFrom(new float[] {0.1f, -1, 0.3f});
    try (constant;
        Segmenter segmenter = new Segmenter(PLAN, constant, InferenceOptions.standard())) {
      LabelVolume labels = segmenter.segment(TinyModel.volume(13, 21, 9, 5));
      assertEquals(List.of(2), new ArrayList<>(labels.values()));
    }
  }

  @Test
  void mirroringMakesScoresFollowAFlipOfTheImage() {
    int[] extents = {9, 15, 11};
    float[][] image = prepared(9, 15, 11);
    float[][] flipped = {flip(image[0], extents, 1)};
    Segmenter mirrored = segmenter(true, 3);
    float[] expected = flip(scores(mirrored, image, extents), extents, 3);
    assertArrayEquals(expected, scores(mirrored, flipped, extents), 2e-5f);
    // Without mirroring the untrained network does not follow, so the above says something.
    Segmenter plain = segmenter(false, 1);
    float[] other = flip(scores(plain, image, extents), extents, 3);
    float[] found = scores(plain, flipped, extents);
    float largest = 0;
    for (int i = 0; i < other.length; i++) {
      largest = Math.max(largest, Math.abs(other[i] - found[i]));
    }
    assertTrue(largest > 0.01, "differs by " + largest);
  }

  /** [D, H, W, C] reversed along D, H and W. */
  private static float[] flip(float[] values, int[] extents, int channels) {
    float[] out = new float[values.length];
    int n = extents[0] * extents[1] * extents[2];
    for (int i = 0; i < n; i++) {
      System.arraycopy(values, i * channels, out, (n - 1 - i) * channels, channels);
    }
    return out;
  }

  @Test
  void aVolumeSmallerThanTheWindowIsThePaddedOnesMiddle() {
    int[] small = {3, 12, 5};
    float[][] image = prepared(3, 12, 5);
    float[] padded = new float[8 * 12 * 10];
    for (int d = 0; d < 3; d++) {
      for (int h = 0; h < 12; h++) {
        System.arraycopy(image[0], (d * 12 + h) * 5, padded, ((d + 2) * 12 + h) * 10 + 2, 5);
      }
    }
    Segmenter segmenter = segmenter(false, 1);
    float[] large = scores(segmenter, new float[][] {padded}, new int[] {8, 12, 10});
    float[] found = scores(segmenter, image, small);
    for (int d = 0; d < 3; d++) {
      for (int h = 0; h < 12; h++) {
        for (int i = 0; i < 15; i++) {
          int at = (((d + 2) * 12 + h) * 10 + 2) * 3 + i;
          assertEquals(large[at], found[(d * 12 + h) * 15 + i], 1e-5);
        }
      }
    }
    LabelVolume labels = segmenter.segment(TinyModel.volume(2, 3, 1, 1));
    assertEquals("1x3x2", labels.grid().shapeText());
  }

  /** Labels in RAS order come back on a file's grid, whatever its axes. */
  @Test
  void aTurnedGridGetsTheSameLabelsAtTheSamePlaces() {
    // i runs to anterior, j to left, k to superior, slightly oblique.
    Affine turned = Affine.of(0.02, -1, 0, 7, 1, 0.02, 0.03, -4, 0, 0.03, -1, 12);
    Volume file = TinyModel.volume(Grid.of(9, 17, 14, turned), 8);
    Orientation orientation = Orientation.of(file.grid());
    assertEquals("ALI", orientation.code());
    Segmenter segmenter = segmenter(false, 1);
    LabelVolume labels = segmenter.segment(file);
    assertEquals(file.grid(), labels.grid());
    LabelVolume ras = segmenter.segment(orientation.toRas(file));
    assertArrayEquals(ras.labels(), orientation.toRas(labels).labels());
    assertSeveralLabels(labels.labels());
  }

  @Test
  void resampledVolumesComeBackOnTheirOwnGridWithTheirOwnCodes() {
    SegmentationPlan plan = TinyModel.plan(new PatchSize(8, 12, 10), new Spacing(1.4, 0.8, 2));
    Path path = folder.resolve("in.nii.gz");
    Affine oblique = Affine.of(-0.9, 0.1, 0, 3, 0.1, 0.9, 0.1, 5, 0, -0.1, 1.5, 2);
    TinyModel.volume(Grid.of(11, 13, 15, oblique), 4).write(path);
    Volume file = Volume.read(path);
    Segmenter segmenter = new Segmenter(plan, network, InferenceOptions.standard());
    LabelVolume labels = segmenter.segment(file);
    assertEquals(file.grid(), labels.grid());
    Path written = folder.resolve("out.nii.gz");
    labels.write(written);
    assertEquals(file.grid(), LabelVolume.read(written).grid());
    assertSeveralLabels(labels.labels());
  }

  @Test
  void fourThreadsGetTheBitsOfOne() throws Exception {
    List<Volume> volumes = new ArrayList<>();
    List<int[]> alone = new ArrayList<>();
    try (Segmenter segmenter = Segmenter.load(save(), Device.cpu(3), InferenceOptions.standard())) {
      for (int i = 0; i < 4; i++) {
        volumes.add(TinyModel.volume(9 + i, 15, 20 - i, i));
        alone.add(segmenter.segment(volumes.get(i)).labels());
      }
      CyclicBarrier together = new CyclicBarrier(4);
      ExecutorService threads = Executors.newFixedThreadPool(4);
      try {
        List<Future<int[]>> results = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
          Volume volume = volumes.get(i % 4);
          results.add(
              threads.submit(
                  () -> {
                    together.await();
                    return segmenter.segment(volume).labels();
                  }));
        }
        for (int i = 0; i < 16; i++) {
          assertArrayEquals(alone.get(i % 4), results.get(i).get());
        }
      } finally {
        threads.shutdownNow();
      }
    }
  }

  private Path save() {
    return TinyModel.save(folder);
  }

  @Test
  void noMemoryStaysAndNoTapeGrows() {
    Device device = Device.cpu(2);
    try (UNet own = TinyModel.network(device);
        Segmenter segmenter = new Segmenter(PLAN, own, InferenceOptions.standard());
        Tape tape = Tape.open()) {
      Volume volume = TinyModel.volume(9, 15, 20, 1);
      long before = device.backend().memory().active();
      segmenter.segment(volume);
      assertEquals(before, device.backend().memory().active());
    }
  }

  @Test
  void cancellingStopsBeforeTheNextWindow() {
    AtomicInteger asked = new AtomicInteger();
    Volume volume = TinyModel.volume(16, 24, 20, 1);
    try (Segmenter segmenter = segmenter(false, 1)) {
      CancellationException e =
          assertThrows(
              CancellationException.class,
              () -> segmenter.segment(volume, Progress.NONE, () -> asked.incrementAndGet() == 3));
      assertEquals(3, asked.get());
      assertTrue(e.getMessage().startsWith("Stopped after 2 of 27 windows"), e.getMessage());
    }
  }

  @Test
  void aVoxelThatIsNoNumberIsRefused() {
    Volume volume = TinyModel.volume(9, 9, 9, 1);
    volume.voxels()[5] = Float.NaN;
    try (Segmenter segmenter = segmenter(false, 1)) {
      assertThrows(DataException.class, () -> segmenter.segment(volume));
    }
  }

  @Test
  void aClosedSegmenterSaysSoAndLeavesABorrowedNetworkOpen() {
    Segmenter segmenter = segmenter(false, 1);
    segmenter.close();
    segmenter.close();
    Volume volume = TinyModel.volume(9, 9, 9, 1);
    assertThrows(IllegalStateException.class, () -> segmenter.segment(volume));
    try (Segmenter other = segmenter(false, 1)) {
      assertEquals(volume.grid(), other.segment(volume).grid());
    }
  }
}
