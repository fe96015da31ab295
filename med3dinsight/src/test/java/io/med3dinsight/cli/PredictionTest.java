package io.med3dinsight.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.inference.InferenceOptions;
import io.med3dinsight.inference.KeepComponents;
import io.med3dinsight.inference.Segmentation;
import io.med3dinsight.inference.Segmenter;
import io.med3dinsight.inference.TinyModel;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.volume.Volume;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** However many images a folder holds, and whatever is slow, few are in memory. */
class PredictionTest {
  private static final int CASES = 10;

  @TempDir Path folder;

  /** Images from nowhere; counts those between the beginning of reading and the end of writing. */
  private static final class Counting implements Prediction.Io {
    private final int readMillis;
    private final int writeMillis;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private final AtomicInteger mostImages = new AtomicInteger();
    private final List<WeakReference<Volume>> images =
        Collections.synchronizedList(new ArrayList<>());
    private final AtomicInteger written = new AtomicInteger();

    Counting(int readMillis, int writeMillis) {
      this.readMillis = readMillis;
      this.writeMillis = writeMillis;
    }

    @Override
    public List<Volume> read(PredictFile file) {
      most.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
      sleep(readMillis);
      Volume volume = TinyModel.volume(8, 12, 10, images.size());
      images.add(new WeakReference<>(volume));
      return List.of(volume);
    }

    @Override
    public void write(PredictFile file, Segmentation found) {
      sleep(writeMillis);
      System.gc();
      int alive = 0;
      for (int i = 0; i < images.size(); i++) {
        alive += images.get(i).get() == null ? 0 : 1;
      }
      mostImages.accumulateAndGet(alive, Math::max);
      written.incrementAndGet();
      inFlight.decrementAndGet();
    }

    private static void sleep(int millis) {
      try {
        Thread.sleep(millis);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private List<PredictFile> files() {
    List<PredictFile> files = new ArrayList<>();
    for (int i = 0; i < CASES; i++) {
      files.add(
          new PredictFile(
              List.of(folder.resolve(i + ".nii")), folder.resolve("out/" + i + ".nii.gz")));
    }
    return files;
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "30, 0", "0, 60", "30, 60"})
  void atMostThreeImagesAreInFlight(int readMillis, int writeMillis) {
    Counting io = new Counting(readMillis, writeMillis);
    try (var network = TinyModel.network(Device.cpu());
        Segmenter segmenter =
            new Segmenter(TinyModel.plan(), network, InferenceOptions.standard())) {
      int done = new Prediction(segmenter, files(), Progress.NONE, () -> false, false, io).run();
      assertEquals(CASES, done);
    }
    assertEquals(CASES, io.written.get());
    assertEquals(0, io.inFlight.get());
    assertTrue(io.most.get() <= 3, io.most + " images in flight");
    assertTrue(io.most.get() >= 2, "reading overlaps with computing");
    // One that is computed, one that is read; the written one's voxels are gone.
    assertTrue(io.mostImages.get() <= 2, io.mostImages + " images in memory");
  }

  /** The temporary file of one image is deleted before the next but one is there. */
  @Test
  void probabilitiesAreGoneAfterWriting() {
    AtomicInteger classes = new AtomicInteger();
    Prediction.Io io =
        new Prediction.Io() {
          @Override
          public List<Volume> read(PredictFile file) {
            return List.of(TinyModel.volume(8, 12, 10, 1));
          }

          @Override
          public void write(PredictFile file, Segmentation found) {
            classes.addAndGet(found.probabilities().classes());
            float[] p = found.probabilities().map(1).voxels();
            assertTrue(p[0] > 0 && p[0] < 1);
          }
        };
    InferenceOptions asked = new InferenceOptions(0.5, false, 1, KeepComponents.ALL, true);
    try (var network = TinyModel.network(Device.cpu());
        Segmenter segmenter = new Segmenter(TinyModel.plan(), network, asked)) {
      new Prediction(segmenter, files(), Progress.NONE, () -> false, false, io).run();
    }
    assertEquals(3 * CASES, classes.get());
    assertEquals(0, folder.resolve("out").toFile().list().length);
  }
}
