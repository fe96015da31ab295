package io.med3dinsight.engine.tensor;

/**
 * Memory held by tensors and scratch buffers, in bytes.
 *
 * @param active in use now
 * @param peak the most that was in use at once since the last reset
 * @param cached free, kept for reuse
 */
public record MemoryUse(long active, long peak, long cached) {}
