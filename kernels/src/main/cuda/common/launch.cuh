// What all kernels have in common: storage types and the loop over elements.
//
// Arithmetic is float32 whatever the storage. load() and store() convert.
#pragma once
#include <cuda_bf16.h>

typedef __nv_bfloat16 bf16;

__device__ __forceinline__ float load(const float* p) { return *p; }
__device__ __forceinline__ float load(const bf16* p) { return __bfloat162float(*p); }
__device__ __forceinline__ void store(float* p, float v) { *p = v; }
__device__ __forceinline__ void store(bf16* p, float v) { *p = __float2bfloat16_rn(v); }

// Index of this thread in a one-dimensional grid, and the number of threads in it. Long, because a
// grid-stride loop passes the end of a tensor of nearly 2^31 elements.
__device__ __forceinline__ long long firstElement() {
  return static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
}
__device__ __forceinline__ long long elementStride() {
  return static_cast<long long>(gridDim.x) * blockDim.x;
}
