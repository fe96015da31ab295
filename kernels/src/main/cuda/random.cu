// Dropout, with random numbers as a function of seed and position: Philox 4x32 with 10 rounds (Salmon et al.
// 2011, "Parallel random numbers: as easy as 1, 2, 3"), the same bits as on the CPU.
//
// Layout: contiguous. Launch: one-dimensional grid-stride loop of 256 threads over blocks of four random
// numbers. Element i draws number position + *ahead + i; what is in device memory there (nothing where ahead is
// null) is how far the stream has moved since a CUDA graph that holds the launch was recorded. Where positions are
// whole blocks and addresses allow (wide = 1), a thread moves four elements at once (16 bytes of float, 8 of
// bf16); no mask is stored.
// Bound by memory for float; for bf16 the ten rounds take about as long as the memory.
#include "common/pack.cuh"

struct Bits {
  unsigned word[4];
};

__device__ __forceinline__ Bits philox(unsigned long long seed, unsigned long long block) {
  unsigned k0 = static_cast<unsigned>(seed), k1 = static_cast<unsigned>(seed >> 32);
  unsigned c0 = static_cast<unsigned>(block), c1 = static_cast<unsigned>(block >> 32), c2 = 0, c3 = 0;
#pragma unroll
  for (int round = 0; round < 10; round++) {
    unsigned long long p0 = 0xD2511F53ull * c0;
    unsigned long long p1 = 0xCD9E8D57ull * c2;
    c0 = static_cast<unsigned>(p1 >> 32) ^ c1 ^ k0;
    c2 = static_cast<unsigned>(p0 >> 32) ^ c3 ^ k1;
    c1 = static_cast<unsigned>(p1);
    c3 = static_cast<unsigned>(p0);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return Bits{{c0, c1, c2, c3}};
}

// The upper 24 bits as a number in [0, 1).
__device__ __forceinline__ float uniform(unsigned bits) { return (bits >> 8) * 0x1p-24f; }

__device__ __forceinline__ void load4(const float* p, float (&v)[4]) { loadPack(p, v); }
__device__ __forceinline__ void load4(const bf16* p, float (&v)[4]) {
  uint2 q = *reinterpret_cast<const uint2*>(p);
  v[0] = lowerHalf(q.x), v[1] = upperHalf(q.x), v[2] = lowerHalf(q.y), v[3] = upperHalf(q.y);
}
__device__ __forceinline__ void store4(float* p, const float (&v)[4]) { storePack(p, v); }
__device__ __forceinline__ void store4(bf16* p, const float (&v)[4]) {
  *reinterpret_cast<uint2*>(p) = make_uint2(halves(v[0], v[1]), halves(v[2], v[3]));
}

template <typename T>
__device__ __forceinline__ void dropout(
    const T* __restrict__ x, T* __restrict__ y, int n, float p, float scale, unsigned long long seed,
    unsigned long long position, const unsigned long long* ahead, int wide) {
  if (ahead != nullptr) position += *ahead;
  unsigned long long block0 = position >> 2;
  int skipped = position & 3;  // numbers of the first block that come before element 0
  wide &= skipped == 0;
  unsigned blocks = (static_cast<unsigned>(n) + skipped + 3) >> 2;
  for (unsigned b = thread0(); b < blocks; b += threads()) {
    Bits bits = philox(seed, block0 + b);
    int i0 = static_cast<int>(b * 4) - skipped;
    if (wide && i0 + 4 <= n) {
      float v[4];
      load4(x + i0, v);
#pragma unroll
      for (int k = 0; k < 4; k++) v[k] = uniform(bits.word[k]) >= p ? v[k] * scale : 0.f;
      store4(y + i0, v);
    } else {
#pragma unroll
      for (int k = 0; k < 4; k++) {
        int i = i0 + k;
        if (i >= 0 && i < n) store(y + i, uniform(bits.word[k]) >= p ? load(x + i) * scale : 0.f);
      }
    }
  }
}

extern "C" __global__ void random_dropout_f32(
    const float* __restrict__ x, float* __restrict__ y, int n, float p, float scale, unsigned long long seed,
    unsigned long long position, const unsigned long long* ahead, int wide) {
  dropout(x, y, n, p, scale, seed, position, ahead, wide);
}
extern "C" __global__ void random_dropout_bf16(
    const bf16* __restrict__ x, bf16* __restrict__ y, int n, float p, float scale, unsigned long long seed,
    unsigned long long position, const unsigned long long* ahead, int wide) {
  dropout(x, y, n, p, scale, seed, position, ahead, wide);
}
