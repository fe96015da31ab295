// How layer norm's gradient becomes bound by memory alone: dx, dgamma and dbeta of x [rows,n], gamma [n] and g [rows,n].
//
// Each version does the same work; the comments say what a step saves. What is counted on the simulator (see
// RowLadderTest): 32-byte sectors and load instructions of global memory. The last step is the kernel that ships
// (norm_layergradient256_f32 in norm.cu), which reads x and g once, 16 bytes at a time, keeps a row's values in registers, and
// adds dgamma and dbeta in registers for all rows of a warp.
#include "common/sums.cuh"

// Step 0, naive: a thread per row, five passes over x or g, no two neighbouring threads in one sector. dgamma and dbeta by
// layernorm_columns.
extern "C" __global__ void layernorm_naive_f32(
    const float* x, const float* gamma, const float* g, float* dx, float* mean, float* rstd, int rows, int n, float eps) {
  int row = blockIdx.x * blockDim.x + threadIdx.x;
  if (row >= rows) return;
  x += row * n;
  g += row * n;
  dx += row * n;
  float m = 0.f;
  for (int i = 0; i < n; i++) m += x[i];
  m /= n;
  float q = 0.f;
  for (int i = 0; i < n; i++) q += (x[i] - m) * (x[i] - m);
  float s = 1.f / sqrtf(q / n + eps);
  float m1 = 0.f;
  float m2 = 0.f;
  for (int i = 0; i < n; i++) {
    m1 += g[i] * gamma[i];
    m2 += g[i] * gamma[i] * (x[i] - m) * s;
  }
  for (int i = 0; i < n; i++) dx[i] = s * (g[i] * gamma[i] - m1 / n - (x[i] - m) * s * m2 / n);
  mean[row] = m;
  rstd[row] = s;
}

// dgamma and dbeta, a thread per column: reads all of x and g once more, and has n threads only.
extern "C" __global__ void layernorm_columns_f32(
    const float* x, const float* g, const float* mean, const float* rstd, float* dgamma, float* dbeta, int rows, int n) {
  int c = blockIdx.x * blockDim.x + threadIdx.x;
  if (c >= n) return;
  float a = 0.f;
  float b = 0.f;
  for (int r = 0; r < rows; r++) {
    a += g[r * n + c] * (x[r * n + c] - mean[r]) * rstd[r];
    b += g[r * n + c];
  }
  dgamma[c] = a;
  dbeta[c] = b;
}

// Step 1, a warp per row: sectors are used in full, an eighth of them. Still five passes, and layernorm_columns.
extern "C" __global__ void layernorm_warp_f32(
    const float* x, const float* gamma, const float* g, float* dx, float* mean, float* rstd, int rows, int n, float eps) {
  int row = (blockIdx.x * blockDim.x + threadIdx.x) >> 5;
  int lane = threadIdx.x & 31;
  if (row >= rows) return;
  x += row * n;
  g += row * n;
  dx += row * n;
  float m = 0.f;
  for (int i = lane; i < n; i += 32) m += x[i];
  m = laneSum(m) / n;
  float q = 0.f;
  for (int i = lane; i < n; i += 32) q += (x[i] - m) * (x[i] - m);
  float s = 1.f / sqrtf(laneSum(q) / n + eps);
  float m1 = 0.f;
  float m2 = 0.f;
  for (int i = lane; i < n; i += 32) {
    m1 += g[i] * gamma[i];
    m2 += g[i] * gamma[i] * (x[i] - m) * s;
  }
  m1 = laneSum(m1) / n;
  m2 = laneSum(m2) / n;
  for (int i = lane; i < n; i += 32) dx[i] = s * (g[i] * gamma[i] - m1 - (x[i] - m) * s * m2);
  if (lane == 0) {
    mean[row] = m;
    rstd[row] = s;
  }
}
