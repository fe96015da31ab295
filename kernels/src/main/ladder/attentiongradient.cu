// How the gradient of attention comes to need no memory for scores: for one head y [t,64] = p v with p = softmax(q k^T / 8), t a
// multiple of 64, and the gradient g [t,64] of y,
//   dv = p^T g,  ds = p (g v^T - delta) / 8 with delta[i] = g[i] . y[i],  dq = ds k,  dk = ds^T q
// (after Dao 2023, "FlashAttention-2"). delta [t] is given.
//
// What is counted on the simulator (see AttentionGradientLadderTest): bytes to and from global memory, memory for scores, warp
// instructions. The last steps are what ships: attention.cu in float32 and flash.cu on tensor cores, which compute p anew from the
// logarithm of each query's sum, t floats instead of t^2, in one kernel for dk and dv and one for dq.
#include "common/attention_tiles.cuh"

#define WIDTH 64
#define SCALE 0.125f

// Step 0, naive: p [t,t] is kept from the forward pass, ds [t,t] comes beside it, and each product reads two numbers from global
// memory. ds: a thread each, block 16 x 16, grid (t / 16, t / 16).
extern "C" __global__ void attentiongradient_naive_scores_f32(const float* p, const float* g, const float* v, const float* delta,
                                                              float* ds, int t) {
  int j = blockIdx.x * 16 + threadIdx.x, i = blockIdx.y * 16 + threadIdx.y;
  float sum = 0.f;
  for (int e = 0; e < WIDTH; e++) sum = fmaf(g[i * WIDTH + e], v[j * WIDTH + e], sum);
  ds[i * t + j] = p[i * t + j] * (sum - delta[i]) * SCALE;
}

// y = s x, for dq. A thread each, block 64, grid t; so is the next.
extern "C" __global__ void attentiongradient_naive_rows_f32(const float* s, const float* x, float* y, int t) {
  float sum = 0.f;
  for (int j = 0; j < t; j++) sum = fmaf(s[blockIdx.x * t + j], x[j * WIDTH + threadIdx.x], sum);
  y[blockIdx.x * WIDTH + threadIdx.x] = sum;
}

// y = s^T x, for dk and dv.
extern "C" __global__ void attentiongradient_naive_columns_f32(const float* s, const float* x, float* y, int t) {
  float sum = 0.f;
  for (int i = 0; i < t; i++) sum = fmaf(s[i * t + blockIdx.x], x[i * WIDTH + threadIdx.x], sum);
  y[blockIdx.x * WIDTH + threadIdx.x] = sum;
}

extern __shared__ __align__(16) float tile[];

// Step 1, tiles: each number fetched from global memory serves 64 products. p and ds still go through memory.
// 256 threads, 2 tiles of shared memory; ds: grid (t / 64, t / 64).
extern "C" __global__ void __launch_bounds__(256, 1)
    attentiongradient_tiled_scores_f32(const float* p, const float* g, const float* v, const float* delta, float* ds, int t) {
  float *tg = tile, *tv = tile + 64 * tileRow<WIDTH>();
  int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
  float sum[4][4] = {};
  loadTile<64, WIDTH>(tg, g + blockIdx.y * 64 * WIDTH, 64, WIDTH, 0, true);
  loadTile<64, WIDTH>(tv, v + blockIdx.x * 64 * WIDTH, 64, WIDTH, 0, true);
  __syncthreads();
  rowsTimesRows<4, 4, WIDTH>(sum, tg, tv, ty, tx);
#pragma unroll
  for (int i = 0; i < 4; i++) {
    int row = blockIdx.y * 64 + ty * 4 + i;
    float d = delta[row];
#pragma unroll
    for (int j = 0; j < 4; j++) {
      int at = row * t + blockIdx.x * 64 + tx + 16 * j;
      ds[at] = p[at] * (sum[i][j] - d) * SCALE;
    }
  }
}

// y = s x; grid t / 64; so is the next.
extern "C" __global__ void __launch_bounds__(256, 1) attentiongradient_tiled_rows_f32(const float* s, const float* x, float* y, int t) {
  float *ts = tile, *to = tile + 64 * tileRow<WIDTH>();
  int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
  float o[4][4] = {}, one[4] = {1.f, 1.f, 1.f, 1.f};
  for (int j = 0; j < t; j += 64) {
    __syncthreads();
    loadTile<64, 64>(ts, s + blockIdx.x * 64 * t + j, 64, t, 0, true);
    loadTile<64, WIDTH>(to, x + j * WIDTH, 64, WIDTH, 0, true);
    __syncthreads();
    timesTile<4, 64, WIDTH>(o, ts, to, ty, tx);
  }
  writeRows<4, WIDTH>(y, o, one, blockIdx.x * 64, t, WIDTH, 0, ty, tx);
}

// y = s^T x.
extern "C" __global__ void __launch_bounds__(256, 1)
    attentiongradient_tiled_columns_f32(const float* s, const float* x, float* y, int t) {
  float *ts = tile, *to = tile + 64 * tileRow<WIDTH>();
  int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
  float o[4][4] = {}, one[4] = {1.f, 1.f, 1.f, 1.f};
  for (int i = 0; i < t; i += 64) {
    __syncthreads();
    loadTile<64, 64>(ts, s + i * t + blockIdx.x * 64, 64, t, 0, true);
    loadTile<64, WIDTH>(to, x + i * WIDTH, 64, WIDTH, 0, true);
    __syncthreads();
    transposedTimesTile<4, 64, 64, WIDTH>(o, ts, to, ty, tx);
  }
  writeRows<4, WIDTH>(y, o, one, blockIdx.x * 64, t, WIDTH, 0, ty, tx);
}
