// How a sum comes to run at the speed of memory: y[r] = sum of x[r,:], x [rows,length], length a multiple of 1024
// (after Harris, "Optimizing parallel reduction in CUDA", 2007, whose devices had no shuffles).
//
// What is counted on the simulator (see ReductionLadderTest): sectors, requests, passes of shared memory, bank
// conflicts, barriers, warp instructions. The last step is what ships in reduce.cu, which also takes any length,
// cuts long rows into segments, and sums columns.
#include "common/pack.cuh"

// Step 0, naive: a thread for each row. The lanes of a warp read from 32 rows, a sector each, of which a load uses 4
// bytes of 32: 8 times the traffic unless a cache keeps them. Block 32, grid rows / 32.
extern "C" __global__ void reduction_naive_f32(const float* x, float* y, int length) {
  const float* row = x + (blockIdx.x * 32 + threadIdx.x) * length;
  float sum = 0.f;
  for (int i = 0; i < length; i++) sum += row[i];
  y[blockIdx.x * 32 + threadIdx.x] = sum;
}

// Step 1, a block for each row: neighbouring threads read neighbours, every sector is used. The sums meet in shared
// memory, thread 2 s t adding what lies s further: lanes work 2 s words apart, in ever fewer banks.
// Block 256, grid rows; so are all that follow.
extern "C" __global__ void reduction_strided_f32(const float* x, float* y, int length) {
  __shared__ float sums[256];
  float sum = 0.f;
  for (int i = threadIdx.x; i < length; i += 256) sum += x[blockIdx.x * length + i];
  sums[threadIdx.x] = sum;
  for (int s = 1; s < 256; s *= 2) {
    __syncthreads();
    int at = 2 * s * threadIdx.x;
    if (at < 256) sums[at] += sums[at + s];
  }
  if (threadIdx.x == 0) y[blockIdx.x] = sums[0];
}

// Step 2, halves: thread t adds what lies half the rest further. Lanes work on neighbours: no bank conflicts.
extern "C" __global__ void reduction_halves_f32(const float* x, float* y, int length) {
  __shared__ float sums[256];
  float sum = 0.f;
  for (int i = threadIdx.x; i < length; i += 256) sum += x[blockIdx.x * length + i];
  sums[threadIdx.x] = sum;
  for (int half = 128; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
  }
  if (threadIdx.x == 0) y[blockIdx.x] = sums[0];
}

__device__ __forceinline__ float warpSum(float v, int lanes) {
#pragma unroll
  for (int d = lanes / 2; d > 0; d /= 2) v += __shfl_xor_sync(0xffffffffu, v, d);
  return v;
}

__device__ __forceinline__ float blockSum(float v) {
  __shared__ float sums[8];
  v = warpSum(v, 32);
  if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = v;
  __syncthreads();
  return threadIdx.x < 32 ? warpSum(sums[threadIdx.x % 8], 8) : v;
}

// Step 3, shuffles: within a warp, sums meet in registers; shared memory holds one number for each warp. One barrier
// instead of eight, and a fraction of the accesses to shared memory.
extern "C" __global__ void reduction_shuffles_f32(const float* x, float* y, int length) {
  float sum = 0.f;
  for (int i = threadIdx.x; i < length; i += 256) sum += x[blockIdx.x * length + i];
  sum = blockSum(sum);
  if (threadIdx.x == 0) y[blockIdx.x] = sum;
}

// Step 4, packs: a load moves 16 bytes, four times as many in flight for each request and a quarter of the loop.
extern "C" __global__ void reduction_packs_f32(const float* x, float* y, int length) {
  float sum = 0.f;
#pragma unroll 2
  for (int i = threadIdx.x * 4; i < length; i += 1024) {
    float v[4];
    loadPack(x + blockIdx.x * length + i, v);
    sum += (v[0] + v[1]) + (v[2] + v[3]);
  }
  sum = blockSum(sum);
  if (threadIdx.x == 0) y[blockIdx.x] = sum;
}
