package io.med3dinsight.planning;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.dataset.Fingerprint;
import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.engine.autograd.Gradients;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.network.EncoderDecoder;
import io.med3dinsight.network.FlatKernels;
import io.med3dinsight.network.NetworkConfig;
import io.med3dinsight.network.NetworkPlan;
import io.med3dinsight.network.NetworkSettings;
import io.med3dinsight.network.NetworkType;
import io.med3dinsight.network.TransformerSettings;
import io.med3dinsight.network.UNetConfig;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.loss.DeepSupervision;
import io.med3dinsight.nn.loss.DiceCrossEntropyLoss;
import io.med3dinsight.nn.optim.Adam;
import io.med3dinsight.nn.optim.Ema;
import io.med3dinsight.nn.optim.Optimizer;
import io.med3dinsight.nn.optim.ParameterGroup;
import io.med3dinsight.volume.Normalization;
import io.med3dinsight.volume.Spacing;
import java.util.Arrays;
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
    "32,16,16,3,1,true,2",
    "16,48,40,2,2,false,3"
  })
  void aboveTheEnginesPeakByLessThanAFifth(
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
    UNetConfig cubic = new UNetConfig(channels, widths, strides, 2, residual);
    // Thick slices have flat kernels, as in a plan.
    double[] spacing = {d == 16 ? 3 : 1, 1, 1};
    UNetConfig unet = cubic.withKernels(FlatKernels.of(strides, spacing));
    requireClose(unet, d, h, w, batch);
  }

  /** The other architectures with fewer channels; one whose grids do not fill its windows. */
  @ParameterizedTest
  @CsvSource({
    "NNFORMER,24,32,64,64,1,2",
    "NNFORMER,48,64,64,64,2,1",
    "SWIN_UNETR,12,32,64,64,1,2",
    "SWIN_UNETR,24,64,64,64,1,1",
    "SWIN_UNETR,12,48,48,48,2,2",
    "UNETR,16,32,64,64,1,2",
    "UNETR,8,64,64,48,2,1"
  })
  void theSameForTransformers(
      NetworkType type, int width, int d, int h, int w, int channels, int batch) {
    TransformerSettings published = TransformerSettings.standard();
    TransformerSettings small =
        new TransformerSettings(
            published.variant(),
            width,
            null,
            null,
            null,
            null,
            published.merging(),
            published.stageConvolutions(),
            type == NetworkType.UNETR ? 192 : null,
            null,
            null,
            published.hidePadding());
    NetworkSettings settings =
        NetworkSettings.standard().withTransformer(type, small).withPatch(new int[] {d, h, w});
    Normalization[] normalizations = new Normalization[channels];
    Arrays.fill(normalizations, Normalization.none());
    Fingerprint data =
        new Fingerprint(
            new Spacing(1, 1, 1), new PatchSize(d, h, w), Arrays.asList(normalizations));
    requireClose(NetworkPlan.of(settings, data).network(), d, h, w, batch);
  }

  private static void requireClose(NetworkConfig network, int d, int h, int w, int batch) {
    long real = peak(network, d, h, w, batch);
    long expected = StepMemory.bytes(network, new PatchSize(d, h, w), batch, CLASSES, 3);
    double ratio = (double) expected / real;
    String text =
        String.format(
            Locale.ROOT,
            "expected %.1f MiB, real %.1f: %.3f",
            expected / 1048576.0,
            real / 1048576.0,
            ratio);
    System.out.println(text);
    assertTrue(ratio >= 1 && ratio < 1.2, text);
  }

  private static long peak(NetworkConfig config, int d, int h, int w, int batch) {
    Device device = Device.cpu(2);
    long before = device.backend().memory().active();
    try (Scope inputs = Scope.open();
        EncoderDecoder network = config.build(Setup.of(device, 1), CLASSES, 3);
        Optimizer adam = Adam.adamW(ParameterGroup.decayMatricesOnly(network, 0.01));
        Ema ema = new Ema(network.namedParameters(), 0.98)) {
      Tensor x = Tensor.zeros(device, batch, d, h, w, config.inputChannels());
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
