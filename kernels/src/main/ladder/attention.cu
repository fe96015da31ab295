// How attention becomes fast: y [t,64] = softmax(q k^T / 8) v for one head, t a multiple of 64; x [t,64] each.
//
// Each kernel does the same work; the comments say what a step saves. What is counted on the simulator (see
// AttentionLadderTest): bytes to and from global memory, memory for scores, warp instructions. The last step is the scheme
// that ships in flash.cu, which adds bias, mask, ragged sizes and double buffering.
#include "common/attention_mma.cuh"
#include "common/attention_tiles.cuh"

#define WIDTH 64
#define SCALE 0.125f

// Step 0, naive, in three passes with all scores in memory: t^2 floats written once and read three times, and each product
// of scores or output reads two numbers. Scores: a thread each, block 16 x 16, grid (t / 16, t / 16).
extern "C" __global__ void attention_naive_scores_f32(const float* q, const float* k, float* s, int t) {
  int j = blockIdx.x * 16 + threadIdx.x, i = blockIdx.y * 16 + threadIdx.y;
  float sum = 0.f;
  for (int e = 0; e < WIDTH; e++) sum = fmaf(q[i * WIDTH + e], k[j * WIDTH + e], sum);
  s[i * t + j] = sum * SCALE;
}

// Softmax of each row: a thread each, which walks through its row three times. Block 64, grid t / 64.
extern "C" __global__ void attention_naive_softmax_f32(float* s, int t) {
  float* row = s + (blockIdx.x * 64 + threadIdx.x) * t;
  float top = -INFINITY, sum = 0.f;
  for (int j = 0; j < t; j++) top = fmaxf(top, row[j]);
  for (int j = 0; j < t; j++) sum += expf(row[j] - top);
  for (int j = 0; j < t; j++) row[j] = expf(row[j] - top) / sum;
}

// Output: a thread each, block 64, grid t.
extern "C" __global__ void attention_naive_output_f32(const float* s, const float* v, float* y, int t) {
  float sum = 0.f;
  for (int j = 0; j < t; j++) sum = fmaf(s[blockIdx.x * t + j], v[j * WIDTH + threadIdx.x], sum);
  y[blockIdx.x * WIDTH + threadIdx.x] = sum;
}

extern __shared__ __align__(16) float tile[];

// A block of 64 rows to shared memory, rows WIDTH + 4 apart.
__device__ __forceinline__ void fetch(float* to, const float* from) { loadTile<64, WIDTH>(to, from, 64, WIDTH, 0, true); }

// Step 1, tiles: 64 x 64 scores at a time by products of tiles in shared memory, each number fetched from global memory
// serves 64 products. Scores still go to memory. 256 threads, grid (t / 64, t / 64), 2 tiles of shared memory.
extern "C" __global__ void __launch_bounds__(256, 1) attention_tiled_scores_f32(const float* q, const float* k, float* s, int t) {
  float *tq = tile, *tk = tile + 64 * tileRow<WIDTH>();
  int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
  float sum[4][4] = {};
  fetch(tq, q + blockIdx.y * 64 * WIDTH);
  fetch(tk, k + blockIdx.x * 64 * WIDTH);
  __syncthreads();
  rowsTimesRows<4, 4, WIDTH>(sum, tq, tk, ty, tx);
  for (int i = 0; i < 4; i++) {
    for (int j = 0; j < 4; j++) s[(blockIdx.y * 64 + ty * 4 + i) * t + blockIdx.x * 64 + tx + 16 * j] = sum[i][j] * SCALE;
  }
}

// Its softmax: a warp for each row, which reads the row twice (once for maximum and sum together: the sum is scaled down
// whenever the maximum grows) and side by side. Block 256, grid t / 8.
extern "C" __global__ void attention_tiled_softmax_f32(float* s, int t) {
  float* row = s + (blockIdx.x * 8 + threadIdx.x / 32) * t;
  float top = -INFINITY, sum = 0.f;
  for (int j = threadIdx.x % 32; j < t; j += 32) {
    float x = row[j], most = fmaxf(top, x);
    sum = sum * expf(top - most) + expf(x - most);
    top = most;
  }
  for (int w = 16; w > 0; w /= 2) {
    float other = __shfl_xor_sync(0xffffffffu, top, w), part = __shfl_xor_sync(0xffffffffu, sum, w);
    float most = fmaxf(top, other);
    sum = sum * expf(top - most) + part * expf(other - most);
    top = most;
  }
  for (int j = threadIdx.x % 32; j < t; j += 32) row[j] = expf(row[j] - top) / sum;
}

// Its output: 64 x 64 results, 256 threads, grid t / 64, 2 tiles.
extern "C" __global__ void __launch_bounds__(256, 1) attention_tiled_output_f32(const float* s, const float* v, float* y, int t) {
  float *tp = tile, *tv = tile + 64 * tileRow<WIDTH>();
  int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
  float o[4][4] = {}, one[4] = {1.f, 1.f, 1.f, 1.f};
  for (int j = 0; j < t; j += 64) {
    __syncthreads();
    loadTile<64, 64>(tp, s + blockIdx.x * 64 * t + j, 64, t, 0, true);
    fetch(tv, v + j * WIDTH);
    __syncthreads();
    timesTile<4, 64, WIDTH>(o, tp, tv, ty, tx);
  }
  writeRows<4, WIDTH>(y, o, one, blockIdx.x * 64, t, WIDTH, 0, ty, tx);
}

// Step 2, running softmax: one kernel, scores never leave the multiprocessor. A block keeps 64 queries and walks through
// the keys; when a row's maximum grows, its sum and output so far are scaled down. Global traffic is q, y and, for each 64
// queries, k and v once; memory for scores: none. 256 threads, grid t / 64, 3 tiles.
extern "C" __global__ void __launch_bounds__(256, 1)
    attention_running_f32(const float* q, const float* k, const float* v, float* y, int t) {
  float *tq = tile, *tkv = tq + 64 * tileRow<WIDTH>(), *tp = tkv + 64 * tileRow<WIDTH>();
  int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
  float o[4][4] = {}, top[4], sum[4] = {};
  for (int i = 0; i < 4; i++) top[i] = -INFINITY;
  fetch(tq, q + blockIdx.x * 64 * WIDTH);
  for (int j0 = 0; j0 < t; j0 += 64) {
    float s[4][4] = {};
    __syncthreads();
    fetch(tkv, k + j0 * WIDTH);
    __syncthreads();
    rowsTimesRows<4, 4, WIDTH>(s, tq, tkv, ty, tx);
#pragma unroll
    for (int i = 0; i < 4; i++) {
      float most = top[i];
      for (int j = 0; j < 4; j++) most = fmaxf(most, s[i][j] *= SCALE);
      for (int w = 8; w > 0; w /= 2) most = fmaxf(most, __shfl_xor_sync(0xffffffffu, most, w));
      float shrink = expf(top[i] - most);
      top[i] = most;
      sum[i] *= shrink;
      for (int j = 0; j < 4; j++) sum[i] += s[i][j] = expf(s[i][j] - most);
      for (int c = 0; c < 4; c++) o[i][c] *= shrink;
    }
    putScores<4, 4>(tp, s, ty, tx);
    __syncthreads();
    fetch(tkv, v + j0 * WIDTH);
    __syncthreads();
    timesTile<4, 64, WIDTH>(o, tp, tkv, ty, tx);
  }
#pragma unroll
  for (int i = 0; i < 4; i++) {
    for (int w = 8; w > 0; w /= 2) sum[i] += __shfl_xor_sync(0xffffffffu, sum[i], w);
    sum[i] = 1.f / sum[i];
  }
  writeRows<4, WIDTH>(y, o, sum, blockIdx.x * 64, t, WIDTH, 0, ty, tx);
}

// Step 3, tensor cores: operands in bf16, half the bytes; a warp instruction of 2048 multiply-adds instead of 32, operands
// by ldmatrix; weights go from one product to the next in registers, which spares their way through shared memory and two
// barriers. 128 threads = 4 warps of 16 queries, grid t / 64, 3 tiles of bf16.
extern "C" __global__ void __launch_bounds__(128, 1)
    attention_mma_bf16(const bf16* q, const bf16* k, const bf16* v, bf16* y, int t) {
  bf16 *tq = reinterpret_cast<bf16*>(tile), *tk = tq + 64 * mmaRow<WIDTH>(), *tv = tk + 64 * mmaRow<WIDTH>();
  int warp = threadIdx.x / 32;
  float o[8][4] = {}, top[2] = {-INFINITY, -INFINITY}, sum[2] = {};
  startTile<64, WIDTH>(tq, q + blockIdx.x * 64 * WIDTH, 64, WIDTH, true);
  for (int j0 = 0; j0 < t; j0 += 64) {
    startTile<64, WIDTH>(tk, k + j0 * WIDTH, 64, WIDTH, true);
    startTile<64, WIDTH>(tv, v + j0 * WIDTH, 64, WIDTH, true);
    commitCopies();
    awaitCopies<0>();
    __syncthreads();
    float s[8][4] = {};
    rowsTimesRows<8, WIDTH>(s, tq, warp * 16, tk);
#pragma unroll
    for (int half = 0; half < 2; half++) {
      float most = top[half];
#pragma unroll
      for (int n = 0; n < 16; n++) most = fmaxf(most, s[n / 2][2 * half + n % 2] *= SCALE * LOG2E);
      most = fmaxf(most, __shfl_xor_sync(0xffffffffu, most, 1));
      most = fmaxf(most, __shfl_xor_sync(0xffffffffu, most, 2));
      float shrink = power2(top[half] - most);
      top[half] = most;
      sum[half] *= shrink;
#pragma unroll
      for (int n = 0; n < 16; n++) {
        float& x = s[n / 2][2 * half + n % 2];
        sum[half] += x = power2(x - most);
        o[n / 2][2 * half + n % 2] *= shrink;
      }
    }
    timesTile<8, WIDTH>(o, s, tv);
    __syncthreads();
  }
#pragma unroll
  for (int half = 0; half < 2; half++) {
    sum[half] += __shfl_xor_sync(0xffffffffu, sum[half], 1);
    sum[half] += __shfl_xor_sync(0xffffffffu, sum[half], 2);
  }
  writeRows<WIDTH>(y + (blockIdx.x * 64 + warp * 16) * WIDTH, tq + warp * 16 * mmaRow<WIDTH>(), o, 1.f / sum[0], 1.f / sum[1], 16,
                   WIDTH, true);
}
