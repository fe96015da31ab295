package io.med3dinsight.kernels.ptx;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A simulated GPU: device memory, modules and launches. Launches run to their end before {@link
 * #launch} returns. Not for use by several threads at once.
 */
public final class SimulatedGpu {
  /** Threads a block may have. */
  public static final int MAX_THREADS = 1024;

  private static final int MAX_PARAMETER_BYTES = 4096;

  private final SimulatorOptions options;
  private final GlobalMemory memory;
  private long nextSerial = 1;

  /** A device with these settings. */
  public SimulatedGpu(SimulatorOptions options) {
    this.options = options;
    this.memory =
        new GlobalMemory(options.memoryLimit(), options.checkRaces(), options.hostThreads() > 1);
  }

  /** The settings. */
  public SimulatorOptions options() {
    return options;
  }

  /**
   * Allocates device memory; nothing is written in it.
   *
   * @param bytes size, at least 1
   * @return the address, a multiple of 512
   * @throws SimulationFault OUT_OF_MEMORY
   */
  public long allocate(long bytes) {
    return memory.allocate("global memory", bytes, false).base;
  }

  /** Frees an allocation by its address; its addresses are never used again. */
  public void free(long address) {
    memory.free(address);
  }

  /**
   * From the next launch on {@link LaunchStatistics#watchedLoadBytes} counts loads from this
   * memory, and from no other.
   */
  public void watch(long address, long bytes) {
    memory.host(address, bytes);
    memory.watch(address, bytes);
  }

  /** Bytes allocated. */
  public long usedBytes() {
    return memory.used();
  }

  /** Writes the remaining bytes of a buffer to device memory. */
  public void write(long address, ByteBuffer from) {
    int bytes = from.remaining();
    if (bytes == 0) {
      return;
    }
    Region r = memory.host(address, bytes);
    int at = (int) (address - r.base);
    from.get(r.data, at, bytes);
    Arrays.fill(r.state, at, at + bytes, Region.WRITTEN);
  }

  /**
   * Fills a buffer's remaining space from device memory.
   *
   * @throws SimulationFault UNWRITTEN_READ when some of it was never written (and this is checked)
   */
  public void read(long address, ByteBuffer to) {
    int bytes = to.remaining();
    if (bytes == 0) {
      return;
    }
    Region r = memory.host(address, bytes);
    int at = (int) (address - r.base);
    if (options.checkUnwritten()) {
      for (int i = at; i < at + bytes; i++) {
        if (r.state[i] != Region.WRITTEN) {
          throw GlobalMemory.outside(
              FaultKind.UNWRITTEN_READ,
              "host read of "
                  + bytes
                  + " bytes at 0x"
                  + Long.toHexString(address)
                  + ": byte "
                  + (i - at)
                  + " was never written");
        }
      }
    }
    to.put(r.data, at, bytes);
  }

  /** Stores a 32-bit pattern count times. */
  public void fill32(long address, int pattern, long count) {
    if (count == 0) {
      return;
    }
    Region r = memory.host(address, 4 * count);
    int at = (int) (address - r.base);
    for (int i = 0; i < count; i++) {
      r.putInt(at + 4 * i, pattern);
    }
    Arrays.fill(r.state, at, (int) (at + 4 * count), Region.WRITTEN);
  }

  /** Copies within device memory, written or not. */
  public void copy(long to, long from, long bytes) {
    if (bytes == 0) {
      return;
    }
    Region a = memory.host(from, bytes);
    Region b = memory.host(to, bytes);
    System.arraycopy(a.data, (int) (from - a.base), b.data, (int) (to - b.base), (int) bytes);
    System.arraycopy(a.state, (int) (from - a.base), b.state, (int) (to - b.base), (int) bytes);
  }

  /** Marks memory as never written, as a pool does when it hands out the same memory again. */
  public void forget(long address, long bytes) {
    if (bytes == 0) {
      return;
    }
    Region r = memory.host(address, bytes);
    int at = (int) (address - r.base);
    Arrays.fill(r.state, at, (int) (at + bytes), Region.UNWRITTEN);
  }

  /**
   * Loads a PTX module: decodes every kernel.
   *
   * @throws PtxException when the text cannot be read or uses something that is not supported
   */
  public PtxModule load(String name, String ptx) {
    return new PtxModule(name, ptx, memory);
  }

  /**
   * Launches a kernel and runs it to its end.
   *
   * @param kernel from a module of this device
   * @param gridX blocks
   * @param gridY blocks
   * @param gridZ blocks
   * @param blockX threads of a block
   * @param blockY threads of a block
   * @param blockZ threads of a block
   * @param dynamicSharedBytes shared memory beside the kernel's static one
   * @param packedParameters arguments at the offsets of {@link PtxKernel#parameters()},
   *     little-endian
   * @return what the launch did
   * @throws SimulationFault when a check fails
   */
  public LaunchStatistics launch(
      PtxKernel kernel,
      int gridX,
      int gridY,
      int gridZ,
      int blockX,
      int blockY,
      int blockZ,
      int dynamicSharedBytes,
      byte[] packedParameters) {
    Program p = kernel.program();
    int[] grid = {gridX, gridY, gridZ};
    int[] block = {blockX, blockY, blockZ};
    checkLimits(kernel, grid, block, dynamicSharedBytes);
    if (packedParameters.length != p.parameterBytes) {
      throw refusal(
          FaultKind.PARAMETER_MISMATCH,
          p,
          packedParameters.length
              + " bytes of arguments; the kernel's parameters take "
              + p.parameterBytes);
    }
    LaunchContext context =
        new LaunchContext(
            memory,
            options,
            packedParameters.clone(),
            grid,
            block,
            p.staticSharedBytes + dynamicSharedBytes,
            dynamicSharedBytes,
            nextSerial);
    nextSerial += (long) gridX * gridY * gridZ;
    return new LaunchRun(context, p).run();
  }

  private void checkLimits(PtxKernel kernel, int[] grid, int[] block, int dynamicBytes) {
    Program p = kernel.program();
    long threads = 1;
    for (int i = 0; i < 3; i++) {
      if (grid[i] < 1 || block[i] < 1) {
        throw refusal(
            FaultKind.LAUNCH_LIMIT,
            p,
            "grid "
                + Arrays.toString(grid)
                + " block "
                + Arrays.toString(block)
                + ": every extent must be at least 1");
      }
      threads *= block[i];
    }
    if (threads > kernel.maxThreads() || block[2] > 64) {
      throw refusal(
          FaultKind.LAUNCH_LIMIT,
          p,
          "block "
              + Arrays.toString(block)
              + " has "
              + threads
              + " threads; at most "
              + kernel.maxThreads()
              + ", and 64 in z");
    }
    if (grid[1] > 65535 || grid[2] > 65535) {
      throw refusal(
          FaultKind.LAUNCH_LIMIT, p, "grid " + Arrays.toString(grid) + "; y and z go up to 65535");
    }
    if (dynamicBytes < 0
        || p.declaredSharedBytes + (long) dynamicBytes > options.sharedBytesPerBlock()) {
      throw refusal(
          FaultKind.LAUNCH_LIMIT,
          p,
          p.declaredSharedBytes
              + " static and "
              + dynamicBytes
              + " dynamic bytes of shared memory; at most "
              + options.sharedBytesPerBlock());
    }
    if (p.parameterBytes > MAX_PARAMETER_BYTES) {
      throw refusal(
          FaultKind.LAUNCH_LIMIT,
          p,
          p.parameterBytes + " bytes of parameters; at most " + MAX_PARAMETER_BYTES);
    }
  }

  private static SimulationFault refusal(FaultKind kind, Program p, String message) {
    return new SimulationFault(kind, p.name, 0, "", null, 0, message);
  }
}
