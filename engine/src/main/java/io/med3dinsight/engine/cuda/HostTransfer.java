package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.tensor.DType;
import java.nio.ByteBuffer;

/** Copies between Java arrays and device memory, a staging buffer at a time. */
final class HostTransfer {
  /** Bytes of a staging buffer. */
  private static final int CHUNK = 4 << 20;

  private HostTransfer() {}

  static void expect(DType actual, DType wanted) {
    if (actual != wanted) {
      throw new IllegalStateException("storage holds " + actual + ", not " + wanted);
    }
  }

  static void read(CudaDriver driver, DType dtype, long address, float[] into) {
    int size = dtype.bytes();
    for (int done = 0; done < into.length; done += CHUNK / size) {
      int n = Math.min(CHUNK / size, into.length - done);
      ByteBuffer b = driver.staging(CHUNK).clear().limit(n * size);
      driver.read(address + (long) done * size, b);
      b.flip();
      if (dtype == DType.BF16) {
        for (int i = 0; i < n; i++) {
          into[done + i] = Float.intBitsToFloat(b.getShort(2 * i) << 16);
        }
      } else {
        expect(dtype, DType.F32);
        b.asFloatBuffer().get(into, done, n);
      }
    }
  }

  static void read(CudaDriver driver, DType dtype, long address, int[] into) {
    expect(dtype, DType.I32);
    for (int done = 0; done < into.length; done += CHUNK / 4) {
      int n = Math.min(CHUNK / 4, into.length - done);
      ByteBuffer b = driver.staging(CHUNK).clear().limit(n * 4);
      driver.read(address + done * 4L, b);
      b.flip();
      b.asIntBuffer().get(into, done, n);
    }
  }

  static void write(CudaDriver driver, DType dtype, long address, float[] values) {
    int size = dtype.bytes();
    for (int done = 0; done < values.length; done += CHUNK / size) {
      int n = Math.min(CHUNK / size, values.length - done);
      ByteBuffer b = driver.staging(CHUNK).clear().limit(n * size);
      if (dtype == DType.BF16) {
        for (int i = 0; i < n; i++) {
          b.putShort(2 * i, bfloat16(values[done + i]));
        }
      } else {
        expect(dtype, DType.F32);
        b.asFloatBuffer().put(values, done, n);
      }
      driver.write(address + (long) done * size, b);
    }
  }

  static void write(CudaDriver driver, DType dtype, long address, int[] values) {
    expect(dtype, DType.I32);
    for (int done = 0; done < values.length; done += CHUNK / 4) {
      int n = Math.min(CHUNK / 4, values.length - done);
      ByteBuffer b = driver.staging(CHUNK).clear().limit(n * 4);
      b.asIntBuffer().put(values, done, n);
      driver.write(address + done * 4L, b);
    }
  }

  /** Rounds to nearest, ties to even; NaN stays NaN. */
  static short bfloat16(float v) {
    if (Float.isNaN(v)) {
      return 0x7fc0;
    }
    int bits = Float.floatToRawIntBits(v);
    return (short) ((bits + 0x7fff + (bits >>> 16 & 1)) >>> 16);
  }
}
