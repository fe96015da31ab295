package io.med3dinsight.inference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.med3dinsight.Med3DInsight;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.network.UNet;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.volume.Volume;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WindowEmbeddingTest {
  @TempDir Path run;

  /** Two windows along W, 10 wide with a step of 5: what the encoder says of each, averaged. */
  @Test
  void theMeanOfTheWindows() {
    Volume volume = TinyModel.volume(8, 12, 15, 3);
    float[] image = TinyModel.plan().preprocessing().image(volume).voxels();
    float[] expected = new float[8];
    try (UNet network = TinyModel.network(Device.cpu())) {
      network.train(false);
      for (int from : new int[] {0, 5}) {
        float[] window = new float[8 * 12 * 10];
        for (int i = 0; i < window.length; i++) {
          window[i] = image[i / 10 * 15 + from + i % 10];
        }
        try (Scope scope = Scope.open()) {
          Tensor x = Tensor.of(Device.cpu(), window, 1, 8, 12, 10, 1);
          float[] vector = network.encoder().embedding(x).toFloats();
          for (int c = 0; c < expected.length; c++) {
            expected[c] += vector[c] / 2;
          }
        }
      }
    }
    try (Med3DInsight model = Med3DInsight.load(TinyModel.save(run))) {
      assertArrayEquals(expected, model.embed(volume), 1e-5f);
    }
  }

  @Test
  void itStopsBetweenTwoWindows() {
    AtomicInteger asked = new AtomicInteger();
    try (Med3DInsight model = Med3DInsight.load(TinyModel.save(run))) {
      Volume volume = TinyModel.volume(8, 12, 40, 3);
      CancellationException e =
          assertThrows(
              CancellationException.class,
              () -> model.embed(volume, Progress.NONE, () -> asked.incrementAndGet() > 2));
      assertEquals(3, asked.get());
      assertEquals("Stopped after 2 of 7 windows of (computed)", e.getMessage());
    }
  }
}
