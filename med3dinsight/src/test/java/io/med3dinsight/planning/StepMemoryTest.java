package io.med3dinsight.planning;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.engine.autograd.Gradients;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.network.EncoderDecoder;
import io.med3dinsight.network.UNetConfig;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.loss.DeepSupervision;
import io.med3dinsight.nn.loss.DiceCrossEntropyLoss;
import io.med3dinsight.nn.optim.Adam;
import io.med3dinsight.nn.optim.Ema;
import io.med3dinsight.nn.optim.Optimizer;
import io.med3dinsight.nn.optim.ParameterGroup;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The model against the counter of the engine's memory pool, over whole training steps. */
class StepMemoryTest {
  private static final int CLASSES = 3;

  @ParameterizedTest
  @CsvSource({
    "32,32,32,1,2,true,4",
    "16,48,40,2,2,true,3",
    "24,40,32,1,3,false,4",
    "32,16,16,3,1,true,2"
  })
  void withinASixthOfTheEnginesPeak(
      int d, int h, int w, int channels, int batch, boolean residual, int stages) {
    int[][] strides = new int[stages][];
    int[] widths = new int[stages];
    for (int s = 0; s < stages; s++) {
      strides[s] =
          s == 0
              ? new int[] {1, 1, 1}
              : s == 1 && d == 16 ? new int[] {1, 2, 2} : new int[] {2, 2, 2};
      widths[s] = 16 << s;
    }
    UNetConfig unet = new UNetConfig(channels, widths, strides, 2, residual);
    long real = peak(unet, d, h, w, batch);
    long expected = StepMemory.bytes(unet, new PatchSize(d, h, w), batch, CLASSES, 3);
    double ratio = (double) expected / real;
    String text =
        String.format(
            Locale.ROOT,
            "expected %.1f MiB, real %.1f: %.3f",
            expected / 1048576.0,
            real / 1048576.0,
            ratio);
    System.out.println(text);
    assertTrue(ratio > 0.95 && ratio < 1.2, text);
  }

  private static long peak(UNetConfig unet, int d, int h, int w, int batch) {
    Device device = Device.cpu(2);
    long before = device.backend().memory().active();
    try (Scope inputs = Scope.open();
        EncoderDecoder network = unet.build(Setup.of(device, 1), CLASSES, 3);
        Optimizer adam = Adam.adamW(ParameterGroup.decayMatricesOnly(network, 0.01));
        Ema ema = new Ema(network.namedParameters(), 0.98)) {
      Tensor x = Tensor.zeros(device, batch, d, h, w, unet.inputChannels());
      int[] marks = new int[batch * d * h * w];
      marks[0] = 1;
      Tensor labels = Tensor.of(device, marks, batch, d, h, w);
      DeepSupervision loss = new DeepSupervision(DiceCrossEntropyLoss.nnUNet());
      for (int i = 0; i < 2; i++) {
        try (Scope scope = Scope.open();
            Tape tape = Tape.open()) {
          Tensor l = loss.of(List.of(network.levels(x)), labels);
          Gradients gradients = tape.gradients(l);
          adam.step(gradients::of, 1e-3, 12);
          ema.update(i);
        }
      }
      return device.backend().memory().peak() - before;
    }
  }
}
