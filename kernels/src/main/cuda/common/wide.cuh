// Several neighbouring elements at a time, as float32, whatever the storage.
//
// read<W> and write<W> move W elements by accesses of up to 16 bytes; W = 1 works at any address, a wider one needs an address
// that is a multiple of min(16, W * sizeof(T)) bytes. Wide<T>::N elements are 16 bytes.
#pragma once
#include "common/launch.cuh"

template <typename T>
struct Wide {
  static constexpr int N = 16 / sizeof(T);
};

__device__ __forceinline__ bool aligned(const void* p) { return (reinterpret_cast<unsigned long long>(p) & 15) == 0; }

template <int W>
__device__ __forceinline__ void read(const float* p, float* v) {
  if constexpr (W % 4 == 0) {
#pragma unroll
    for (int i = 0; i < W; i += 4) {
      float4 a = *reinterpret_cast<const float4*>(p + i);
      v[i] = a.x;
      v[i + 1] = a.y;
      v[i + 2] = a.z;
      v[i + 3] = a.w;
    }
  } else {
    static_assert(W == 1, "1, or a multiple of 16 bytes");
    v[0] = *p;
  }
}

template <int W>
__device__ __forceinline__ void write(float* p, const float* v) {
  if constexpr (W % 4 == 0) {
#pragma unroll
    for (int i = 0; i < W; i += 4) {
      *reinterpret_cast<float4*>(p + i) = make_float4(v[i], v[i + 1], v[i + 2], v[i + 3]);
    }
  } else {
    static_assert(W == 1, "1, or a multiple of 16 bytes");
    *p = v[0];
  }
}

// Two bf16 of one word, the lower one first in memory.
__device__ __forceinline__ void unpack(unsigned int u, float* v) {
  v[0] = __uint_as_float(u << 16);
  v[1] = __uint_as_float(u & 0xffff0000u);
}
__device__ __forceinline__ unsigned int pack(const float* v) {
  unsigned int low = __bfloat16_as_ushort(__float2bfloat16_rn(v[0]));
  unsigned int high = __bfloat16_as_ushort(__float2bfloat16_rn(v[1]));
  return low | high << 16;
}

template <int W>
__device__ __forceinline__ void read(const bf16* p, float* v) {
  if constexpr (W % 8 == 0) {
#pragma unroll
    for (int i = 0; i < W; i += 8) {
      uint4 a = *reinterpret_cast<const uint4*>(p + i);
      unpack(a.x, v + i);
      unpack(a.y, v + i + 2);
      unpack(a.z, v + i + 4);
      unpack(a.w, v + i + 6);
    }
  } else {
    static_assert(W == 1, "1, or a multiple of 16 bytes");
    v[0] = load(p);
  }
}

template <int W>
__device__ __forceinline__ void write(bf16* p, const float* v) {
  if constexpr (W % 8 == 0) {
#pragma unroll
    for (int i = 0; i < W; i += 8) {
      *reinterpret_cast<uint4*>(p + i) = make_uint4(pack(v + i), pack(v + i + 2), pack(v + i + 4), pack(v + i + 6));
    }
  } else {
    static_assert(W == 1, "1, or a multiple of 16 bytes");
    store(p, v[0]);
  }
}
