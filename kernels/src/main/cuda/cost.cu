// Costs of transport: distances between embeddings and their gradient.
//
// Layout: u [P,B1,E], v [P,B2,E], d [P,B1,B2], all float32. A metric, diagonal or full, is a linear map of the embeddings
// before: |L (u - v)|. Differences are squared rather than products expanded, so that small distances keep their digits.
#include "common/launch.cuh"

#define COST_THREADS 256
#define DEPTH 32

// d_ij = |u_i - v_j|. Launch: grid.x = P * blocks of 32 rows * blocks of 32 columns, 256 threads as 16 x 16, each with
// rows ty, ty+16 and columns tx, tx+16. DEPTH elements of the embeddings at a time in shared memory, 33 apart, so that
// threads side by side read different banks; the sums of these are added up, which keeps wide embeddings exact to 1e-6.
extern "C" __global__ void __launch_bounds__(COST_THREADS)
    cost_distance_f32(const float* u, const float* v, float* d, int rows, int columns, int width) {
  __shared__ float tu[32][DEPTH + 1], tv[32][DEPTH + 1];
  int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
  int columnBlocks = (columns + 31) / 32, rowBlocks = (rows + 31) / 32;
  int j0 = blockIdx.x % columnBlocks * 32;
  int i0 = blockIdx.x / columnBlocks % rowBlocks * 32;
  long long p = blockIdx.x / columnBlocks / rowBlocks;
  u += p * rows * width;
  v += p * columns * width;
  float sum[2][2] = {};
  for (int e0 = 0; e0 < width; e0 += DEPTH) {
    for (int i = threadIdx.x; i < 32 * DEPTH; i += COST_THREADS) {
      int r = i / DEPTH, e = i % DEPTH;
      bool inside = e0 + e < width;
      tu[r][e] = inside && i0 + r < rows ? u[static_cast<long long>(i0 + r) * width + e0 + e] : 0.f;
      tv[r][e] = inside && j0 + r < columns ? v[static_cast<long long>(j0 + r) * width + e0 + e] : 0.f;
    }
    __syncthreads();
    float part[2][2] = {};
#pragma unroll 8
    for (int e = 0; e < DEPTH; e++) {
#pragma unroll
      for (int a = 0; a < 2; a++) {
#pragma unroll
        for (int b = 0; b < 2; b++) {
          float x = tu[ty + 16 * a][e] - tv[tx + 16 * b][e];
          part[a][b] = fmaf(x, x, part[a][b]);
        }
      }
    }
#pragma unroll
    for (int a = 0; a < 2; a++) {
#pragma unroll
      for (int b = 0; b < 2; b++) sum[a][b] += part[a][b];
    }
    __syncthreads();
  }
#pragma unroll
  for (int a = 0; a < 2; a++) {
#pragma unroll
    for (int b = 0; b < 2; b++) {
      int i = i0 + ty + 16 * a, j = j0 + tx + 16 * b;
      if (i < rows && j < columns) d[(p * rows + i) * columns + j] = sqrtf(sum[a][b]);
    }
  }
}

// dx_i = sum_j g_ij / d_ij (x_i - y_j) without the terms whose distance is zero. Launch: grid.x = P * blocks of 16 rows of
// x * blocks of 64 elements, 256 threads: 64 elements side by side, 4 rows each. The 32 weights of each row at a time in
// shared memory. gStride and gStep: where the weight of (i, j) is, i * gStride + j * gStep.
extern "C" __global__ void __launch_bounds__(COST_THREADS)
    cost_gradient_f32(const float* g, const float* d, const float* x, const float* y, float* dx, int mine, int others, int width,
                      int gStride, int gStep) {
  __shared__ float weight[16][33];
  int widthBlocks = (width + 63) / 64, rowBlocks = (mine + 15) / 16;
  int e = blockIdx.x % widthBlocks * 64 + threadIdx.x % 64;
  int i0 = blockIdx.x / widthBlocks % rowBlocks * 16;
  int row = threadIdx.x / 64 * 4;
  long long p = blockIdx.x / widthBlocks / rowBlocks;
  g += p * mine * others;
  d += p * mine * others;
  y += p * others * width;
  float own[4], sum[4] = {};
#pragma unroll
  for (int a = 0; a < 4; a++) {
    int i = i0 + row + a;
    own[a] = i < mine && e < width ? x[(p * mine + i) * width + e] : 0.f;
  }
  for (int j0 = 0; j0 < others; j0 += 32) {
    for (int w = threadIdx.x; w < 16 * 32; w += COST_THREADS) {
      int i = i0 + w / 32, j = j0 + w % 32;
      float value = 0.f;
      if (i < mine && j < others) {
        int at = i * gStride + j * gStep;
        value = d[at] > 0.f ? g[at] / d[at] : 0.f;
      }
      weight[w / 32][w % 32] = value;
    }
    __syncthreads();
    for (int j = 0; j < min(32, others - j0); j++) {
      float other = e < width ? y[static_cast<long long>(j0 + j) * width + e] : 0.f;
#pragma unroll
      for (int a = 0; a < 4; a++) sum[a] = fmaf(weight[row + a][j], own[a] - other, sum[a]);
    }
    __syncthreads();
  }
#pragma unroll
  for (int a = 0; a < 4; a++) {
    int i = i0 + row + a;
    if (i < mine && e < width) dx[(p * mine + i) * width + e] = sum[a];
  }
}
