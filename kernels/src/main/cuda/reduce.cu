// Sums along axes, and division by the largest of a block of elements.
//
// Sums over any axes: the host drops axes of extent 1, merges neighbours of one kind and sums one group of
// axes after the other, the longest first, so that the tensor is read once and what follows is small. Each
// step is x [outer,mid,inner] summed over mid, with inner = 1 ("rows") or not ("columns"); partial sums are
// float32 whatever the storage. Which element is added to which depends on the shape alone: same bits each
// run. Where one kernel could not fill the device, each row or column is cut into segments whose sums, in
// scratch memory, a second launch adds (Harris, "Optimizing parallel reduction in CUDA", 2007).
//
// Suffixes: the storage of x and y, once where they are the same.
// Launch: 256 threads. Bound by memory: x is read once, 16 bytes at a time where shapes and addresses allow.
#include "common/pack.cuh"

const int BLOCK = 256;

__device__ __forceinline__ void storeAll(float* p, const float (&v)[4]) { storePack(p, v); }
__device__ __forceinline__ void storeAll(bf16* p, const float (&v)[8]) { storePack(p, v); }
__device__ __forceinline__ void storeAll(float* p, const float (&v)[8]) {
  *reinterpret_cast<float4*>(p) = make_float4(v[0], v[1], v[2], v[3]);
  *reinterpret_cast<float4*>(p + 4) = make_float4(v[4], v[5], v[6], v[7]);
}
__device__ __forceinline__ void storeAll(bf16* p, const float (&v)[4]) {
  *reinterpret_cast<uint2*>(p) = make_uint2(halves(v[0], v[1]), halves(v[2], v[3]));
}

// Sum within groups of neighbouring lanes, a power of two; all lanes of the warp take part, all get it.
__device__ __forceinline__ float groupSum(float v, int lanes) {
  for (int d = lanes >> 1; d > 0; d >>= 1) v += __shfl_xor_sync(0xffffffffu, v, d);
  return v;
}

// Sum over a block of 256 threads; thread 0 gets it.
__device__ __forceinline__ float blockSum(float v) {
  __shared__ float warps[BLOCK / 32];
  v = groupSum(v, 32);
  if ((threadIdx.x & 31) == 0) warps[threadIdx.x >> 5] = v;
  __syncthreads();
  v = threadIdx.x < BLOCK / 32 ? warps[threadIdx.x] : 0.f;
  return threadIdx.x < 32 ? groupSum(v, BLOCK / 32) : v;
}

// Sum of x[i] for i in [from, to), i stepping over threads; with packs, from is a whole number of them.
template <typename T>
__device__ __forceinline__ float partial(
    const T* __restrict__ x, int from, int to, bool packs, int thread, int threads) {
  const int size = Pack<T>::size;
  float sum[4] = {0.f, 0.f, 0.f, 0.f};
  int scalar = from;
  if (packs) {
    scalar = to / size * size;
#pragma unroll 2
    for (int i = from + thread * size; i < scalar; i += threads * size) {
      float v[size];
      loadPack(x + i, v);
#pragma unroll
      for (int k = 0; k < size; k++) sum[k & 3] += v[k];
    }
  }
#pragma unroll 4
  for (int i = scalar + thread; i < to; i += threads) sum[0] += load(x + i);
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

// y[r] = sum of x[r,:], short rows: a group of lanes for each.
template <typename T, typename U>
__device__ __forceinline__ void rows(const T* __restrict__ x, U* __restrict__ y, int count, int length, int lanes, int packs) {
  int perBlock = BLOCK / lanes;
  int lane = threadIdx.x & (lanes - 1);
  // The same number of steps for all threads of a block: they meet in the shuffles.
  for (unsigned r0 = blockIdx.x * perBlock; r0 < count; r0 += gridDim.x * perBlock) {
    unsigned r = r0 + threadIdx.x / lanes;
    float sum = 0.f;
    if (r < count) sum = partial(x + r * length, 0, length, packs, lane, lanes);
    sum = groupSum(sum, lanes);
    if (r < count && lane == 0) store(y + r, sum);
  }
}

// y[r,s] = sum over segment s of x[r,:], a block for each (r,s).
template <typename T, typename U>
__device__ __forceinline__ void segments(
    const T* __restrict__ x, U* __restrict__ y, int length, int perRow, int segment, int packs) {
  int r = blockIdx.x / perRow;
  int from = (blockIdx.x - r * perRow) * segment;
  int to = min(length - from, segment) + from;
  float sum = blockSum(partial(x + static_cast<long long>(r) * length, from, to, packs, threadIdx.x, BLOCK));
  if (threadIdx.x == 0) store(y + blockIdx.x, sum);
}

// y[o,s,i] = sum over segment s of x[o,:,i]. Columns (o,i) are numbered over WIDTH neighbours i at a time. A
// block is `across` columns wide, a power of two; its other threads share the rows of the segment, and their
// sums meet in shared memory.
template <int WIDTH, typename T, typename U>
__device__ __forceinline__ void columns(
    const T* __restrict__ x, U* __restrict__ y, int count, Divisor inner, int mid, int across, int perColumn, int segment,
    float* sums) {
  int tile = blockIdx.x / perColumn;
  int s = blockIdx.x - tile * perColumn;
  int column = tile * across + (threadIdx.x & (across - 1));
  int high = BLOCK / across;
  int first = threadIdx.x / across;
  int o = inner.quotient(column);
  int i = (column - o * inner.value) * WIDTH;
  int step = inner.value * WIDTH;
  float sum[WIDTH];
#pragma unroll
  for (int k = 0; k < WIDTH; k++) sum[k] = 0.f;
  if (column < count) {
    int end = min(mid - s * segment, segment) + s * segment;
#pragma unroll 4
    for (int m = s * segment + first; m < end; m += high) {
      float v[WIDTH];
      const T* at = x + ((o * mid + m) * step + i);
      if constexpr (WIDTH == 1) {
        v[0] = load(at);
      } else {
        loadPack(at, v);
      }
#pragma unroll
      for (int k = 0; k < WIDTH; k++) sum[k] += v[k];
    }
  }
#pragma unroll
  for (int k = 0; k < WIDTH; k++) sums[k * BLOCK + threadIdx.x] = sum[k];
  for (int half = high >> 1; half > 0; half >>= 1) {
    __syncthreads();
    if (first < half) {
#pragma unroll
      for (int k = 0; k < WIDTH; k++) {
        sum[k] += sums[k * BLOCK + threadIdx.x + half * across];
        sums[k * BLOCK + threadIdx.x] = sum[k];
      }
    }
  }
  if (first == 0 && column < count) {
    U* at = y + ((o * perColumn + s) * step + i);
    if constexpr (WIDTH == 1) {
      store(at, sum[0]);
    } else {
      storeAll(at, sum);
    }
  }
}

#define SUMS(T, U, suffix)                                                                                      \
  extern "C" __global__ void reduce_rows_##suffix(                                                              \
      const T* __restrict__ x, U* __restrict__ y, int count, int length, int lanes, int packs) {                \
    rows(x, y, count, length, lanes, packs);                                                                    \
  }                                                                                                             \
  extern "C" __global__ void reduce_segments_##suffix(                                                          \
      const T* __restrict__ x, U* __restrict__ y, int length, int perRow, int segment, int packs) {             \
    segments(x, y, length, perRow, segment, packs);                                                             \
  }                                                                                                             \
  extern "C" __global__ void reduce_columns_##suffix(                                                           \
      const T* __restrict__ x, U* __restrict__ y, int count, Divisor inner, int mid, int across, int perColumn, \
      int segment) {                                                                                            \
    __shared__ float sums[BLOCK];                                                                               \
    columns<1>(x, y, count, inner, mid, across, perColumn, segment, sums);                                      \
  }                                                                                                             \
  extern "C" __global__ void reduce_columnpacks_##suffix(                                                       \
      const T* __restrict__ x, U* __restrict__ y, int count, Divisor inner, int mid, int across, int perColumn, \
      int segment) {                                                                                            \
    __shared__ float sums[BLOCK * Pack<T>::size];                                                               \
    columns<Pack<T>::size>(x, y, count, inner, mid, across, perColumn, segment, sums);                          \
  }
SUMS(float, float, f32)
SUMS(bf16, bf16, bf16)
SUMS(bf16, float, bf16_f32)
SUMS(float, bf16, f32_bf16)

// The largest element and where it is, the first of equals.
struct Peak {
  float value;
  int at;
  __device__ __forceinline__ void meet(float v, int i) {
    if (v > value || (v == value && i < at)) value = v, at = i;
  }
};

// Of a block; all threads get it.
__device__ __forceinline__ Peak blockPeak(Peak p) {
  __shared__ float values[BLOCK / 32];
  __shared__ int places[BLOCK / 32];
#pragma unroll
  for (int d = 16; d > 0; d >>= 1) {
    float v = __shfl_xor_sync(0xffffffffu, p.value, d);
    int i = __shfl_xor_sync(0xffffffffu, p.at, d);
    p.meet(v, i);
  }
  if ((threadIdx.x & 31) == 0) {
    values[threadIdx.x >> 5] = p.value;
    places[threadIdx.x >> 5] = p.at;
  }
  __syncthreads();
#pragma unroll
  for (int w = 0; w < BLOCK / 32; w++) p.meet(values[w], places[w]);
  return p;
}

// A thread's own peak starts with its first element, so that no value stands for "none".
__device__ __forceinline__ Peak peak(const float* __restrict__ x, int n) {
  int first = min(static_cast<int>(threadIdx.x), n - 1);
  Peak p{x[first], first};
#pragma unroll 4
  for (int i = threadIdx.x + BLOCK; i < n; i += BLOCK) p.meet(x[i], i);
  return blockPeak(p);
}

// y = x / max(x) for each problem of n elements, a block for each; unchanged where the maximum is not
// positive. The second reading of x hits the cache: a problem has at most some 100 KiB.
extern "C" __global__ void reduce_dividebymax_f32(const float* __restrict__ x, float* __restrict__ y, int n) {
  long long problem = static_cast<long long>(blockIdx.x) * n;
  float top = peak(x + problem, n).value;
#pragma unroll 4
  for (int i = threadIdx.x; i < n; i += BLOCK) {
    float v = x[problem + i];
    y[problem + i] = top > 0.f ? v / top : v;
  }
}

// dx = g / M, less sum(g x) / M^2 at the maximum M.
extern "C" __global__ void reduce_dividebymaxgrad_f32(
    const float* __restrict__ g, const float* __restrict__ x, float* __restrict__ dx, int n) {
  __shared__ float dot;
  long long problem = static_cast<long long>(blockIdx.x) * n;
  Peak top = peak(x + problem, n);
  float sum = 0.f;
#pragma unroll 4
  for (int i = threadIdx.x; i < n; i += BLOCK) sum += g[problem + i] * x[problem + i];
  sum = blockSum(sum);
  if (threadIdx.x == 0) dot = sum;
  __syncthreads();
#pragma unroll 4
  for (int i = threadIdx.x; i < n; i += BLOCK) {
    float d = g[problem + i];
    if (top.value > 0.f) {
      d /= top.value;
      if (i == top.at) d -= dot / top.value / top.value;
    }
    dx[problem + i] = d;
  }
}
