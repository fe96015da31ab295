package io.med3dinsight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.dataset.Case;
import io.med3dinsight.dataset.MsdDataset;
import io.med3dinsight.dataset.SampleData;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.inference.InferenceOptions;
import io.med3dinsight.inference.TinyModel;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Volume;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a program that embeds the library segments a scan. */
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
}
