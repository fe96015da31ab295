package io.med3dinsight.bench.pytorch;

import io.med3dinsight.bench.NnFormerStep;
import io.med3dinsight.bench.UNetStep;
import io.med3dinsight.engine.tensor.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Peak memory of the UNet's training step, in a process of its own: {@code StepMemory ours|peer|
 * peer-channels-last} prints MiB. Of the engine it is the memory pool's counter: parameters,
 * optimiser state, activations, gradients and scratch buffers. PyTorch's CPU allocator keeps no
 * such counter, so it is the growth of the resident set from before the first step to its peak, and
 * the bytes of the tensors made before.
 */
public final class StepMemory {
  private static final int STEPS = 6;

  private StepMemory() {}

  public static void main(String[] args) throws IOException {
    String who = args.length == 1 ? args[0] : "";
    double mib =
        switch (who) {
          case "ours" -> ours();
          case "peer" -> peer(false);
          case "peer-channels-last" -> peer(true);
          case "nnformer-ours" -> nnFormer();
          case "nnformer-peer" -> nnFormerPeer(false);
          case "nnformer-peer-channels-last" -> nnFormerPeer(true);
          default ->
              throw new IllegalArgumentException(
                  "StepMemory takes [nnformer-]ours, [nnformer-]peer or"
                      + " [nnformer-]peer-channels-last, but was given "
                      + String.join(" ", args));
        };
    System.out.println(String.format(Locale.ROOT, "%.1f", mib));
  }

  private static double ours() {
    Device device = Device.cpu(Comparison.THREADS);
    try (UNetStep step = new UNetStep(device)) {
      for (int i = 0; i < STEPS; i++) {
        step.step();
      }
      return device.backend().memory().peak() / 1048576.0;
    }
  }

  private static double peer(boolean channelsLast) throws IOException {
    Loader.load(torch.class);
    torch.set_num_threads(Comparison.THREADS);
    try (Tensor a = torch.rand(64, 64)) {
      torch.matmul(a, a).close();
    }
    try (UNetStep ours = new UNetStep(Device.cpu(1));
        PeerUNet peer = new PeerUNet(ours.network(), channelsLast)) {
      // Java's own heap must not grow while PyTorch is measured.
      System.gc();
      long before = status("VmRSS");
      for (int i = 0; i < STEPS; i++) {
        peer.step();
      }
      return (status("VmHWM") - before) / 1024.0 + peer.bytes() / 1048576.0;
    }
  }

  private static double nnFormer() {
    Device device = Device.cpu(Comparison.THREADS);
    try (NnFormerStep step = new NnFormerStep(device)) {
      for (int i = 0; i < 2; i++) {
        step.step();
      }
      return device.backend().memory().peak() / 1048576.0;
    }
  }

  private static double nnFormerPeer(boolean channelsLast) throws IOException {
    Loader.load(torch.class);
    torch.set_num_threads(Comparison.THREADS);
    try (Tensor a = torch.rand(64, 64)) {
      torch.matmul(a, a).close();
    }
    try (NnFormerStep ours = new NnFormerStep(Device.cpu(1));
        PeerNnFormer peer = new PeerNnFormer(ours.network(), channelsLast, true)) {
      System.gc();
      long before = status("VmRSS");
      for (int i = 0; i < 2; i++) {
        peer.step();
      }
      return (status("VmHWM") - before) / 1024.0 + peer.bytes() / 1048576.0;
    }
  }

  /** A line of /proc/self/status, in KiB. */
  private static long status(String key) throws IOException {
    List<String> lines = Files.readAllLines(Path.of("/proc/self/status"));
    for (String line : lines) {
      if (line.startsWith(key + ":")) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new IOException("/proc/self/status holds no line " + key);
  }
}
