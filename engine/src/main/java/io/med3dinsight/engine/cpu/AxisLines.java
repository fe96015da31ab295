package io.med3dinsight.engine.cpu;

import io.med3dinsight.engine.tensor.Shape;

/**
 * A dense tensor seen as lines along one axis: element k of line (o, i) is at {@code (o * extent +
 * k) * inner + i}.
 *
 * @param outer product of the extents before the axis
 * @param extent of the axis
 * @param inner product of the extents after the axis
 */
public record AxisLines(int outer, int extent, int inner) {
  private static final int GRAIN = 1 << 15;

  /** Neighbouring lines {@code from <= i < to} of one outer index. */
  @FunctionalInterface
  public interface Lines {
    void run(int o, int from, int to);
  }

  public static AxisLines of(Shape shape, int axis) {
    int a = shape.axis(axis);
    return new AxisLines(shape.product(0, a), shape.dim(a), shape.product(a + 1, shape.rank()));
  }

  /**
   * Runs {@code body} for all lines, in parallel. A line is never cut, so that what is summed along
   * it is summed in one order.
   *
   * @param length elements that a line costs
   */
  public void run(CpuBackend cpu, int length, Lines body) {
    int width = Math.max(1, Math.min(inner, GRAIN / Math.max(1, length)));
    int parts = (inner + width - 1) / width;
    int grain = Math.max(1, GRAIN / Math.max(1, length * width));
    cpu.parallel()
        .range(
            outer * parts,
            grain,
            (s, e) -> {
              for (int t = s; t < e; t++) {
                int from = t % parts * width;
                body.run(t / parts, from, Math.min(inner, from + width));
              }
            });
  }
}
