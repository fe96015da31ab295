package io.med3dinsight.engine.cpu;

import io.med3dinsight.engine.memory.FreeBlocks;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.DeviceException;
import io.med3dinsight.engine.tensor.MemoryUse;
import java.util.Arrays;

/**
 * Reuses arrays, because clearing and collecting hundreds of megabytes a step costs more than most
 * ops. A request takes the smallest free array that fits and is at most twice as large; the least
 * recently used go first when the cache is full; on running out of memory the cache is emptied and
 * the request tried once more.
 *
 * <p>With guards on (tests), each block has canaries on both sides and starts as NaN: writing
 * outside or reading what was never written is found.
 */
public final class HostPool {
  private static final int GUARD = 32;
  private static final float CANARY = -1.2345678e30f;

  /** One Java array, float[] or int[]. */
  static final class Block {
    final Object array;
    final int length;

    Block(Object array, int length) {
      this.array = array;
      this.length = length;
    }

    long bytes() {
      return 4L * length;
    }
  }

  private final boolean guards;
  private final FreeBlocks<Block> freeFloats = new FreeBlocks<>(Block::bytes);
  private final FreeBlocks<Block> freeInts = new FreeBlocks<>(Block::bytes);
  private long active;
  private long peak;

  public HostPool(boolean guards) {
    this.guards = guards;
  }

  /** An array of {@code size} elements of undefined contents. */
  public HostStorage take(DType dtype, int size) {
    int length = Math.max(16, Math.addExact(size, guards ? 2 * GUARD : 0));
    Block b = reuse(dtype, length);
    if (b == null) {
      b = allocate(dtype, length);
    }
    synchronized (this) {
      active += b.bytes();
      peak = Math.max(peak, active);
    }
    int base = guards ? GUARD : 0;
    if (guards) {
      arm(b, size);
    }
    return new HostStorage(this, b, dtype, base, size);
  }

  private FreeBlocks<Block> free(DType dtype) {
    return switch (dtype) {
      case F32 -> freeFloats;
      case I32 -> freeInts;
      case BF16 -> throw new DeviceException("Tensors of type BF16 exist on CUDA devices only.");
    };
  }

  private synchronized Block reuse(DType dtype, int length) {
    return free(dtype).take(4L * length);
  }

  private Block allocate(DType dtype, int length) {
    try {
      return fresh(dtype, length);
    } catch (OutOfMemoryError first) {
      clear();
      try {
        return fresh(dtype, length);
      } catch (OutOfMemoryError second) {
        throw new DeviceException(
            String.format(
                "Out of memory: %.0f MiB asked for a tensor of %d elements with %.0f MiB in use and a heap of at most %.0f MiB; use a"
                    + " smaller batch or patch, or raise -Xmx.",
                length / 262144.0,
                length,
                memory().active() / 1048576.0,
                Runtime.getRuntime().maxMemory() / 1048576.0),
            second);
      }
    }
  }

  private static Block fresh(DType dtype, int length) {
    return new Block(dtype == DType.F32 ? new float[length] : new int[length], length);
  }

  void give(Block b, int base, int size) {
    if (guards) {
      check(b, base, size);
    }
    synchronized (this) {
      active -= b.bytes();
      free(b.array instanceof float[] ? DType.F32 : DType.I32).give(b);
      // What was in use at the peak is what the next step will want again; more than that is waste.
      while (cached() > 0 && active + cached() > peak + peak / 4) {
        (freeFloats.bytes() > freeInts.bytes() ? freeFloats : freeInts).evictOldest();
      }
    }
  }

  private long cached() {
    return freeFloats.bytes() + freeInts.bytes();
  }

  /** Gives all free arrays back to the JVM. */
  public synchronized void clear() {
    freeFloats.clear(b -> {});
    freeInts.clear(b -> {});
  }

  public synchronized MemoryUse memory() {
    return new MemoryUse(active, peak, cached());
  }

  /** Starts the measurement of the peak anew. */
  public synchronized void resetPeak() {
    peak = active;
  }

  private static void arm(Block b, int size) {
    if (b.array instanceof float[] f) {
      Arrays.fill(f, CANARY);
      Arrays.fill(f, GUARD, GUARD + size, Float.NaN);
    } else {
      Arrays.fill((int[]) b.array, Float.floatToRawIntBits(CANARY));
    }
  }

  private static void check(Block b, int base, int size) {
    for (int i = 0; i < b.length; i++) {
      if (i == base) {
        i += size;
        if (i >= b.length) {
          break;
        }
      }
      int bits =
          b.array instanceof float[] f ? Float.floatToRawIntBits(f[i]) : ((int[]) b.array)[i];
      if (bits != Float.floatToRawIntBits(CANARY)) {
        throw new IllegalStateException(
            "an op wrote outside its buffer of " + size + " elements, at element " + (i - base));
      }
    }
  }
}
