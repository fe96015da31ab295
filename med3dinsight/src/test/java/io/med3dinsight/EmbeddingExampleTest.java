package io.med3dinsight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.med3dinsight.classification.TinyClassifier;
import io.med3dinsight.dataset.Case;
import io.med3dinsight.dataset.MsdDataset;
import io.med3dinsight.dataset.SampleData;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.inference.InferenceOptions;
import io.med3dinsight.inference.ModelKind;
import io.med3dinsight.inference.Segmenter;
import io.med3dinsight.inference.TinyModel;
import io.med3dinsight.network.UNet;
import io.med3dinsight.nn.checkpoint.Checkpoint;
import io.med3dinsight.nn.checkpoint.CheckpointException;
import io.med3dinsight.nn.checkpoint.Network;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Volume;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a program that embeds the library segments, classifies and embeds scans. */
class EmbeddingExampleTest {
  @TempDir private Path folder;

  private Path scan() {
    MsdDataset sample = SampleData.extract(folder.resolve("sample"));
    Case first = sample.training().get(0);
    return first.image();
  }

  @Test
  void aScanBecomesALabelMap() {
    Path run = TinyModel.save(folder.resolve("run"));
    Path scan = scan();
    Path out = folder.resolve("segmentation.nii.gz");

    try (var model = Med3DInsight.load(run)) {
      LabelVolume labels = model.segment(Volume.read(scan));
      labels.write(out);
    }

    LabelVolume written = LabelVolume.read(out);
    assertEquals(Volume.read(scan).grid(), written.grid());
    assertTrue(written.values().last() <= 2, written.values().toString());
  }

  @Test
  void aHostMayFollowAndCancel() {
    Path run = TinyModel.save(folder.resolve("run"));
    Volume scan = Volume.read(scan());
    AtomicBoolean cancelled = new AtomicBoolean(true);
    var options = new InferenceOptions(0.25, true, 4);
    try (var model = Med3DInsight.load(run, Device.cpu(2), options)) {
      assertEquals("MRI", model.modality());
      assertEquals("anterior", model.labels().get(1));
      assertThrows(
          CancellationException.class, () -> model.segment(scan, Progress.NONE, cancelled::get));
      cancelled.set(false);
      assertEquals(scan.grid(), model.segment(scan, Progress.NONE, cancelled::get).grid());
    }
    assertTrue(Files.isRegularFile(run.resolve("model.safetensors")));
  }

  @Test
  void aScanIsClassified() {
    Path run = TinyClassifier.save(folder.resolve("run"));
    Volume scan = Volume.read(scan());

    Map<String, Double> probabilities;
    try (var model = Med3DInsight.load(run)) {
      probabilities = model.classify(scan);
    }

    assertEquals(List.of("across", "along"), List.copyOf(probabilities.keySet()));
    assertEquals(1, probabilities.values().stream().mapToDouble(p -> p).sum(), 1e-6);
  }

  /** Such as CT and PET: one volume for each, in the order that the model names. */
  @Test
  void aScanOfSeveralChannelsIsClassified() {
    Path run = TinyClassifier.save(folder.resolve("run"), 2);
    Volume first = Volume.read(scan());
    Volume second = first.withVoxels(first.voxels().clone());

    Map<String, Double> probabilities;
    float[] vector;
    try (var model = Med3DInsight.load(run)) {
      assertEquals("noise+stripes", model.modality());
      probabilities = model.classify(List.of(first, second));
      vector = model.embed(List.of(first, second));
    }

    assertEquals(1, probabilities.values().stream().mapToDouble(p -> p).sum(), 1e-6);
    assertTrue(vector.length > 0);
  }

  /** Neighbours in the space of the embeddings are scans that look alike to the model. */
  @Test
  void scansAreComparedByTheirEmbeddings() {
    Path run = TinyModel.save(folder.resolve("run"));
    Volume scan = Volume.read(scan());

    float[] vector;
    float[] again;
    float[] other;
    try (var model = Med3DInsight.load(run)) {
      vector = model.embed(scan);
      again = model.embed(scan);
      other = model.embed(TinyModel.volume(20, 20, 20, 3));
    }

    assertEquals(vector.length, other.length);
    assertEquals(1, cosine(vector, again), 1e-6);
    assertTrue(cosine(vector, other) < 0.9999, "another scan has another embedding");
  }

  private static double cosine(float[] a, float[] b) {
    double product = 0;
    double squareA = 0;
    double squareB = 0;
    for (int i = 0; i < a.length; i++) {
      product += (double) a[i] * b[i];
      squareA += (double) a[i] * a[i];
      squareB += (double) b[i] * b[i];
    }
    return product / Math.sqrt(squareA * squareB);
  }

  @Test
  void eachKindSaysWhatItIs() {
    Path segmentation = TinyModel.save(folder.resolve("a"));
    Path classification = TinyClassifier.save(folder.resolve("b"));
    Volume scan = TinyModel.volume(9, 9, 9, 1);
    try (var segments = Med3DInsight.load(segmentation);
        var classifies = Med3DInsight.load(classification)) {
      assertEquals(ModelKind.SEGMENTATION, segments.kind());
      assertEquals(
          "segmentation model of tiny (MRI) with the classes [background, anterior, posterior]",
          segments.toString());
      assertEquals(ModelKind.CLASSIFICATION, classifies.kind());
      assertEquals(
          "classification model of stripes with the classes [across, along]",
          classifies.toString());
      assertEquals(Map.of(0, "across", 1, "along"), classifies.labels());
      UsageException e = assertThrows(UsageException.class, () -> segments.classify(scan));
      assertTrue(e.getMessage().contains("cannot classify: call segment"), e.getMessage());
      e = assertThrows(UsageException.class, () -> classifies.segment(scan));
      assertTrue(e.getMessage().contains("cannot segment: call classify"), e.getMessage());
    }
  }

  @Test
  void whatIsNoModelIsSaid() {
    Path run = folder.resolve("run");
    try (UNet network = TinyModel.network(Device.cpu())) {
      Checkpoint.writer(new Network("pretraining", JsonNodeFactory.instance.objectNode()))
          .module(network)
          .write(run.resolve("model.safetensors"));
    }
    CheckpointException e = assertThrows(CheckpointException.class, () -> Med3DInsight.load(run));
    assertTrue(e.getMessage().contains("of the kind 'pretraining'"), e.getMessage());
    // A loader of one kind names the command for the other.
    Path classification = TinyClassifier.save(folder.resolve("b"));
    e =
        assertThrows(
            CheckpointException.class,
            () -> Segmenter.load(classification, Device.cpu(), InferenceOptions.standard()));
    assertTrue(e.getMessage().contains("`classify predict` applies it"), e.getMessage());
  }

  @Test
  void classifyingAndEmbeddingTellHowFarTheyAreAndCanBeCancelled() {
    Volume scan = TinyModel.volume(9, 9, 9, 1);
    try (var model = Med3DInsight.load(TinyClassifier.save(folder.resolve("run")))) {
      Steps steps = new Steps();
      model.classify(scan, steps, () -> false);
      assertEquals(List.of("4 views", "step", "step", "step", "step", "end"), steps.told);
      AtomicInteger asked = new AtomicInteger();
      CancellationException e =
          assertThrows(
              CancellationException.class,
              () -> model.classify(scan, Progress.NONE, () -> asked.incrementAndGet() == 3));
      assertTrue(e.getMessage().startsWith("Stopped after 2 of 4 views of"), e.getMessage());
      assertThrows(CancellationException.class, () -> model.embed(scan, Progress.NONE, () -> true));
    }
    try (var model = Med3DInsight.load(TinyModel.save(folder.resolve("s")))) {
      Steps steps = new Steps();
      model.embed(scan, steps, () -> false);
      assertEquals("step", steps.told.get(1));
      assertThrows(CancellationException.class, () -> model.embed(scan, Progress.NONE, () -> true));
    }
  }

  /** Writes down what a progress is told. */
  private static final class Steps implements Progress {
    private final List<String> told = new ArrayList<>();

    @Override
    public Task start(String name, long total, String unit) {
      told.add(total + " " + unit);
      return new Task() {
        @Override
        public void step(long steps) {
          told.add("step");
        }

        @Override
        public void message(String text) {
          told.add(text);
        }

        @Override
        public void close() {
          told.add("end");
        }
      };
    }

    @Override
    public void say(String line) {
      told.add(line);
    }
  }

  @Test
  void threadsShareAClassifier() throws Exception {
    try (var model = Med3DInsight.load(TinyClassifier.save(folder.resolve("run")))) {
      List<Map<String, Double>> alone = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        alone.add(model.classify(TinyModel.volume(9, 9 + i, 9, i)));
      }
      ExecutorService threads = Executors.newFixedThreadPool(4);
      try {
        List<Future<Map<String, Double>>> results = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
          int n = i % 4;
          results.add(threads.submit(() -> model.classify(TinyModel.volume(9, 9 + n, 9, n))));
        }
        for (int i = 0; i < 32; i++) {
          assertEquals(alone.get(i % 4), results.get(i).get());
        }
      } finally {
        threads.shutdownNow();
      }
    }
  }
}
