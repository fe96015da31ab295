package io.med3dinsight.kernels.ptx;

/**
 * A parameter of a kernel.
 *
 * @param name as in the PTX
 * @param bytes size
 * @param alignment in bytes
 * @param offset in the packed parameters
 */
public record KernelParameter(String name, int bytes, int alignment, int offset) {}
