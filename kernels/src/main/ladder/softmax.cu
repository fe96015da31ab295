// How softmax becomes bound by memory alone: y [rows,n] = softmax of x [rows,n].
//
// Each kernel does the same work; the comments say what a step saves. What is counted on the simulator (see
// RowLadderTest): 32-byte sectors and load instructions of global memory, warp instructions. The last step is the kernel
// that ships (softmax_1024_f32 in softmax.cu).
#include "common/sums.cuh"

// Step 0, naive: a thread per row, three passes (maximum, sum, result). Neighbouring threads read addresses n floats
// apart: each load of a warp touches 32 sectors and uses 4 bytes of each, 3 rows n sectors in all, were there no cache.
extern "C" __global__ void softmax_naive_f32(const float* x, float* y, int rows, int n) {
  int row = blockIdx.x * blockDim.x + threadIdx.x;
  if (row >= rows) return;
  x += row * n;
  y += row * n;
  float top = -INFINITY;
  for (int i = 0; i < n; i++) top = fmaxf(top, x[i]);
  float sum = 0.f;
  for (int i = 0; i < n; i++) sum += expf(x[i] - top);
  for (int i = 0; i < n; i++) y[i] = expf(x[i] - top) / sum;
}

// Step 1, a warp per row: neighbouring threads read neighbouring addresses, so that a sector is used in full: an eighth of
// the sectors. Maximum and sum come from shuffles.
extern "C" __global__ void softmax_warp_f32(const float* x, float* y, int rows, int n) {
  int row = (blockIdx.x * blockDim.x + threadIdx.x) >> 5;
  int lane = threadIdx.x & 31;
  if (row >= rows) return;
  x += row * n;
  y += row * n;
  float top = -INFINITY;
  for (int i = lane; i < n; i += 32) top = fmaxf(top, x[i]);
  top = laneMax(top);
  float sum = 0.f;
  for (int i = lane; i < n; i += 32) sum += expf(x[i] - top);
  sum = laneSum(sum);
  for (int i = lane; i < n; i += 32) y[i] = expf(x[i] - top) / sum;
}

// Step 2, maximum and sum in one pass (Milakov and Gimelshein 2018): when a larger value comes, the sum so far is scaled
// down. Two reads instead of three.
extern "C" __global__ void softmax_online_f32(const float* x, float* y, int rows, int n) {
  int row = (blockIdx.x * blockDim.x + threadIdx.x) >> 5;
  int lane = threadIdx.x & 31;
  if (row >= rows) return;
  x += row * n;
  y += row * n;
  float top = -INFINITY;
  float sum = 0.f;
  for (int i = lane; i < n; i += 32) {
    float v = x[i];
    float t = fmaxf(top, v);
    sum = (sum == 0.f ? 0.f : sum * expf(top - t)) + expf(v - t);
    top = t;
  }
  float all = laneMax(top);
  sum = laneSum(sum == 0.f ? 0.f : sum * expf(top - all));
  for (int i = lane; i < n; i += 32) y[i] = expf(x[i] - all) / sum;
}

// Step 3, the row stays in registers (n <= 512): one read, and one exponential per element instead of two. What ships also
// reads 16 bytes at a time: a quarter of the load instructions.
extern "C" __global__ void softmax_registers_f32(const float* x, float* y, int rows, int n) {
  int row = (blockIdx.x * blockDim.x + threadIdx.x) >> 5;
  int lane = threadIdx.x & 31;
  if (row >= rows) return;
  x += row * n;
  y += row * n;
  float v[16];
  float top = -INFINITY;
#pragma unroll
  for (int k = 0; k < 16; k++) {
    if (k * 32 + lane < n) {
      v[k] = x[k * 32 + lane];
      top = fmaxf(top, v[k]);
    }
  }
  top = laneMax(top);
  float sum = 0.f;
#pragma unroll
  for (int k = 0; k < 16; k++) {
    if (k * 32 + lane < n) {
      v[k] = expf(v[k] - top);
      sum += v[k];
    }
  }
  float scale = 1.f / laneSum(sum);
#pragma unroll
  for (int k = 0; k < 16; k++) {
    if (k * 32 + lane < n) y[k * 32 + lane] = v[k] * scale;
  }
}
