// How dropout comes to draw each random number once and to store nothing: y [n] = x / (1 - p) where the element's number is at least
// p, else 0; numbers by Philox 4x32-10, four for each call (Salmon et al. 2011); n a multiple of 1024.
//
// What is counted on the simulator (see DropoutLadderTest): warp instructions, requests, bytes stored. The last step is what ships in
// random.cu, which also takes any position within the sequence of numbers and any n.
#include "common/pack.cuh"

__device__ __forceinline__ void philox(unsigned seed, unsigned block, unsigned (&c)[4]) {
  unsigned k0 = seed, k1 = 0;
  c[0] = block, c[1] = c[2] = c[3] = 0;
#pragma unroll
  for (int round = 0; round < 10; round++) {
    unsigned long long p0 = 0xD2511F53ull * c[0], p1 = 0xCD9E8D57ull * c[2];
    c[0] = static_cast<unsigned>(p1 >> 32) ^ c[1] ^ k0;
    c[2] = static_cast<unsigned>(p0 >> 32) ^ c[3] ^ k1;
    c[1] = static_cast<unsigned>(p1);
    c[3] = static_cast<unsigned>(p0);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
}

__device__ __forceinline__ bool kept(unsigned bits, float p) { return (bits >> 8) * 0x1p-24f >= p; }

// Step 0, naive: a thread for each element draws four numbers, of which it uses one, and keeps a mask of a byte for the gradient.
// Block 256, grid n / 256.
extern "C" __global__ void dropout_naive_f32(const float* x, float* y, unsigned char* mask, float p, unsigned seed) {
  int i = blockIdx.x * 256 + threadIdx.x;
  unsigned c[4];
  philox(seed, i / 4, c);
  int k = i % 4;
  bool keep = kept(k == 0 ? c[0] : k == 1 ? c[1] : k == 2 ? c[2] : c[3], p);
  y[i] = keep ? x[i] / (1.f - p) : 0.f;
  mask[i] = keep;
}

// Step 1, all four numbers: a thread for four elements, 16 bytes at a time; a quarter of the rounds and of the requests. No mask: the
// gradient draws the same numbers again, and nothing of the size of x is kept. Block 256, grid n / 1024.
extern "C" __global__ void dropout_four_f32(const float* x, float* y, float p, unsigned seed) {
  int b = blockIdx.x * 256 + threadIdx.x;
  unsigned c[4];
  philox(seed, b, c);
  float v[4];
  loadPack(x + 4 * b, v);
  float scale = 1.f / (1.f - p);
#pragma unroll
  for (int k = 0; k < 4; k++) v[k] = kept(c[k], p) ? v[k] * scale : 0.f;
  storePack(y + 4 * b, v);
}
