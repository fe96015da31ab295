// Max, average and global average pooling of channels-last volumes [N,D,H,W,C], and the gradients of the first two.
//
// A thread per voxel and W neighbouring channels of what is written, in memory order; 256 threads, one-dimensional grid. `wide`:
// C is a multiple of Wide<T>::N and all addresses are 16-byte aligned. Gradients gather: an input voxel asks the windows that it
// lies in, in ascending order, so that overlapping windows need no atomic additions.
// Global average: sums of chunks (common/columns.cuh; shared memory: a float for each of 256 W columns), then a warp per output.
#include "common/columns.cuh"
#include "common/sums.cuh"

// Extents along depth, height, width before (x) and after (y) pooling.
struct Window {
  int x[3];
  int y[3];
  int kernel[3];
  int stride[3];
  int padding[3];
  int channels;

  __device__ __forceinline__ int from(int a, int o) const { return max(0, o * stride[a] - padding[a]); }
  __device__ __forceinline__ int to(int a, int o) const { return min(x[a], o * stride[a] - padding[a] + kernel[a]); }
  // Windows that input i lies in: [first, last].
  __device__ __forceinline__ int first(int a, int i) const {
    int before = i + padding[a] - kernel[a];
    return before < 0 ? 0 : before / stride[a] + 1;
  }
  __device__ __forceinline__ int last(int a, int i) const { return min(y[a] - 1, (i + padding[a]) / stride[a]); }
  __device__ __forceinline__ float share(int d, int h, int w, int includePad) const {
    return includePad ? 1.f / (kernel[0] * kernel[1] * kernel[2])
                      : 1.f / ((to(0, d) - from(0, d)) * (to(1, h) - from(1, h)) * (to(2, w) - from(2, w)));
  }
};

// Position of an element of [N,D,H,W,C].
struct Place {
  int n, d, h, w, c;

  __device__ __forceinline__ Place(unsigned int i, const int* extent, int channels, int W) {
    unsigned int vectors = channels / W;
    unsigned int v = i / vectors;
    c = (i - v * vectors) * W;
    unsigned int q = v / extent[2];
    w = v - q * extent[2];
    v = q / extent[1];
    h = q - v * extent[1];
    n = v / extent[0];
    d = v - n * extent[0];
  }
};

__device__ __forceinline__ int place(const int* extent, int channels, int n, int d, int h, int w) {
  return (((n * extent[0] + d) * extent[1] + h) * extent[2] + w) * channels;
}

template <int W>
__device__ __forceinline__ void readInts(const int* p, int* v) {
  if constexpr (W % 4 == 0) {
#pragma unroll
    for (int i = 0; i < W; i += 4) {
      int4 a = *reinterpret_cast<const int4*>(p + i);
      v[i] = a.x;
      v[i + 1] = a.y;
      v[i + 2] = a.z;
      v[i + 3] = a.w;
    }
  } else {
    v[0] = *p;
  }
}

template <int W>
__device__ __forceinline__ void writeInts(int* p, const int* v) {
  if constexpr (W % 4 == 0) {
#pragma unroll
    for (int i = 0; i < W; i += 4) *reinterpret_cast<int4*>(p + i) = make_int4(v[i], v[i + 1], v[i + 2], v[i + 3]);
  } else {
    *p = v[0];
  }
}

// NaN counts as largest; of equal values the first wins.
template <typename T, int W>
__device__ __forceinline__ void largest(const T* x, T* y, int* where, int total, const Window& s) {
  unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= total) return;
  Place p(i, s.y, s.channels, W);
  float best[W], v[W];
  int at[W];
  int start = place(s.x, s.channels, p.n, s.from(0, p.d), s.from(1, p.h), s.from(2, p.w)) + p.c;
#pragma unroll
  for (int k = 0; k < W; k++) {
    best[k] = -INFINITY;
    at[k] = start + k;
  }
  for (int d = s.from(0, p.d); d < s.to(0, p.d); d++) {
    for (int h = s.from(1, p.h); h < s.to(1, p.h); h++) {
      for (int w = s.from(2, p.w); w < s.to(2, p.w); w++) {
        int o = place(s.x, s.channels, p.n, d, h, w) + p.c;
        read<W>(x + o, v);
#pragma unroll
        for (int k = 0; k < W; k++) {
          if (v[k] > best[k] || isnan(v[k])) {
            best[k] = v[k];
            at[k] = o + k;
          }
        }
      }
    }
  }
  int o = i * W;
  write<W>(y + o, best);
  writeInts<W>(where + o, at);
}

template <typename T, int W>
__device__ __forceinline__ void average(const T* x, T* y, int total, const Window& s, int includePad) {
  unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= total) return;
  Place p(i, s.y, s.channels, W);
  float sum[W], v[W];
#pragma unroll
  for (int k = 0; k < W; k++) sum[k] = 0.f;
  for (int d = s.from(0, p.d); d < s.to(0, p.d); d++) {
    for (int h = s.from(1, p.h); h < s.to(1, p.h); h++) {
      for (int w = s.from(2, p.w); w < s.to(2, p.w); w++) {
        read<W>(x + place(s.x, s.channels, p.n, d, h, w) + p.c, v);
#pragma unroll
        for (int k = 0; k < W; k++) sum[k] += v[k];
      }
    }
  }
  float share = s.share(p.d, p.h, p.w, includePad);
#pragma unroll
  for (int k = 0; k < W; k++) sum[k] *= share;
  write<W>(y + static_cast<int>(i * W), sum);
}

// `give` adds to sum what the window at `from` in y has for the voxel at `o` in x.
template <typename T, int W, typename Give>
__device__ __forceinline__ void gather(T* dx, int total, const Window& s, Give give) {
  unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= total) return;
  Place p(i, s.x, s.channels, W);
  int o = i * W;
  float sum[W];
#pragma unroll
  for (int k = 0; k < W; k++) sum[k] = 0.f;
  for (int d = s.first(0, p.d); d <= s.last(0, p.d); d++) {
    for (int h = s.first(1, p.h); h <= s.last(1, p.h); h++) {
      for (int w = s.first(2, p.w); w <= s.last(2, p.w); w++) {
        give(place(s.y, s.channels, p.n, d, h, w) + p.c, o, d, h, w, sum);
      }
    }
  }
  write<W>(dx + o, sum);
}

template <typename T, int W>
__device__ __forceinline__ void largestGradient(const T* dy, const int* where, T* dx, int total, const Window& s) {
  gather<T, W>(dx, total, s, [&](int from, int o, int d, int h, int w, float* sum) {
    float v[W];
    int at[W];
    read<W>(dy + from, v);
    readInts<W>(where + from, at);
#pragma unroll
    for (int k = 0; k < W; k++) sum[k] += at[k] == o + k ? v[k] : 0.f;
  });
}

template <typename T, int W>
__device__ __forceinline__ void averageGradient(const T* dy, T* dx, int total, const Window& s, int includePad) {
  gather<T, W>(dx, total, s, [&](int from, int o, int d, int h, int w, float* sum) {
    float v[W];
    read<W>(dy + from, v);
    float share = s.share(d, h, w, includePad);
#pragma unroll
    for (int k = 0; k < W; k++) sum[k] += share * v[k];
  });
}

template <typename T, int W>
__device__ __forceinline__ void globalSums(const T* x, float* partial, const Columns& g) {
  float* cell = sharedFloats();
  int chunk = blockIdx.x;
  int j = g.column<W>();
  int local = threadIdx.x * W;
  if (j < g.width) {
    const T* p = x + g.instance() + static_cast<long long>(g.firstRow(chunk)) * g.width + j;
    float sum[W], v[W];
#pragma unroll
    for (int i = 0; i < W; i++) sum[i] = 0.f;
#pragma unroll 2
    for (int r = g.firstRow(chunk); r < g.wholeRows(chunk); r++, p += g.width) {
      read<W>(p, v);
#pragma unroll
      for (int i = 0; i < W; i++) sum[i] += v[i];
    }
    int rest = g.rest(chunk);
#pragma unroll
    for (int i = 0; i < W; i++) cell[local + i] = sum[i] + (j + i < rest ? load(p + i) : 0.f);
  }
  __syncthreads();
  if (gridDim.z == 1) {
    fold(g.width, g.channels, [&](int a, int b) { cell[a] += cell[b]; });
  }
  int first = blockIdx.z * blockDim.x * W;
  partial += (static_cast<long long>(blockIdx.y) * gridDim.x + chunk) * g.channels;
  int here = min(g.channels - first, static_cast<int>(blockDim.x) * W);
  for (int c = threadIdx.x; c < here; c += blockDim.x) partial[first + c] = cell[c];
}

// A warp per instance and channel.
template <typename T>
__device__ __forceinline__ void globalMean(const float* partial, T* y, int outputs, int chunks, int channels, float share) {
  int i = (blockIdx.x * blockDim.x + threadIdx.x) >> 5;
  int lane = threadIdx.x & 31;
  if (i >= outputs) return;
  partial += static_cast<long long>(i / channels) * chunks * channels + i % channels;
  float sum = 0.f;
  for (int k = lane; k < chunks; k += 32) sum += partial[static_cast<long long>(k) * channels];
  sum = laneSum(sum);
  if (lane == 0) store(y + i, sum * share);
}

#define POOL(T, SUFFIX) \
  extern "C" __global__ void __launch_bounds__(256, 4) pool_max_##SUFFIX(const T* x, T* y, int* where, int total, \
      const __grid_constant__ Window s, int wide) { \
    wide ? largest<T, Wide<T>::N>(x, y, where, total, s) : largest<T, 1>(x, y, where, total, s); \
  } \
  extern "C" __global__ void __launch_bounds__(256, 4) pool_maxgradient_##SUFFIX(const T* dy, const int* where, T* dx, int total, \
      const __grid_constant__ Window s, int wide) { \
    wide ? largestGradient<T, Wide<T>::N>(dy, where, dx, total, s) : largestGradient<T, 1>(dy, where, dx, total, s); \
  } \
  extern "C" __global__ void __launch_bounds__(256, 4) pool_average_##SUFFIX(const T* x, T* y, int total, \
      const __grid_constant__ Window s, int includePad, int wide) { \
    wide ? average<T, Wide<T>::N>(x, y, total, s, includePad) : average<T, 1>(x, y, total, s, includePad); \
  } \
  extern "C" __global__ void __launch_bounds__(256, 4) pool_averagegradient_##SUFFIX(const T* dy, T* dx, int total, \
      const __grid_constant__ Window s, int includePad, int wide) { \
    wide ? averageGradient<T, Wide<T>::N>(dy, dx, total, s, includePad) : averageGradient<T, 1>(dy, dx, total, s, includePad); \
  } \
  extern "C" __global__ void __launch_bounds__(256, 4) pool_globalsums_##SUFFIX(const T* x, float* partial, int width, int chunkRows, \
      int length, int channels, int wide) { \
    Columns g{width, chunkRows, length, channels}; \
    wide ? globalSums<T, Wide<T>::N>(x, partial, g) : globalSums<T, 1>(x, partial, g); \
  } \
  extern "C" __global__ void __launch_bounds__(128) pool_globalmean_##SUFFIX(const float* partial, T* y, int outputs, int chunks, \
      int channels, float share) { \
    globalMean(partial, y, outputs, chunks, channels, share); \
  }

POOL(float, f32)
POOL(bf16, bf16)
