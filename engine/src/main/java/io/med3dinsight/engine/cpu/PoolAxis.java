package io.med3dinsight.engine.cpu;

/**
 * Pooling windows along one axis: output o covers inputs {@code [from(o), to(o))}, and input i lies
 * in the windows of outputs {@code [first(i), last(i)]}.
 *
 * @param in extent of the input
 * @param out extent of the output
 */
public record PoolAxis(int in, int out, int kernel, int stride, int padding) {
  public int from(int o) {
    return Math.max(0, o * stride - padding);
  }

  public int to(int o) {
    return Math.min(in, o * stride - padding + kernel);
  }

  public int first(int i) {
    return Math.max(0, Math.floorDiv(i + padding - kernel, stride) + 1);
  }

  public int last(int i) {
    return Math.min(out - 1, (i + padding) / stride);
  }
}
