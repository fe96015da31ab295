package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Optimiser steps of many tensors at once. Addresses and sizes of up to {@value #CAPACITY} tensors
 * go into a launch by value, so that a captured graph holds all it needs.
 */
public final class CudaSteps {
  private static final int CAPACITY = 64;

  /** Elements that a block works on. */
  private static final int BLOCK = 4096;

  /** Starts a launch; the table is its next argument. */
  @FunctionalInterface
  public interface Start {
    /**
     * @param block number of the launch's first block among those of all launches
     */
    Launch launch(long block);
  }

  /** Adds the arguments after the table. */
  @FunctionalInterface
  public interface Finish {
    void arguments(Launch launch);
  }

  private CudaSteps() {}

  /**
   * Runs a step on tensors that come in tuples, such as parameter, gradient and moments.
   *
   * @param tensors tuples one after the other, the members of each of one size; those before {@code
   *     from} are left out
   * @param width members of a tuple
   * @return blocks in all launches
   */
  public static long run(
      CudaBackend cuda, Tensor[] tensors, int from, int width, Start start, Finish finish) {
    long blocks = 0;
    int at = from;
    while (at < tensors.length) {
      Table table = new Table(cuda, width);
      while (at < tensors.length && table.count < CAPACITY) {
        table.add(tensors, at);
        at += width;
      }
      if (table.count > 0) {
        Launch launch = start.launch(blocks).grid(table.blocks).block(256).struct(table.bytes());
        finish.arguments(launch);
        launch.run();
        blocks += table.blocks;
      }
    }
    return blocks;
  }

  /** Blocks that {@link #run} will need. */
  private static long blocks(Tensor[] tensors) {
    long n = 0;
    for (Tensor t : tensors) {
      n += blocks(t.size());
    }
    return n;
  }

  private static int blocks(int size) {
    return (int) (((long) size + BLOCK - 1) / BLOCK);
  }

  /** The sum of the squares of all elements of all tensors. */
  public static void sumOfSquares(CudaBackend cuda, Tensor[] in, Tensor out) {
    long parts = blocks(in);
    try (DeviceScratch partial = cuda.scratch(Math.max(1, parts) * 4)) {
      run(
          cuda,
          in,
          0,
          1,
          block -> cuda.kernel("step_squares_f32").pointer(partial.address() + block * 4),
          launch -> {});
      cuda.kernel("step_squaresfold_f32")
          .block(1024)
          .buffer(partial)
          .buffer(out)
          .i32((int) parts)
          .run();
    }
  }

  /** The table of one launch; tensors without elements are left out. */
  private static final class Table {
    private final CudaBackend cuda;
    private final int width;
    private final ByteBuffer packed;
    private int count;
    private int blocks;

    Table(CudaBackend cuda, int width) {
      this.cuda = cuda;
      this.width = width;
      int bytes = (8 * width + 8) * CAPACITY + 8;
      this.packed = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    void add(Tensor[] tensors, int at) {
      int size = tensors[at].size();
      if (size == 0) {
        return;
      }
      for (int i = 0; i < width; i++) {
        packed.putLong(8 * (i * CAPACITY + count), cuda.address(tensors[at + i]));
      }
      int ints = 8 * width * CAPACITY;
      packed.putInt(ints + 4 * count, blocks);
      packed.putInt(ints + 4 * (CAPACITY + count), size);
      blocks += blocks(size);
      count++;
    }

    byte[] bytes() {
      packed.putInt((8 * width + 8) * CAPACITY, count);
      return packed.array();
    }
  }
}
