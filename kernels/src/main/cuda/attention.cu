// Scaled dot-product attention y = softmax(scale q k^T + bias) v in float32 arithmetic, forward and backward.
//
// Scores are computed tile by tile in shared memory and never stored: Milakov and Gimelshein 2018, "Online
// normalizer calculation for softmax" (running maximum and sum); Dao et al. 2022, "FlashAttention"; the loops of
// the backward pass as in Dao 2023, "FlashAttention-2": one kernel over blocks of keys for dk and dv, one over
// blocks of queries for dq, so that no sum crosses blocks. With P the weights, G the incoming gradient and
// delta_i = y_i . g_i: dv = P^T G, dS = P o (G v^T - delta), dq = scale dS k, dk = scale dS^T q.
// bf16 tensors of head size up to 128 take flash.cu; what this file does for bf16 is the general path.
//
// Layout: q [heads, t, d], k [heads, s, d], v [heads, s, dv], y and g [heads, t, dv], logSum and delta [heads, t]
// (float32, infinity for a query that sees nothing). Launch: 256 threads; grid.x = heads * blocks of rows * parts of
// the width. H is the width of a tile; heads no wider than H need one part ("resident": the block's own rows stay in
// shared memory), the general path cuts wider ones into parts and computes the scores anew for each.
// Shared memory: tiles of rows of H + 4 floats, as CudaAttention counts them; at most 85 KiB.
#include "common/attention_tiles.cuh"

extern __shared__ float tiles[];

template <int H, bool GENERAL>
__device__ __forceinline__ int parts(int width) {
  return GENERAL ? max(1, (width + H - 1) / H) : 1;
}

// Forward: blocks of 64 queries, 64 keys. Shared: q, k or v, weights.
template <typename T, int H, bool GENERAL>
__device__ __forceinline__ void forward(const T* q, const T* k, const T* v, const float* bias, const int* mask, T* y, float* logSum,
                                        const AttentionShape& a, float scale) {
  constexpr int BM = 64, BN = 64, R = 4, C = H / 16;
  float* tq = tiles;
  float* tkv = tq + BM * tileRow<H>();
  float* tp = tkv + BN * tileRow<H>();
  int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
  int widthParts = parts<H, GENERAL>(a.dv);
  int part = blockIdx.x % widthParts;
  int blocks = (a.t + BM - 1) / BM;
  int block = blockIdx.x / widthParts % blocks;
  int head = blockIdx.x / widthParts / blocks;
  int row0 = block * BM;
  Additions additions(a, bias, mask, head);
  q += (static_cast<long long>(head) * a.t + row0) * a.d;
  k += static_cast<long long>(head) * a.s * a.d;
  v += static_cast<long long>(head) * a.s * a.dv;
  float o[R][C] = {}, top[R], sum[R] = {};
  for (int i = 0; i < R; i++) top[i] = -INFINITY;
  for (int n0 = 0; n0 < a.s; n0 += BN) {
    float s[R][4] = {};
    for (int part0 = 0; part0 < parts<H, GENERAL>(a.d); part0++) {
      __syncthreads();
      if (GENERAL || n0 == 0) loadTile<BM, H>(tq, q, a.t - row0, a.d, part0 * H, a.aligned);
      loadTile<BN, H>(tkv, k + static_cast<long long>(n0) * a.d, a.s - n0, a.d, part0 * H, a.aligned);
      __syncthreads();
      rowsTimesRows<R, 4, H>(s, tq, tkv, ty, tx);
    }
#pragma unroll
    for (int i = 0; i < R; i++) {
      int row = row0 + ty * R + i;
      float most = top[i];
#pragma unroll
      for (int j = 0; j < 4; j++) {
        int column = n0 + tx + 16 * j;
        s[i][j] = row < a.t && column < a.s ? additions.apply(s[i][j] * scale, row, column) : -INFINITY;
        most = fmaxf(most, s[i][j]);
      }
#pragma unroll
      for (int w = 8; w > 0; w /= 2) most = fmaxf(most, __shfl_xor_sync(0xffffffffu, most, w));
      // Nothing seen yet: any finite maximum gives weights of zero.
      float base = most == -INFINITY ? 0.f : most;
      float shrink = expf(top[i] - base);
      top[i] = most;
      float part = 0.f;
#pragma unroll
      for (int j = 0; j < 4; j++) {
        s[i][j] = expf(s[i][j] - base);
        part += s[i][j];
      }
      sum[i] = sum[i] * shrink + part;
#pragma unroll
      for (int c = 0; c < C; c++) o[i][c] *= shrink;
    }
    putScores<R, 4>(tp, s, ty, tx);
    __syncthreads();
    loadTile<BN, H>(tkv, v + static_cast<long long>(n0) * a.dv, a.s - n0, a.dv, part * H, a.aligned);
    __syncthreads();
    timesTile<R, BN, H>(o, tp, tkv, ty, tx);
  }
  float inverse[R];
#pragma unroll
  for (int i = 0; i < R; i++) {
#pragma unroll
    for (int w = 8; w > 0; w /= 2) sum[i] += __shfl_xor_sync(0xffffffffu, sum[i], w);
    inverse[i] = sum[i] > 0.f ? 1.f / sum[i] : 0.f;
    int row = row0 + ty * R + i;
    if (tx == 0 && part == 0 && row < a.t) {
      logSum[static_cast<long long>(head) * a.t + row] = sum[i] > 0.f ? top[i] + logf(sum[i]) : INFINITY;
    }
  }
  writeRows<R, H>(y + static_cast<long long>(head) * a.t * a.dv, o, inverse, row0, a.t, a.dv, part * H, ty, tx);
}

// delta[i] = y_i . g_i: a warp for each row.
template <typename T>
__device__ __forceinline__ void delta(const T* y, const T* g, float* to, int rows, int width) {
  int row = static_cast<int>(firstElement() / 32);
  int lane = threadIdx.x % 32;
  float sum = 0.f;
  if (row < rows) {
    long long at = static_cast<long long>(row) * width;
    for (int i = lane; i < width; i += 32) sum = fmaf(load(y + at + i), load(g + at + i), sum);
  }
#pragma unroll
  for (int w = 16; w > 0; w /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, w);
  if (row < rows && lane == 0) to[row] = sum;
}

// What the three backward kernels read.
template <typename T>
struct Operands {
  const T *q, *k, *v, *g;
  const float *logSum, *delta;

  __device__ __forceinline__ Operands(const AttentionShape& a, const T* q, const T* k, const T* v, const T* g, const float* logSum,
                                      const float* delta, int head)
      : q(q + static_cast<long long>(head) * a.t * a.d),
        k(k + static_cast<long long>(head) * a.s * a.d),
        v(v + static_cast<long long>(head) * a.s * a.dv),
        g(g + static_cast<long long>(head) * a.t * a.dv),
        logSum(logSum + static_cast<long long>(head) * a.t),
        delta(delta + static_cast<long long>(head) * a.t) {}
};

// Tiles of BM queries and BN keys. `keep` says which pair of operands is loaded by the first call only.
enum Kept { NOTHING, QUERIES, KEYS };

template <int BM, int BN, int H>
struct BackwardTiles {
  static constexpr int R = BM / 16, N = BN / 16;
  float *q, *g, *k, *v;

  __device__ __forceinline__ explicit BackwardTiles(float* at)
      : q(at), g(q + BM * tileRow<H>()), k(g + BM * tileRow<H>()), v(k + BN * tileRow<H>()) {}

  static __device__ constexpr int floats() { return 2 * (BM + BN) * tileRow<H>(); }

  template <typename T>
  __device__ __forceinline__ void loadQueries(const AttentionShape& a, const Operands<T>& x, int row0, int part) {
    loadTile<BM, H>(q, x.q + static_cast<long long>(row0) * a.d, a.t - row0, a.d, part * H, a.aligned);
    loadTile<BM, H>(g, x.g + static_cast<long long>(row0) * a.dv, a.t - row0, a.dv, part * H, a.aligned);
  }

  template <typename T>
  __device__ __forceinline__ void loadKeys(const AttentionShape& a, const Operands<T>& x, int n0, int part) {
    loadTile<BN, H>(k, x.k + static_cast<long long>(n0) * a.d, a.s - n0, a.d, part * H, a.aligned);
    loadTile<BN, H>(v, x.v + static_cast<long long>(n0) * a.dv, a.s - n0, a.dv, part * H, a.aligned);
  }

  // Weights and the scores' gradient of queries from row0 and keys from n0.
  template <bool GENERAL, typename T>
  __device__ __forceinline__ void scores(float (&p)[R][N], float (&ds)[R][N], const AttentionShape& a, const Operands<T>& x,
                                         const Additions& additions, float scale, int row0, int n0, bool loadQ, bool loadK, int ty,
                                         int tx) {
#pragma unroll
    for (int i = 0; i < R; i++) {
#pragma unroll
      for (int j = 0; j < N; j++) p[i][j] = ds[i][j] = 0.f;
    }
    int count = max(parts<H, GENERAL>(a.d), parts<H, GENERAL>(a.dv));
    for (int part = 0; part < count; part++) {
      __syncthreads();
      if (GENERAL || loadQ) loadQueries(a, x, row0, part);
      if (GENERAL || loadK) loadKeys(a, x, n0, part);
      __syncthreads();
      rowsTimesRows<R, N, H>(p, q, k, ty, tx);
      rowsTimesRows<R, N, H>(ds, g, v, ty, tx);
    }
#pragma unroll
    for (int i = 0; i < R; i++) {
      int row = row0 + ty * R + i;
      float log = row < a.t ? x.logSum[row] : INFINITY;
      float dot = row < a.t ? x.delta[row] : 0.f;
#pragma unroll
      for (int j = 0; j < N; j++) {
        int column = n0 + tx + 16 * j;
        bool inside = row < a.t && column < a.s;
        p[i][j] = inside ? expf(additions.apply(p[i][j] * scale, row, column) - log) : 0.f;
        ds[i][j] = p[i][j] * (ds[i][j] - dot);
      }
    }
  }
};

template <int R>
__device__ __forceinline__ void fill(float (&x)[R], float value) {
#pragma unroll
  for (int i = 0; i < R; i++) x[i] = value;
}

// dk, dv of a block of keys: runs over the blocks of queries.
template <typename T, int BM, int BN, int H, bool GENERAL>
__device__ __forceinline__ void keyGradients(const T* q, const T* k, const T* v, const float* bias, const int* mask, const float* logSum,
                                             const float* delta, const T* g, T* dk, T* dv, const AttentionShape& a, float scale) {
  typedef BackwardTiles<BM, BN, H> Tiles;
  constexpr int R = Tiles::R, N = Tiles::N, C = H / 16;
  Tiles tile(tiles);
  float* tp = tiles + Tiles::floats();
  float* tds = tp + BM * tileRow<BN>();
  int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
  int widthParts = max(parts<H, GENERAL>(a.d), parts<H, GENERAL>(a.dv));
  int part = blockIdx.x % widthParts;
  int blocks = (a.s + BN - 1) / BN;
  int n0 = blockIdx.x / widthParts % blocks * BN;
  int head = blockIdx.x / widthParts / blocks;
  Additions additions(a, bias, mask, head);
  Operands<T> x(a, q, k, v, g, logSum, delta, head);
  float ok[N][C] = {}, ov[N][C] = {};
  for (int row0 = 0; row0 < a.t; row0 += BM) {
    float p[R][N], ds[R][N];
    tile.template scores<GENERAL>(p, ds, a, x, additions, scale, row0, n0, true, row0 == 0, ty, tx);
    putScores<R, N>(tp, p, ty, tx);
    putScores<R, N>(tds, ds, ty, tx);
    if (GENERAL) {
      __syncthreads();
      tile.loadQueries(a, x, row0, part);
    }
    __syncthreads();
    transposedTimesTile<N, BN, BM, H>(ov, tp, tile.g, ty, tx);
    transposedTimesTile<N, BN, BM, H>(ok, tds, tile.q, ty, tx);
  }
  float factor[N];
  fill(factor, scale);
  writeRows<N, H>(dk + static_cast<long long>(head) * a.s * a.d, ok, factor, n0, a.s, a.d, part * H, ty, tx);
  fill(factor, 1.f);
  writeRows<N, H>(dv + static_cast<long long>(head) * a.s * a.dv, ov, factor, n0, a.s, a.dv, part * H, ty, tx);
}

// dq of a block of queries: runs over the blocks of keys.
template <typename T, int BM, int BN, int H, bool GENERAL>
__device__ __forceinline__ void queryGradients(const T* q, const T* k, const T* v, const float* bias, const int* mask, const float* logSum,
                                               const float* delta, const T* g, T* dq, const AttentionShape& a, float scale) {
  typedef BackwardTiles<BM, BN, H> Tiles;
  constexpr int R = Tiles::R, N = Tiles::N, C = H / 16;
  Tiles tile(tiles);
  float* tds = tiles + Tiles::floats();
  int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
  int widthParts = parts<H, GENERAL>(a.d);
  int part = blockIdx.x % widthParts;
  int blocks = (a.t + BM - 1) / BM;
  int row0 = blockIdx.x / widthParts % blocks * BM;
  int head = blockIdx.x / widthParts / blocks;
  Additions additions(a, bias, mask, head);
  Operands<T> x(a, q, k, v, g, logSum, delta, head);
  float o[R][C] = {};
  for (int n0 = 0; n0 < a.s; n0 += BN) {
    float p[R][N], ds[R][N];
    tile.template scores<GENERAL>(p, ds, a, x, additions, scale, row0, n0, n0 == 0, true, ty, tx);
    putScores<R, N>(tds, ds, ty, tx);
    if (GENERAL) {
      __syncthreads();
      tile.loadKeys(a, x, n0, part);
    }
    __syncthreads();
    timesTile<R, BN, H>(o, tds, tile.k, ty, tx);
  }
  float factor[R];
  fill(factor, scale);
  writeRows<R, H>(dq + static_cast<long long>(head) * a.t * a.d, o, factor, row0, a.t, a.d, part * H, ty, tx);
}

// A part of the bias' gradient, partial[part][group][rows][s], rows = t or 1: the block owns a tile of the bias and
// adds up the scores' gradients of the heads (and, where they share a row, blocks of queries) that use it, in order.
template <typename T, int BM, int BN, int H, bool GENERAL>
__device__ __forceinline__ void biasGradients(const T* q, const T* k, const T* v, const float* bias, const int* mask, const float* logSum,
                                              const float* delta, const T* g, float* partial, const AttentionShape& a,
                                              const BiasSharing& b, float scale) {
  typedef BackwardTiles<BM, BN, H> Tiles;
  constexpr int R = Tiles::R, N = Tiles::N;
  Tiles tile(tiles);
  float* column = tiles + Tiles::floats();
  int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
  int rows = a.biasRow == 0 ? 1 : a.t;
  int rowBlocks = (rows + BM - 1) / BM, columnBlocks = (a.s + BN - 1) / BN;
  int queryBlocks = (a.t + BM - 1) / BM;
  int n0 = blockIdx.x % columnBlocks * BN;
  int block0 = blockIdx.x / columnBlocks % rowBlocks;
  int group = blockIdx.x / columnBlocks / rowBlocks;
  int groups = gridDim.x / columnBlocks / rowBlocks;
  int first = blockIdx.y * b.each;
  float o[R][N] = {};
  for (int unit = first; unit < min(b.units, first + b.each); unit++) {
    int r = a.biasRow == 0 ? unit / queryBlocks : unit;
    int row0 = (a.biasRow == 0 ? unit % queryBlocks : block0) * BM;
    int head = sharingHead(a, b, group, r);
    Additions additions(a, bias, mask, head);
    Operands<T> x(a, q, k, v, g, logSum, delta, head);
    float p[R][N], ds[R][N];
    tile.template scores<GENERAL>(p, ds, a, x, additions, scale, row0, n0, true, true, ty, tx);
#pragma unroll
    for (int i = 0; i < R; i++) {
#pragma unroll
      for (int j = 0; j < N; j++) o[i][j] += ds[i][j];
    }
  }
  float* to = partial + (static_cast<long long>(blockIdx.y) * groups + group) * rows * a.s;
  if (a.biasRow != 0) {
#pragma unroll
    for (int i = 0; i < R; i++) {
      int row = block0 * BM + ty * R + i;
#pragma unroll
      for (int j = 0; j < N; j++) {
        int c = n0 + tx + 16 * j;
        if (row < a.t && c < a.s) to[static_cast<long long>(row) * a.s + c] = o[i][j];
      }
    }
    return;
  }
  putScores<R, N>(column, o, ty, tx);
  __syncthreads();
  int c = n0 + threadIdx.x;
  if (threadIdx.x < BN && c < a.s) {
    float sum = 0.f;
    for (int i = 0; i < BM; i++) sum += column[i * tileRow<BN>() + threadIdx.x];
    to[c] = sum;
  }
}

#define OPERANDS(T) const T *q, const T *k, const T *v, const float *bias, const int *mask
#define SAVED(T) const float *logSum, const float *delta, const T *g
#define KERNEL extern "C" __global__ void __launch_bounds__(TILE_THREADS, 1)

// WHAT_TYPE kernels for tiles of width H. KM, KN: queries and keys of a tile in keyGradients; QM, QN in queryGradients
// and biasGradients.
#define ATTENTION(WHAT, T, TYPE, H, GENERAL, KM, KN, QM, QN)                                                                            \
  KERNEL attention_forward_##WHAT##_##TYPE(OPERANDS(T), T* y, float* logSum, AttentionShape a, float scale) {                           \
    forward<T, H, GENERAL>(q, k, v, bias, mask, y, logSum, a, scale);                                                                   \
  }                                                                                                                                     \
  KERNEL attention_keys_##WHAT##_##TYPE(OPERANDS(T), SAVED(T), T* dk, T* dv, AttentionShape a, float scale) {                           \
    keyGradients<T, KM, KN, H, GENERAL>(q, k, v, bias, mask, logSum, delta, g, dk, dv, a, scale);                                       \
  }                                                                                                                                     \
  KERNEL attention_queries_##WHAT##_##TYPE(OPERANDS(T), SAVED(T), T* dq, AttentionShape a, float scale) {                               \
    queryGradients<T, QM, QN, H, GENERAL>(q, k, v, bias, mask, logSum, delta, g, dq, a, scale);                                         \
  }                                                                                                                                     \
  KERNEL attention_bias_##WHAT##_##TYPE(OPERANDS(T), SAVED(T), float* partial, AttentionShape a, BiasSharing b, float scale) {          \
    biasGradients<T, QM, QN, H, GENERAL>(q, k, v, bias, mask, logSum, delta, g, partial, a, b, scale);                                  \
  }

ATTENTION(h16, float, f32, 16, false, 64, 64, 64, 64)
ATTENTION(h32, float, f32, 32, false, 64, 64, 64, 64)
ATTENTION(h64, float, f32, 64, false, 32, 64, 64, 32)
ATTENTION(h128, float, f32, 128, false, 32, 32, 32, 32)
ATTENTION(general, float, f32, 64, true, 32, 64, 64, 32)
ATTENTION(general, bf16, bf16, 64, true, 32, 64, 64, 32)

extern "C" __global__ void attention_delta_f32(const float* y, const float* g, float* to, int rows, int width) {
  delta(y, g, to, rows, width);
}
extern "C" __global__ void attention_delta_bf16(const bf16* y, const bf16* g, float* to, int rows, int width) {
  delta(y, g, to, rows, width);
}

// to[i] = sum over parts of partial[part][i], in order.
extern "C" __global__ void attention_sum_f32(const float* partial, float* to, int n, int count) {
  for (long long i = firstElement(); i < n; i += elementStride()) {
    float sum = 0.f;
    for (int part = 0; part < count; part++) sum += partial[part * static_cast<long long>(n) + i];
    to[i] = sum;
  }
}
