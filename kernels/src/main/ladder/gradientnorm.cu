// How clipping by the norm of all gradients (Pascanu et al. 2013, "On the difficulty of training recurrent neural networks") comes to read
// each gradient once and to write none:
//   factor = min(1, limit / (sqrt(sum over tensors and elements of g^2) + 1e-6)),  g = factor g
//
// What is counted on the simulator (see GradientNormLadderTest): launches, bytes, requests, warp instructions, barriers. The last step is
// what ships in step.cu: one launch for 64 tensors of any size and alignment, another that adds the blocks' sums, one thread that makes
// the factor; gradients stay as they are, because the optimiser's step, which reads them anyway, multiplies.
#include "common/pack.cuh"
#include "common/sums.cuh"

// Step 0, naive: for each tensor a launch that writes the squares, a thread for each element, and one that adds them up in a tree of
// shared memory, halved with a barrier eight times; total += their sum. Then the factor, and a launch for each tensor that scales.
// Block 256; grid ceil(n / 256), the sum's 1.
extern "C" __global__ void gradientnorm_naive_square_f32(const float* g, float* y, int n) {
  int i = blockIdx.x * 256 + threadIdx.x;
  if (i < n) y[i] = g[i] * g[i];
}
extern "C" __global__ void gradientnorm_naive_sum_f32(const float* y, float* total, int n) {
  __shared__ float part[256];
  float sum = 0.f;
  for (int i = threadIdx.x; i < n; i += 256) sum += y[i];
  part[threadIdx.x] = sum;
  __syncthreads();
  for (int half = 128; half > 0; half /= 2) {
    if (threadIdx.x < half) part[threadIdx.x] += part[threadIdx.x + half];
    __syncthreads();
  }
  if (threadIdx.x == 0) *total += part[0];
}
// Block 32, grid 1.
extern "C" __global__ void gradientnorm_factor_f32(const float* squared, float* factor, float limit) {
  if (threadIdx.x == 0) *factor = fminf(1.f, limit / (sqrtf(*squared) + 1e-6f));
}
extern "C" __global__ void gradientnorm_naive_scale_f32(float* g, const float* factor, int n) {
  int i = blockIdx.x * 256 + threadIdx.x;
  if (i < n) g[i] *= *factor;
}

// Step 1, fused: squares are added up where they are made, by shuffles; a sum for each block goes to memory, and one launch adds these
// for all tensors. Block 256, grid ceil(n / 256); the fold's block 1024, grid 1.
extern "C" __global__ void gradientnorm_fused_f32(const float* g, float* partial, int n) {
  __shared__ float room[32];
  int i = blockIdx.x * 256 + threadIdx.x;
  float x = i < n ? g[i] : 0.f;
  float sum = blockSum(x * x, room);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}
extern "C" __global__ void gradientnorm_fold_f32(const float* partial, float* total, int parts) {
  __shared__ float room[32];
  float sum = 0.f;
  for (int p = threadIdx.x; p < parts; p += 1024) sum += partial[p];
  sum = blockSum(sum, room);
  if (threadIdx.x == 0) *total = sum;
}

// Step 2, packs: a block for 4096 elements, 16 bytes at a time, so that there are sixteen times fewer block sums; scaled 16 bytes at a
// time as well; n a multiple of 4. Block 256; grid ceil(n / 4096), to scale ceil(n / 1024).
extern "C" __global__ void gradientnorm_packs_f32(const float* g, float* partial, int n) {
  __shared__ float room[32];
  int end = min(n, (blockIdx.x + 1) * 4096);
  float sum = 0.f;
  for (int i = blockIdx.x * 4096 + 4 * threadIdx.x; i < end; i += 1024) {
    float x[4];
    loadPack(g + i, x);
#pragma unroll
    for (int k = 0; k < 4; k++) sum = fmaf(x[k], x[k], sum);
  }
  sum = blockSum(sum, room);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}
extern "C" __global__ void gradientnorm_packs_scale_f32(float* g, const float* factor, int n) {
  int i = 4 * (blockIdx.x * 256 + threadIdx.x);
  if (i >= n) return;
  float x[4], by = *factor;
  loadPack(g + i, x);
#pragma unroll
  for (int k = 0; k < 4; k++) x[k] *= by;
  storePack(g + i, x);
}
