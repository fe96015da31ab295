package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Storage;

/** Device memory from a {@link DevicePool}. */
final class DeviceStorage extends Storage {
  private final DevicePool pool;
  private final DevicePool.Block block;

  DeviceStorage(DevicePool pool, DevicePool.Block block, DType dtype, int size) {
    super(dtype, size);
    this.pool = pool;
    this.block = block;
  }

  /** Address of the first element. */
  long address() {
    return block.address();
  }

  private long address(int element) {
    return block.address() + (long) element * dtype().bytes();
  }

  @Override
  protected void read(int from, float[] into) {
    HostTransfer.read(pool.driver(), dtype(), address(from), into);
  }

  @Override
  protected void read(int from, int[] into) {
    HostTransfer.read(pool.driver(), dtype(), address(from), into);
  }

  @Override
  protected void write(int at, float[] values) {
    HostTransfer.write(pool.driver(), dtype(), address(at), values);
  }

  @Override
  protected void write(int at, int[] values) {
    HostTransfer.write(pool.driver(), dtype(), address(at), values);
  }

  @Override
  protected void fill(int at, int count, float value) {
    HostTransfer.expect(dtype(), DType.F32);
    if (count > 0) {
      pool.driver().fill(address(at), Float.floatToRawIntBits(value), count);
    }
  }

  @Override
  protected void free() {
    pool.give(block);
  }
}
