package io.med3dinsight.kernels.ladder;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The table of tensors that the kernels of {@code step.cu} take by value. */
record TensorTable(byte[] bytes, int blocks) {
  private static final int CAPACITY = 64;
  private static final int BLOCK = 4096;

  /**
   * @param at addresses, the members of one tuple in each row
   * @param sizes elements of the members of each tuple
   */
  static TensorTable of(long[][] at, int[] sizes) {
    int width = at[0].length;
    int ints = 8 * width * CAPACITY;
    ByteBuffer table = ByteBuffer.allocate(ints + 8 * CAPACITY + 8).order(ByteOrder.LITTLE_ENDIAN);
    int blocks = 0;
    for (int k = 0; k < at.length; k++) {
      for (int i = 0; i < width; i++) {
        table.putLong(8 * (i * CAPACITY + k), at[k][i]);
      }
      table.putInt(ints + 4 * k, blocks).putInt(ints + 4 * (CAPACITY + k), sizes[k]);
      blocks += (sizes[k] + BLOCK - 1) / BLOCK;
    }
    table.putInt(ints + 8 * CAPACITY, at.length);
    return new TensorTable(table.array(), blocks);
  }
}
