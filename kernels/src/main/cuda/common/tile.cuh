// Many short rows at once: a block copies a stretch of memory that holds whole rows to shared memory, with neighbouring threads
// at neighbouring addresses, and then gives each thread a row of its own.
//
// A word is left out after every 32, so that threads that walk along neighbouring rows of any length meet in few banks.
#pragma once
#include "common/wide.cuh"

__device__ __forceinline__ int slot(int e) { return e + (e >> 5); }

template <typename T>
__device__ __forceinline__ void tileIn(const T* x, int count, float* tile) {
#pragma unroll 4
  for (int e = threadIdx.x; e < count; e += blockDim.x) tile[slot(e)] = load(x + e);
}

template <typename T>
__device__ __forceinline__ void tileOut(const float* tile, int count, T* y) {
#pragma unroll 4
  for (int e = threadIdx.x; e < count; e += blockDim.x) store(y + e, tile[slot(e)]);
}
