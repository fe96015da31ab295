// Softmax and log-softmax along the last axis of [rows, n], and their gradients.
//
//   y_i = exp(x_i - max) / sum_j exp(x_j - max)          dx = y (g - sum(g y))
//   y_i = x_i - max - log sum_j exp(x_j - max)           dx = g - exp(y) sum(g)
//
// Each element is read once and written once:
//   narrow  n <= 32          128 rows of a block go through shared memory, a thread per row; shared: slot(128 n) floats per input
//   256     n <= 8 lanes     `lanes` threads of a warp (a power of two) per row, held in 8 registers per lane and input; 128 threads
//   1024    n <= 1024        the same with a whole warp and 32 registers; 16-byte aligned rows only
//   block   any n            a block of 256 threads per row; the row is kept in shared memory when `cached` (n floats per input),
//                            and read a second time otherwise. Maximum and sum are found in one pass (Milakov and Gimelshein
//                            2018, Online normalizer calculation for softmax, arXiv 1805.02867).
// Otherwise rows of warps and blocks are read 16 bytes at a time where addresses and n allow it.
#include "common/sums.cuh"
#include "common/tile.cuh"

template <typename T>
__device__ __forceinline__ void narrow(const T* x, T* y, int rows, int n, int log) {
  float* tile = sharedFloats();
  int first = blockIdx.x * blockDim.x;
  int count = min(static_cast<int>(blockDim.x), rows - first) * n;
  x += static_cast<long long>(first) * n;
  y += static_cast<long long>(first) * n;
  tileIn(x, count, tile);
  __syncthreads();
  int o = threadIdx.x * n;
  if (o < count) {
    float top = tile[slot(o)];
    for (int i = 1; i < n; i++) top = fmaxf(top, tile[slot(o + i)]);
    float sum = 0.f;
    for (int i = 0; i < n; i++) {
      float d = tile[slot(o + i)] - top;
      float e = expf(d);
      sum += e;
      tile[slot(o + i)] = log ? d : e;
    }
    float scale = log ? logf(sum) : 1.f / sum;
    for (int i = 0; i < n; i++) {
      float v = tile[slot(o + i)];
      tile[slot(o + i)] = log ? v - scale : v * scale;
    }
  }
  __syncthreads();
  tileOut(tile, count, y);
}

template <typename T>
__device__ __forceinline__ void narrowGradient(const T* y, const T* g, T* dx, int rows, int n, int log) {
  float* tile = sharedFloats();
  float* other = tile + slot(blockDim.x * n);
  int first = blockIdx.x * blockDim.x;
  int count = min(static_cast<int>(blockDim.x), rows - first) * n;
  long long at = static_cast<long long>(first) * n;
  tileIn(y + at, count, tile);
  tileIn(g + at, count, other);
  __syncthreads();
  int o = threadIdx.x * n;
  if (o < count) {
    float sum = 0.f;
    for (int i = 0; i < n; i++) sum += other[slot(o + i)] * (log ? 1.f : tile[slot(o + i)]);
    for (int i = 0; i < n; i++) {
      float v = tile[slot(o + i)];
      float d = other[slot(o + i)];
      tile[slot(o + i)] = log ? d - expf(v) * sum : v * (d - sum);
    }
  }
  __syncthreads();
  tileOut(tile, count, dx + at);
}

// A row of at most K elements for each of `lanes` threads, in their registers, W neighbours at a time. Threads of a group beyond
// the last row take part with n = 0.
template <typename T, int K, int W>
__device__ __forceinline__ void warpRow(const T* x, T* y, int n, int lanes, int log) {
  int lane = threadIdx.x & (lanes - 1);
  float v[K];
  float top = -INFINITY;
#pragma unroll
  for (int k = 0; k < K; k += W) {
    int c = k * lanes + lane * W;
    if (c < n) {
      read<W>(x + c, v + k);
#pragma unroll
      for (int i = 0; i < W; i++) top = fmaxf(top, v[k + i]);
    }
  }
  top = laneMax(top, lanes);
  float sum = 0.f;
#pragma unroll
  for (int k = 0; k < K; k += W) {
    int c = k * lanes + lane * W;
    if (c < n) {
#pragma unroll
      for (int i = 0; i < W; i++) {
        float d = v[k + i] - top;
        float e = expf(d);
        sum += e;
        v[k + i] = log ? d : e;
      }
    }
  }
  sum = laneSum(sum, lanes);
  float scale = log ? logf(sum) : 1.f / sum;
#pragma unroll
  for (int k = 0; k < K; k += W) {
    int c = k * lanes + lane * W;
    if (c < n) {
#pragma unroll
      for (int i = 0; i < W; i++) v[k + i] = log ? v[k + i] - scale : v[k + i] * scale;
      write<W>(y + c, v + k);
    }
  }
}

template <typename T, int K>
__device__ __forceinline__ void warps(const T* x, T* y, int rows, int n, int lanes, int log) {
  int row = (blockIdx.x * blockDim.x + threadIdx.x) / lanes;
  long long at = static_cast<long long>(row) * n;
  int here = row < rows ? n : 0;
  constexpr int W = Wide<T>::N;
  if (K > 8 || (n % W == 0 && aligned(x) && aligned(y))) {
    warpRow<T, K, W>(x + at, y + at, here, lanes, log);
  } else {
    warpRow<T, K, 1>(x + at, y + at, here, lanes, log);
  }
}

template <typename T, int K, int W>
__device__ __forceinline__ void warpGradient(const T* y, const T* g, T* dx, int n, int lanes, int log) {
  int lane = threadIdx.x & (lanes - 1);
  float v[K];
  float d[K];
  float sum = 0.f;
#pragma unroll
  for (int k = 0; k < K; k += W) {
    int c = k * lanes + lane * W;
    if (c < n) {
      read<W>(y + c, v + k);
      read<W>(g + c, d + k);
#pragma unroll
      for (int i = 0; i < W; i++) sum += log ? d[k + i] : d[k + i] * v[k + i];
    }
  }
  sum = laneSum(sum, lanes);
#pragma unroll
  for (int k = 0; k < K; k += W) {
    int c = k * lanes + lane * W;
    if (c < n) {
#pragma unroll
      for (int i = 0; i < W; i++) d[k + i] = log ? d[k + i] - expf(v[k + i]) * sum : v[k + i] * (d[k + i] - sum);
      write<W>(dx + c, d + k);
    }
  }
}

template <typename T, int K>
__device__ __forceinline__ void warpsGradient(const T* y, const T* g, T* dx, int rows, int n, int lanes, int log) {
  int row = (blockIdx.x * blockDim.x + threadIdx.x) / lanes;
  long long at = static_cast<long long>(row) * n;
  int here = row < rows ? n : 0;
  constexpr int W = Wide<T>::N;
  if (K > 8 || (n % W == 0 && aligned(y) && aligned(g) && aligned(dx))) {
    warpGradient<T, K, W>(y + at, g + at, dx + at, here, lanes, log);
  } else {
    warpGradient<T, K, 1>(y + at, g + at, dx + at, here, lanes, log);
  }
}

// Maximum and sum of exponentials relative to it, of what was seen so far. Nothing seen, or minus infinities alone, is (-inf, 0).
struct Online {
  float top;
  float sum;

  __device__ __forceinline__ void add(float v) {
    if (v > top) {
      sum = sum * expf(top - v) + 1.f;
      top = v;
    } else if (v != -INFINITY) {
      sum += expf(v - top);
    }
  }
  __device__ __forceinline__ void merge(float otherTop, float otherSum) {
    float t = fmaxf(top, otherTop);
    float a = sum == 0.f ? 0.f : sum * expf(top - t);
    float b = otherSum == 0.f ? 0.f : otherSum * expf(otherTop - t);
    top = t;
    sum = a + b;
  }
  __device__ __forceinline__ void mergeLanes() {
    for (int o = 16; o > 0; o >>= 1) {
      float t = __shfl_xor_sync(ALL_LANES, top, o);
      float s = __shfl_xor_sync(ALL_LANES, sum, o);
      merge(t, s);
    }
  }
  __device__ __forceinline__ void mergeBlock(float* room) {
    mergeLanes();
    int lane = threadIdx.x & 31;
    if (lane == 0) {
      room[threadIdx.x >> 5] = top;
      room[32 + (threadIdx.x >> 5)] = sum;
    }
    __syncthreads();
    bool used = lane < blockDim.x >> 5;
    top = used ? room[lane] : -INFINITY;
    sum = used ? room[32 + lane] : 0.f;
    mergeLanes();
  }
};

template <typename T, int W>
__device__ __forceinline__ void blockRow(const T* x, T* y, int n, int log, int cached, float* row, float* room) {
  Online o = {-INFINITY, 0.f};
  float v[W];
  for (int c = threadIdx.x * W; c < n; c += blockDim.x * W) {
    read<W>(x + c, v);
#pragma unroll
    for (int i = 0; i < W; i++) {
      o.add(v[i]);
      if (cached) row[c + i] = v[i];
    }
  }
  o.mergeBlock(room);
  float scale = log ? logf(o.sum) : 1.f / o.sum;
  for (int c = threadIdx.x * W; c < n; c += blockDim.x * W) {
    if (!cached) read<W>(x + c, v);
#pragma unroll
    for (int i = 0; i < W; i++) {
      float d = (cached ? row[c + i] : v[i]) - o.top;
      v[i] = log ? d - scale : expf(d) * scale;
    }
    write<W>(y + c, v);
  }
}

template <typename T>
__device__ __forceinline__ void block(const T* x, T* y, int n, int log, int cached) {
  float* row = sharedFloats();
  __shared__ float room[64];
  long long at = static_cast<long long>(blockIdx.x) * n;
  constexpr int W = Wide<T>::N;
  if (n % W == 0 && aligned(x) && aligned(y)) {
    blockRow<T, W>(x + at, y + at, n, log, cached, row, room);
  } else {
    blockRow<T, 1>(x + at, y + at, n, log, cached, row, room);
  }
}

template <typename T, int W>
__device__ __forceinline__ void blockRowGradient(
    const T* y, const T* g, T* dx, int n, int log, int cached, float* row, float* room) {
  float v[W];
  float d[W];
  float sum = 0.f;
  for (int c = threadIdx.x * W; c < n; c += blockDim.x * W) {
    read<W>(y + c, v);
    read<W>(g + c, d);
#pragma unroll
    for (int i = 0; i < W; i++) {
      sum += log ? d[i] : d[i] * v[i];
      if (cached) {
        row[c + i] = v[i];
        row[n + c + i] = d[i];
      }
    }
  }
  sum = blockSum(sum, room);
  for (int c = threadIdx.x * W; c < n; c += blockDim.x * W) {
    if (!cached) {
      read<W>(y + c, v);
      read<W>(g + c, d);
    }
#pragma unroll
    for (int i = 0; i < W; i++) {
      float p = cached ? row[c + i] : v[i];
      float q = cached ? row[n + c + i] : d[i];
      d[i] = log ? q - expf(p) * sum : p * (q - sum);
    }
    write<W>(dx + c, d);
  }
}

template <typename T>
__device__ __forceinline__ void blockGradient(const T* y, const T* g, T* dx, int n, int log, int cached) {
  float* row = sharedFloats();
  __shared__ float room[32];
  long long at = static_cast<long long>(blockIdx.x) * n;
  constexpr int W = Wide<T>::N;
  if (n % W == 0 && aligned(y) && aligned(g) && aligned(dx)) {
    blockRowGradient<T, W>(y + at, g + at, dx + at, n, log, cached, row, room);
  } else {
    blockRowGradient<T, 1>(y + at, g + at, dx + at, n, log, cached, row, room);
  }
}

#define SOFTMAX(T, SUFFIX) \
  extern "C" __global__ void __launch_bounds__(128) softmax_narrow_##SUFFIX(const T* x, T* y, int rows, int n, int log) { \
    narrow(x, y, rows, n, log); \
  } \
  extern "C" __global__ void __launch_bounds__(128) softmax_256_##SUFFIX(const T* x, T* y, int rows, int n, int lanes, int log) { \
    warps<T, 8>(x, y, rows, n, lanes, log); \
  } \
  extern "C" __global__ void __launch_bounds__(128) softmax_1024_##SUFFIX(const T* x, T* y, int rows, int n, int lanes, int log) { \
    warps<T, 32>(x, y, rows, n, lanes, log); \
  } \
  extern "C" __global__ void __launch_bounds__(256) \
      softmax_block_##SUFFIX(const T* x, T* y, int n, int log, int cached) { \
    block(x, y, n, log, cached); \
  } \
  extern "C" __global__ void __launch_bounds__(128) \
      softmax_gradientnarrow_##SUFFIX(const T* y, const T* g, T* dx, int rows, int n, int log) { \
    narrowGradient(y, g, dx, rows, n, log); \
  } \
  extern "C" __global__ void __launch_bounds__(128) \
      softmax_gradient256_##SUFFIX(const T* y, const T* g, T* dx, int rows, int n, int lanes, int log) { \
    warpsGradient<T, 8>(y, g, dx, rows, n, lanes, log); \
  } \
  extern "C" __global__ void __launch_bounds__(128) \
      softmax_gradient1024_##SUFFIX(const T* y, const T* g, T* dx, int rows, int n, int lanes, int log) { \
    warpsGradient<T, 32>(y, g, dx, rows, n, lanes, log); \
  } \
  extern "C" __global__ void __launch_bounds__(256) \
      softmax_gradientblock_##SUFFIX(const T* y, const T* g, T* dx, int n, int log, int cached) { \
    blockGradient(y, g, dx, n, log, cached); \
  }

SOFTMAX(float, f32)
SOFTMAX(bf16, bf16)
