package io.med3dinsight.nn.loss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.med3dinsight.engine.function.Losses;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeepSupervisionTest {
  private final Device device = Device.cpu(1);

  @Test
  void weightsHalveAndSumToOne() {
    assertArrayEquals(new double[] {4 / 7.0, 2 / 7.0, 1 / 7.0}, DeepSupervision.weights(3), 1e-15);
    assertArrayEquals(new double[] {1}, DeepSupervision.weights(1));
  }

  @Test
  void theSumIsOverLabelsAtEachResolution() {
    try (Scope scope = Scope.open()) {
      int[] labels = new int[4 * 4 * 4];
      for (int i = 0; i < labels.length; i++) {
        labels[i] = i * 7 % 3;
      }
      Tensor y = Tensor.of(device, labels, 1, 4, 4, 4);
      Tensor fine = scores(4);
      Tensor coarse = scores(2);
      int[] half = new int[8];
      for (int i = 0; i < 8; i++) {
        // The voxel behind the centre of each 2x2x2 block.
        half[i] = labels[((i / 4 * 2 + 1) * 4 + i / 2 % 2 * 2 + 1) * 4 + i % 2 * 2 + 1];
      }
      float expected =
          2 / 3f * Losses.crossEntropy(fine, y).item()
              + 1 / 3f * Losses.crossEntropy(coarse, Tensor.of(device, half, 1, 2, 2, 2)).item();
      DeepSupervision d = new DeepSupervision(Losses::crossEntropy);
      assertEquals(expected, d.of(List.of(fine, coarse), y).item(), 1e-5);
      assertEquals(Losses.crossEntropy(fine, y).item(), d.of(List.of(fine), y).item(), 1e-6);
      assertThrows(IllegalArgumentException.class, () -> d.of(List.of(), y));
    }
  }

  private Tensor scores(int extent) {
    float[] v = new float[extent * extent * extent * 3];
    for (int i = 0; i < v.length; i++) {
      v[i] = (float) Math.sin(i);
    }
    return Tensor.of(device, v, 1, extent, extent, extent, 3);
  }

  @Test
  void aPerfectSegmentationHasLossMinusOne() {
    try (Scope scope = Scope.open()) {
      Tensor logits = Tensor.of(device, new float[] {50, 0, 0, 50}, 1, 1, 1, 2, 2);
      Tensor labels = Tensor.of(device, new int[] {0, 1}, 1, 1, 1, 2);
      assertEquals(-1, DiceCrossEntropyLoss.nnUNet().of(logits, labels).item(), 1e-5);
    }
  }
}
