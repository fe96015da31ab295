// How distances between embeddings come to read each number a few times instead of thousands: d [n,n], d_ij = |u_i - v_j|, u and v
// [n,width], n a multiple of 32, width of 32.
//
// What is counted on the simulator (see CostLadderTest): bytes loaded, passes and conflicts of shared memory, warp instructions. The
// last step is what ships in cost.cu, which also takes any extents and several problems.
#include "common/launch.cuh"

// Step 0, naive: a thread for each distance reads both embeddings: 2 width numbers each. Block 32 x 8, grid (n / 32, n / 8).
extern "C" __global__ void cost_naive_f32(const float* u, const float* v, float* d, int n, int width) {
  int j = blockIdx.x * 32 + threadIdx.x, i = blockIdx.y * 8 + threadIdx.y;
  float sum = 0.f;
  for (int e = 0; e < width; e++) {
    float x = u[i * width + e] - v[j * width + e];
    sum = fmaf(x, x, sum);
  }
  d[i * n + j] = sqrtf(sum);
}

// Step 1, tiles in shared memory: 32 rows of each side, 32 elements at a time, are read once for 1024 distances: a 32nd of the bytes,
// whole sectors. But a warp reads a column of v's tile, whose elements lie in one bank. Block 32 x 32, grid (n / 32, n / 32); so is
// the next.
extern "C" __global__ void cost_tile_f32(const float* u, const float* v, float* d, int n, int width) {
  __shared__ float tu[32][32], tv[32][32];
  int tx = threadIdx.x, ty = threadIdx.y;
  int i = blockIdx.y * 32 + ty, j = blockIdx.x * 32;
  float sum = 0.f;
  for (int e0 = 0; e0 < width; e0 += 32) {
    tu[ty][tx] = u[i * width + e0 + tx];
    tv[ty][tx] = v[(j + ty) * width + e0 + tx];
    __syncthreads();
#pragma unroll 8
    for (int e = 0; e < 32; e++) {
      float x = tu[ty][e] - tv[tx][e];
      sum = fmaf(x, x, sum);
    }
    __syncthreads();
  }
  d[i * n + j + tx] = sqrtf(sum);
}

// Step 2, rows of 33 words: a column lies in 32 banks, no conflicts.
extern "C" __global__ void cost_padded_f32(const float* u, const float* v, float* d, int n, int width) {
  __shared__ float tu[32][33], tv[32][33];
  int tx = threadIdx.x, ty = threadIdx.y;
  int i = blockIdx.y * 32 + ty, j = blockIdx.x * 32;
  float sum = 0.f;
  for (int e0 = 0; e0 < width; e0 += 32) {
    tu[ty][tx] = u[i * width + e0 + tx];
    tv[ty][tx] = v[(j + ty) * width + e0 + tx];
    __syncthreads();
#pragma unroll 8
    for (int e = 0; e < 32; e++) {
      float x = tu[ty][e] - tv[tx][e];
      sum = fmaf(x, x, sum);
    }
    __syncthreads();
  }
  d[i * n + j + tx] = sqrtf(sum);
}
