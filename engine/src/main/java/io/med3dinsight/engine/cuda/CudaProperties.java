package io.med3dinsight.engine.cuda;

/**
 * What a device is.
 *
 * @param name as its maker calls it
 * @param major of the compute capability
 * @param minor of the compute capability
 * @param multiprocessors streaming multiprocessors
 * @param sharedBytesPerBlock the most shared memory a block can ask for
 * @param sharedBytesPerMultiprocessor shared memory of one multiprocessor
 * @param totalBytes of device memory
 * @param driverVersion CUDA version of the driver, 12040 for 12.4
 */
public record CudaProperties(
    String name,
    int major,
    int minor,
    int multiprocessors,
    int sharedBytesPerBlock,
    int sharedBytesPerMultiprocessor,
    long totalBytes,
    int driverVersion) {}
