package io.med3dinsight.kernels.ptx;

/** What all blocks of a launch share. */
final class LaunchContext {
  final GlobalMemory memory;
  final SimulatorOptions options;
  final byte[] parameters;
  final int[] grid;
  final int[] threads;
  final int sharedBytes;
  final int dynamicBytes;
  final long firstSerial;

  LaunchContext(
      GlobalMemory memory,
      SimulatorOptions options,
      byte[] parameters,
      int[] grid,
      int[] threads,
      int sharedBytes,
      int dynamicBytes,
      long firstSerial) {
    this.memory = memory;
    this.options = options;
    this.parameters = parameters;
    this.grid = grid;
    this.threads = threads;
    this.sharedBytes = sharedBytes;
    this.dynamicBytes = dynamicBytes;
    this.firstSerial = firstSerial;
  }

  int threadCount() {
    return threads[0] * threads[1] * threads[2];
  }

  /** Index x, y, z of a thread by its rank. */
  int[] threadIndex(int rank) {
    return new int[] {
      rank % threads[0], rank / threads[0] % threads[1], rank / threads[0] / threads[1]
    };
  }
}
