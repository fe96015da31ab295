// Sixteen bytes at a time, and division by a number that the host knows.
//
// Memory-bound kernels move 16 bytes in one instruction where all addresses allow ("packs": 4 floats or
// 8 bf16) and single elements elsewhere. The host decides: it passes the number of whole packs, 0 where an
// address is not a multiple of 16.
#pragma once
#include "common/launch.cuh"

template <typename T>
struct Pack {
  static const int size = 16 / sizeof(T);
};

// A bf16 is the upper half of a float.
__device__ __forceinline__ float lowerHalf(unsigned pair) { return __uint_as_float(pair << 16); }
__device__ __forceinline__ float upperHalf(unsigned pair) { return __uint_as_float(pair & 0xffff0000u); }
__device__ __forceinline__ unsigned halves(float lower, float upper) {
  __nv_bfloat162 pair = __floats2bfloat162_rn(lower, upper);
  return *reinterpret_cast<unsigned*>(&pair);
}

__device__ __forceinline__ void loadPack(const float* p, float (&v)[4]) {
  float4 q = *reinterpret_cast<const float4*>(p);
  v[0] = q.x, v[1] = q.y, v[2] = q.z, v[3] = q.w;
}
__device__ __forceinline__ void loadPack(const bf16* p, float (&v)[8]) {
  uint4 q = *reinterpret_cast<const uint4*>(p);
  v[0] = lowerHalf(q.x), v[1] = upperHalf(q.x), v[2] = lowerHalf(q.y), v[3] = upperHalf(q.y);
  v[4] = lowerHalf(q.z), v[5] = upperHalf(q.z), v[6] = lowerHalf(q.w), v[7] = upperHalf(q.w);
}
__device__ __forceinline__ void storePack(float* p, const float (&v)[4]) {
  *reinterpret_cast<float4*>(p) = make_float4(v[0], v[1], v[2], v[3]);
}
__device__ __forceinline__ void storePack(bf16* p, const float (&v)[8]) {
  *reinterpret_cast<uint4*>(p) =
      make_uint4(halves(v[0], v[1]), halves(v[2], v[3]), halves(v[4], v[5]), halves(v[6], v[7]));
}

// Index of this thread and number of threads in a one-dimensional grid. Fewer than 2^31 elements and less
// than 2^31 threads: unsigned, so that the last step of a grid-stride loop does not wrap.
__device__ __forceinline__ unsigned thread0() { return blockIdx.x * blockDim.x + threadIdx.x; }
__device__ __forceinline__ unsigned threads() { return gridDim.x * blockDim.x; }

// n / value for n < 2^31 by a multiplication (Granlund and Montgomery 1994): with shift = ceil(log2 value) and
// magic = floor(2^32 (2^shift - value) / value) + 1, which the host computes.
struct Divisor {
  int value;
  unsigned magic;
  int shift;
  __device__ __forceinline__ unsigned quotient(unsigned n) const { return (__umulhi(n, magic) + n) >> shift; }
};
