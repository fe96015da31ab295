package io.med3dinsight.bench.pytorch;

import java.util.Map;

/** The ratios ours / theirs that the engine is held to. */
final class Targets {
  /** Geometric mean of the 3x3x3 convolutions, forward and backward. */
  static final double CONVOLUTIONS = 0.9;

  private static final Map<String, Double> BY_KEY =
      Map.ofEntries(
          Map.entry("matmul-1024/" + Result.FORWARD, 1.2),
          Map.entry("matmul-4096x768x3072/" + Result.FORWARD, 1.1),
          Map.entry("conv-1-32/" + Result.BOTH, 1.3),
          Map.entry("conv-32-64/" + Result.BOTH, 1.3),
          Map.entry("conv-64-128/" + Result.BOTH, 1.3),
          Map.entry("conv-32-32/" + Result.BOTH, 1.3),
          Map.entry("instance-norm/" + Result.FORWARD, 0.35),
          Map.entry("instance-norm/" + Result.BOTH, 0.35),
          Map.entry("attention/" + Result.FORWARD, 1.1),
          Map.entry("attention/" + Result.BOTH, 1.1),
          Map.entry("transport/" + Result.BOTH, 0.05),
          Map.entry("unet-step/step", 0.9),
          Map.entry("unet-memory/peak memory", 1.0),
          Map.entry("nnformer-step/step", 1.0),
          Map.entry("nnformer-memory/peak memory", 1.0));

  private Targets() {}

  /** The target of {@code row} in {@code mode}, or null. */
  static Double of(String row, String mode) {
    return BY_KEY.get(row + "/" + mode);
  }
}
