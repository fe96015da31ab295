// Scaled dot-product attention y = softmax(scale q k^T + bias) v of bf16 tensors on tensor cores, forward and
// backward, for heads up to 128 wide (wider ones: attention.cu, general path).
//
// Scheme: Dao 2023, "FlashAttention-2": scores stay in registers, running maximum and sum for each query, tiles of
// keys and values double-buffered by cp.async; backward with one kernel over blocks of keys (dk, dv), one over blocks
// of queries (dq) and one over tiles of the bias, all of which compute the scores anew from the saved logarithm of
// each query's sum, so that no sum crosses blocks and every run gives the same bits.
//
// Layout: q [heads, t, d], k [heads, s, d], v [heads, s, dv], y and g [heads, t, dv] in bf16; bias, logSum, delta in
// float32. Launch: 128 threads = 4 warps of 16 rows each (32 in the forward pass of many queries); grid.x = heads *
// blocks of rows. H, the width of a tile, is 16, 32, 64 or 128: the least that holds d and dv.
// Dynamic shared memory, in rows of H + 8 bf16 (see also CudaAttention): forward rows of q + 4 BN; keys 2 * 64 + 4 BM and
// 16 BM bytes; queries 2 * 64 + 4 BN; bias 256. At most 87 KiB.
#include "common/attention_mma.cuh"

extern __shared__ __align__(16) unsigned char tiles[];

// M: blocks of 16 queries for each warp. BN: keys of a tile.
template <int H, int M, int BN>
__device__ __forceinline__ void forward(const bf16* q, const bf16* k, const bf16* v, const float* bias, const int* mask, bf16* y,
                                        float* logSum, const AttentionShape& a, float scale) {
  constexpr int BM = 64 * M, N = BN / 8, STAGE = 2 * BN * mmaRow<H>();
  bf16* tq = reinterpret_cast<bf16*>(tiles);
  bf16* tkv = tq + BM * mmaRow<H>();
  int warp = threadIdx.x / 32, g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
  int blocks = (a.t + BM - 1) / BM;
  int row0 = blockIdx.x % blocks * BM;
  int head = blockIdx.x / blocks;
  Additions additions(a, bias, mask, head);
  bool added = bias != nullptr || mask != nullptr;
  k += static_cast<long long>(head) * a.s * a.d;
  v += static_cast<long long>(head) * a.s * a.dv;
  startTile<BM, H>(tq, q + (static_cast<long long>(head) * a.t + row0) * a.d, a.t - row0, a.d, a.aligned);
  if (a.s > 0) {
    startTile<BN, H>(tkv, k, a.s, a.d, a.aligned);
    startTile<BN, H>(tkv + BN * mmaRow<H>(), v, a.s, a.dv, a.aligned);
  }
  commitCopies();
  float o[M][H / 8][4] = {}, top[M][2], sum[M][2] = {};
#pragma unroll
  for (int m = 0; m < M; m++) top[m][0] = top[m][1] = -INFINITY;
  int stage = 0;
#pragma unroll 1
  for (int n0 = 0; n0 < a.s; n0 += BN, stage ^= 1) {
    int next = n0 + BN;
    if (next < a.s) {
      bf16* to = tkv + (stage ^ 1) * STAGE;
      startTile<BN, H>(to, k + static_cast<long long>(next) * a.d, a.s - next, a.d, a.aligned);
      startTile<BN, H>(to + BN * mmaRow<H>(), v + static_cast<long long>(next) * a.dv, a.s - next, a.dv, a.aligned);
    }
    commitCopies();
    awaitCopies<1>();
    __syncthreads();
    const bf16* tk = tkv + stage * STAGE;
    const bf16* tv = tk + BN * mmaRow<H>();
    float s[M][N][4] = {};
#pragma unroll
    for (int kk = 0; kk < H; kk += 16) {
      unsigned left[M][4];
#pragma unroll
      for (int m = 0; m < M; m++) loadMatrices(left[m], blockRows<H>(tq, (warp * M + m) * 16, kk));
#pragma unroll
      for (int n = 0; n < N; n += 2) {
        unsigned right[4];
        loadMatrices(right, blockColumns<H>(tk, n * 8, kk));
#pragma unroll
        for (int m = 0; m < M; m++) {
          multiply(s[m][n], left[m], right[0], right[1]);
          multiply(s[m][n + 1], left[m], right[2], right[3]);
        }
      }
    }
    bool edge = next > a.s;
#pragma unroll
    for (int m = 0; m < M; m++) {
#pragma unroll
      for (int half = 0; half < 2; half++) {
        int row = row0 + (warp * M + m) * 16 + g + 8 * half;
        float most = top[m][half];
#pragma unroll
        for (int n = 0; n < N; n++) {
#pragma unroll
          for (int e = 0; e < 2; e++) {
            float& x = s[m][n][2 * half + e];
            int column = n0 + n * 8 + 2 * t + e;
            x *= scale;
            if (added && row < a.t && column < a.s) x = additions.apply(x, row, column);
            if (edge && column >= a.s) x = -INFINITY;
            x *= LOG2E;
            most = fmaxf(most, x);
          }
        }
        most = fmaxf(most, __shfl_xor_sync(0xffffffffu, most, 1));
        most = fmaxf(most, __shfl_xor_sync(0xffffffffu, most, 2));
        // Nothing seen yet: any finite maximum gives weights of zero.
        float base = most == -INFINITY ? 0.f : most;
        float shrink = power2(top[m][half] - base);
        top[m][half] = most;
        float part = 0.f;
#pragma unroll
        for (int n = 0; n < N; n++) {
#pragma unroll
          for (int e = 0; e < 2; e++) {
            float& x = s[m][n][2 * half + e];
            x = power2(x - base);
            part += x;
          }
        }
        sum[m][half] = sum[m][half] * shrink + part;
#pragma unroll
        for (int c = 0; c < H / 8; c++) {
          o[m][c][2 * half] *= shrink;
          o[m][c][2 * half + 1] *= shrink;
        }
      }
    }
#pragma unroll
    for (int n = 0; n < N; n += 2) {
      unsigned left[M][4];
#pragma unroll
      for (int m = 0; m < M; m++) asOperand(left[m], s[m][n], s[m][n + 1]);
#pragma unroll
      for (int c = 0; c < H / 8; c += 2) {
        unsigned right[4];
        loadTransposed(right, blockRows<H>(tv, n * 8, c * 8));
#pragma unroll
        for (int m = 0; m < M; m++) {
          multiply(o[m][c], left[m], right[0], right[1]);
          multiply(o[m][c + 1], left[m], right[2], right[3]);
        }
      }
    }
    __syncthreads();
  }
  if (a.s == 0) {
    awaitCopies<0>();
    __syncthreads();
  }
#pragma unroll
  for (int m = 0; m < M; m++) {
    int first = (warp * M + m) * 16;
    float inverse[2];
#pragma unroll
    for (int half = 0; half < 2; half++) {
      float l = sum[m][half];
      l += __shfl_xor_sync(0xffffffffu, l, 1);
      l += __shfl_xor_sync(0xffffffffu, l, 2);
      inverse[half] = l > 0.f ? 1.f / l : 0.f;
      int row = row0 + first + g + 8 * half;
      if (t == 0 && row < a.t) {
        logSum[static_cast<long long>(head) * a.t + row] = l > 0.f ? top[m][half] * LN2 + logf(l) : INFINITY;
      }
    }
    writeRows<H>(y + (static_cast<long long>(head) * a.t + row0 + first) * a.dv, tq + first * mmaRow<H>(), o[m], inverse[0], inverse[1],
                 a.t - row0 - first, a.dv, a.aligned);
  }
}

// dk, dv of 64 keys: runs over the blocks of BM queries. Scores are kept transposed, keys by queries.
template <int H, int BM>
__device__ __forceinline__ void keyGradients(const bf16* q, const bf16* k, const bf16* v, const float* bias, const int* mask,
                                             const float* logSum, const float* delta, const bf16* g, bf16* dk, bf16* dv,
                                             const AttentionShape& a, float scale) {
  constexpr int BN = 64, N = BM / 8, STAGE = 2 * BM * mmaRow<H>();
  bf16* tk = reinterpret_cast<bf16*>(tiles);
  bf16* tv = tk + BN * mmaRow<H>();
  bf16* tqg = tv + BN * mmaRow<H>();
  float* sums = reinterpret_cast<float*>(tqg + 2 * STAGE);  // 2 stages of BM log sums, in units of log2, and BM deltas
  int warp = threadIdx.x / 32, group = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
  int blocks = (a.s + BN - 1) / BN;
  int n0 = blockIdx.x % blocks * BN;
  int head = blockIdx.x / blocks;
  Additions additions(a, bias, mask, head);
  bool added = bias != nullptr || mask != nullptr;
  Operands x(a, q, k, v, g, logSum, delta, head);
  float ok[H / 8][4] = {}, ov[H / 8][4] = {};
  x.startKeys<BN, H>(tk, a, n0);
  int stage = 0;
#pragma unroll 1
  for (int next = 0; next < a.t + BM; next += BM, stage ^= 1) {
    if (next < a.t) {
      x.startQueries<BM, H>(tqg + stage * STAGE, a, next);
      for (int i = threadIdx.x; i < BM; i += MMA_THREADS) {
        sums[stage * 2 * BM + i] = next + i < a.t ? x.logSum[next + i] * LOG2E : INFINITY;
        sums[stage * 2 * BM + BM + i] = next + i < a.t ? x.delta[next + i] : 0.f;
      }
    }
    commitCopies();
    int row0 = next - BM;
    if (row0 < 0) continue;
    awaitCopies<1>();
    __syncthreads();
    const bf16* tq = tqg + (stage ^ 1) * STAGE;
    const bf16* tg = tq + BM * mmaRow<H>();
    const float* sum = sums + (stage ^ 1) * 2 * BM;
    float p[N][4] = {}, ds[N][4] = {};
    rowsTimesRows<N, H>(p, tk, warp * 16, tq);
    rowsTimesRows<N, H>(ds, tv, warp * 16, tg);
#pragma unroll
    for (int n = 0; n < N; n++) {
#pragma unroll
      for (int e = 0; e < 4; e++) {
        int i = n * 8 + 2 * t + e % 2;
        weigh(p[n][e], ds[n][e], a, additions, added, scale, sum[i], sum[BM + i], row0 + i, n0 + warp * 16 + group + e / 2 * 8);
      }
    }
    timesTile<N, H>(ov, p, tg);
    timesTile<N, H>(ok, ds, tq);
    __syncthreads();
  }
  awaitCopies<0>();
  __syncthreads();
  int first = warp * 16;
  long long at = static_cast<long long>(head) * a.s + n0 + first;
  writeRows<H>(dk + at * a.d, tk + first * mmaRow<H>(), ok, scale, scale, a.s - n0 - first, a.d, a.aligned);
  writeRows<H>(dv + at * a.dv, tv + first * mmaRow<H>(), ov, 1.f, 1.f, a.s - n0 - first, a.dv, a.aligned);
}

// dq of 64 queries: runs over the blocks of BN keys.
template <int H, int BN>
__device__ __forceinline__ void queryGradients(const bf16* q, const bf16* k, const bf16* v, const float* bias, const int* mask,
                                               const float* logSum, const float* delta, const bf16* g, bf16* dq,
                                               const AttentionShape& a, float scale) {
  constexpr int BM = 64, N = BN / 8, STAGE = 2 * BN * mmaRow<H>();
  bf16* tq = reinterpret_cast<bf16*>(tiles);
  bf16* tg = tq + BM * mmaRow<H>();
  bf16* tkv = tg + BM * mmaRow<H>();
  int warp = threadIdx.x / 32, group = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
  int blocks = (a.t + BM - 1) / BM;
  int row0 = blockIdx.x % blocks * BM;
  int head = blockIdx.x / blocks;
  Additions additions(a, bias, mask, head);
  bool added = bias != nullptr || mask != nullptr;
  Operands x(a, q, k, v, g, logSum, delta, head);
  float log[2], dot[2];
#pragma unroll
  for (int half = 0; half < 2; half++) {
    int row = row0 + warp * 16 + group + 8 * half;
    log[half] = row < a.t ? x.logSum[row] * LOG2E : INFINITY;
    dot[half] = row < a.t ? x.delta[row] : 0.f;
  }
  float o[H / 8][4] = {};
  x.startQueries<BM, H>(tq, a, row0);
  int stage = 0;
#pragma unroll 1
  for (int next = 0; next < a.s + BN; next += BN, stage ^= 1) {
    if (next < a.s) x.startKeys<BN, H>(tkv + stage * STAGE, a, next);
    commitCopies();
    int n0 = next - BN;
    if (n0 < 0) continue;
    awaitCopies<1>();
    __syncthreads();
    const bf16* tk = tkv + (stage ^ 1) * STAGE;
    const bf16* tv = tk + BN * mmaRow<H>();
    float p[N][4] = {}, ds[N][4] = {};
    rowsTimesRows<N, H>(p, tq, warp * 16, tk);
    rowsTimesRows<N, H>(ds, tg, warp * 16, tv);
#pragma unroll
    for (int n = 0; n < N; n++) {
#pragma unroll
      for (int e = 0; e < 4; e++) {
        weigh(p[n][e], ds[n][e], a, additions, added, scale, log[e / 2], dot[e / 2], row0 + warp * 16 + group + e / 2 * 8,
              n0 + n * 8 + 2 * t + e % 2);
      }
    }
    timesTile<N, H>(o, ds, tk);
    __syncthreads();
  }
  awaitCopies<0>();
  __syncthreads();
  int first = warp * 16;
  writeRows<H>(dq + (static_cast<long long>(head) * a.t + row0 + first) * a.d, tq + first * mmaRow<H>(), o, scale, scale,
               a.t - row0 - first, a.d, a.aligned);
}

// A part of the bias' gradient, as attention.cu describes: 64 queries by 64 keys, summed over the heads that share them.
template <int H>
__device__ __forceinline__ void biasGradients(const bf16* q, const bf16* k, const bf16* v, const float* bias, const int* mask,
                                              const float* logSum, const float* delta, const bf16* g, float* partial,
                                              const AttentionShape& a, const BiasSharing& b, float scale) {
  constexpr int B = 64, N = B / 8;
  bf16* tq = reinterpret_cast<bf16*>(tiles);
  bf16* tk = tq + 2 * B * mmaRow<H>();
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32, t = threadIdx.x % 4;
  int rows = a.biasRow == 0 ? 1 : a.t;
  int rowBlocks = (rows + B - 1) / B, columnBlocks = (a.s + B - 1) / B, queryBlocks = (a.t + B - 1) / B;
  int n0 = blockIdx.x % columnBlocks * B;
  int block0 = blockIdx.x / columnBlocks % rowBlocks;
  int group = blockIdx.x / columnBlocks / rowBlocks;
  int groups = gridDim.x / columnBlocks / rowBlocks;
  int first = blockIdx.y * b.each;
  float o[N][4] = {};
#pragma unroll 1
  for (int unit = first; unit < min(b.units, first + b.each); unit++) {
    int r = a.biasRow == 0 ? unit / queryBlocks : unit;
    int row0 = (a.biasRow == 0 ? unit % queryBlocks : block0) * B;
    int head = sharingHead(a, b, group, r);
    Additions additions(a, bias, mask, head);
    Operands x(a, q, k, v, g, logSum, delta, head);
    x.startQueries<B, H>(tq, a, row0);
    x.startKeys<B, H>(tk, a, n0);
    commitCopies();
    awaitCopies<0>();
    __syncthreads();
    float p[N][4] = {}, ds[N][4] = {};
    rowsTimesRows<N, H>(p, tq, warp * 16, tk);
    rowsTimesRows<N, H>(ds, tq + B * mmaRow<H>(), warp * 16, tk + B * mmaRow<H>());
#pragma unroll
    for (int half = 0; half < 2; half++) {
      int row = row0 + warp * 16 + lane / 4 + 8 * half;
      float log = row < a.t ? x.logSum[row] * LOG2E : INFINITY;
      float dot = row < a.t ? x.delta[row] : 0.f;
#pragma unroll
      for (int n = 0; n < N; n++) {
#pragma unroll
        for (int e = 2 * half; e < 2 * half + 2; e++) {
          weigh(p[n][e], ds[n][e], a, additions, true, scale, log, dot, row, n0 + n * 8 + 2 * t + e % 2);
          o[n][e] += ds[n][e];
        }
      }
    }
    __syncthreads();
  }
  float* to = partial + (static_cast<long long>(blockIdx.y) * groups + group) * rows * a.s;
  // Columns are summed over the queries of the block where all of them share a row: in the warp, then over the warps.
  float* column = reinterpret_cast<float*>(tiles);
#pragma unroll
  for (int n = 0; n < N; n++) {
#pragma unroll
    for (int e = 0; e < 2; e++) {
      int c = n * 8 + 2 * t + e;
      if (a.biasRow != 0) {
#pragma unroll
        for (int half = 0; half < 2; half++) {
          int row = block0 * B + warp * 16 + lane / 4 + 8 * half;
          if (row < a.t && n0 + c < a.s) to[static_cast<long long>(row) * a.s + n0 + c] = o[n][2 * half + e];
        }
      } else {
        float sum = o[n][e] + o[n][e + 2];
#pragma unroll
        for (int w = 4; w < 32; w *= 2) sum += __shfl_xor_sync(0xffffffffu, sum, w);
        if (lane < 4) column[warp * B + c] = sum;
      }
    }
  }
  __syncthreads();
  int c = threadIdx.x;
  if (a.biasRow == 0 && c < B && n0 + c < a.s) {
    to[n0 + c] = (column[c] + column[B + c]) + (column[2 * B + c] + column[3 * B + c]);
  }
}

#define OPERANDS const bf16 *q, const bf16 *k, const bf16 *v, const float *bias, const int *mask
#define SAVED const float *logSum, const float *delta, const bf16 *g
#define KERNEL extern "C" __global__ void __launch_bounds__(MMA_THREADS, 1)

// BN: keys of a tile in forward, BM: queries of a tile in keys, QN: keys of a tile in queries.
#define FLASH(H, BN, BM, QN) \
  KERNEL flash_short_h##H##_bf16(OPERANDS, bf16* y, float* logSum, const __grid_constant__ AttentionShape a, float scale) { \
    forward<H, 1, 64>(q, k, v, bias, mask, y, logSum, a, scale); \
  } \
  KERNEL flash_forward_h##H##_bf16(OPERANDS, bf16* y, float* logSum, const __grid_constant__ AttentionShape a, float scale) { \
    forward<H, 2, BN>(q, k, v, bias, mask, y, logSum, a, scale); \
  } \
  KERNEL flash_keys_h##H##_bf16(OPERANDS, SAVED, bf16* dk, bf16* dv, const __grid_constant__ AttentionShape a, float scale) { \
    keyGradients<H, BM>(q, k, v, bias, mask, logSum, delta, g, dk, dv, a, scale); \
  } \
  KERNEL flash_queries_h##H##_bf16(OPERANDS, SAVED, bf16* dq, const __grid_constant__ AttentionShape a, float scale) { \
    queryGradients<H, QN>(q, k, v, bias, mask, logSum, delta, g, dq, a, scale); \
  } \
  KERNEL flash_bias_h##H##_bf16(OPERANDS, SAVED, float* partial, const __grid_constant__ AttentionShape a, const __grid_constant__ BiasSharing b, float scale) { \
    biasGradients<H>(q, k, v, bias, mask, logSum, delta, g, partial, a, b, scale); \
  }

FLASH(16, 64, 64, 64)
FLASH(32, 64, 64, 64)
FLASH(64, 64, 64, 64)
FLASH(128, 32, 32, 32)
