package io.med3dinsight.engine.cpu;

import io.med3dinsight.engine.tensor.Tensor;
import java.util.Arrays;

/**
 * Runs over logits [rows, C] in blocks that stay in the cache: each block is turned class by class,
 * so that softmax works on neighbouring rows side by side for any number of classes, and handed on
 * together with its log-sum-exp. Blocks are gathered into tasks by size alone.
 */
public final class SoftmaxBlocks {
  private static final int ROWS_PER_TASK = 4096;
  private static final int BLOCK = 256;
  private static final int BLOCK_FLOATS = 1 << 15;

  /** Probabilities of a block of rows. */
  @FunctionalInterface
  public interface Body {
    /**
     * @param task number of the task, in [0, {@link #tasks()}); blocks of one task come one after
     *     the other
     * @param row first row of the block
     * @param n rows in the block
     * @param p probabilities, class by class: class c of row {@code row + i} is {@code p[c*n + i]};
     *     may be changed
     * @param logSum log-sum-exp of each row
     */
    void run(int task, int row, int n, float[] p, float[] logSum);
  }

  private final CpuBackend cpu;
  private final int rows;
  private final int classes;
  private final int segment;
  private final int tasksPerSegment;

  /**
   * @param segments equal stretches of rows that no task crosses, such as the instances of a batch
   */
  public SoftmaxBlocks(CpuBackend cpu, int rows, int classes, int segments) {
    this.cpu = cpu;
    this.rows = rows;
    this.classes = classes;
    this.segment = segments == 0 ? 0 : rows / segments;
    this.tasksPerSegment = (segment + ROWS_PER_TASK - 1) / ROWS_PER_TASK;
  }

  public int tasks() {
    return segment == 0 ? 0 : rows / segment * tasksPerSegment;
  }

  public int tasksPerSegment() {
    return tasksPerSegment;
  }

  /** Runs all tasks. */
  public void run(Tensor logits, Body body) {
    float[] x = logits.hostFloats();
    int xo = logits.hostOffset();
    int block = Math.max(16, Math.min(BLOCK, BLOCK_FLOATS / classes));
    VectorMath math = cpu.kernels().math();
    cpu.parallel()
        .run(
            tasks(),
            t -> {
              float[] z = new float[Math.min(block, segment) * classes];
              float[] logSum = new float[block];
              int start = t / tasksPerSegment * segment;
              int from = t % tasksPerSegment * ROWS_PER_TASK;
              int to = Math.min(segment, from + ROWS_PER_TASK);
              for (int r = from; r < to; r += block) {
                int n = Math.min(block, to - r);
                turn(x, xo + (start + r) * classes, classes, n, z);
                softmax(math, z, classes, n, logSum);
                body.run(t, start + r, n, z, logSum);
              }
            });
  }

  /**
   * Turns logits into probabilities; all loops run over neighbouring rows, so that they vectorise.
   */
  private static void softmax(VectorMath math, float[] z, int classes, int n, float[] logSum) {
    float[] max = Arrays.copyOf(z, n);
    for (int c = 1; c < classes; c++) {
      for (int i = 0; i < n; i++) {
        max[i] = Math.max(max[i], z[c * n + i]);
      }
    }
    for (int c = 0; c < classes; c++) {
      for (int i = 0; i < n; i++) {
        z[c * n + i] -= max[i];
      }
    }
    math.exp(z, 0, z, 0, classes * n);
    float[] sum = new float[n];
    for (int c = 0; c < classes; c++) {
      for (int i = 0; i < n; i++) {
        sum[i] += z[c * n + i];
      }
    }
    math.log(sum, 0, logSum, 0, n);
    for (int i = 0; i < n; i++) {
      logSum[i] += max[i];
      sum[i] = 1 / sum[i];
    }
    for (int c = 0; c < classes; c++) {
      for (int i = 0; i < n; i++) {
        z[c * n + i] *= sum[i];
      }
    }
  }

  private static void turn(float[] x, int xo, int classes, int n, float[] z) {
    for (int c = 0; c < classes; c++) {
      for (int i = 0; i < n; i++) {
        z[c * n + i] = x[xo + i * classes + c];
      }
    }
  }

  /** Writes a block held class by class back to rows. */
  public static void turnBack(float[] z, int classes, int n, float[] x, int xo) {
    for (int c = 0; c < classes; c++) {
      for (int i = 0; i < n; i++) {
        x[xo + i * classes + c] = z[c * n + i];
      }
    }
  }

  /**
   * The label, checked.
   *
   * @throws IllegalArgumentException when it is neither a class nor {@code ignored}
   */
  public static int label(int[] labels, int at, int row, int classes, int ignored) {
    int y = labels[at + row];
    if ((y < 0 || y >= classes) && y != ignored) {
      throw new IllegalArgumentException(
          "label "
              + y
              + " at element "
              + row
              + " is not a class: expected 0 to "
              + (classes - 1)
              + ", or "
              + ignored
              + " to leave it out");
    }
    return y;
  }
}
