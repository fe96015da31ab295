// Nearest-neighbour and trilinear resizing of channels-last volumes [N,D,H,W,C], and the gradient (the transposed map).
//
// Where each output index lies between input indices is found once per axis (resize_map), exactly, as a fraction of integers.
// Then a thread per voxel and W neighbouring channels of what is written; 256 threads, one-dimensional grid. `wide`: C is a
// multiple of Wide<T>::N and all addresses are 16-byte aligned. `neighbours` per axis: 1 (nearest) or 2.
// The gradient gathers: an input voxel adds the outputs that read it, in ascending order (resize_spans finds them by bisection).
#include "common/wide.cuh"

// Extents of depth, height, width: x the smaller index space's source, y the result of the forward pass.
struct Extents {
  int x[3];
  int y[3];
  int channels;

  // Axis a's entries of a table start here when it holds one for each index along depth, height, width.
  static __device__ __forceinline__ int start(const int* e, int a) { return a == 0 ? 0 : a == 1 ? e[0] : e[0] + e[1]; }
};

static constexpr int NEAREST = 0;
static constexpr int TRILINEAR_ALIGNED = 2;

// Lower neighbour of output o, and how far from it towards the next one the output lies.
__device__ __forceinline__ int locate(int o, int in, int out, int mode, float* part) {
  if (mode == NEAREST) {
    // Single precision, as in PyTorch: where in / out is not a float, both round the same way.
    float scale = __fdiv_rn(static_cast<float>(in), static_cast<float>(out));
    *part = 0.f;
    return min(static_cast<int>(floorf(__fmul_rn(static_cast<float>(o), scale))), in - 1);
  }
  long long above = mode == TRILINEAR_ALIGNED ? (out > 1 ? static_cast<long long>(o) * (in - 1) : 0)
                                              : max(0LL, (2LL * o + 1) * in - out);
  long long below = mode == TRILINEAR_ALIGNED ? max(1, out - 1) : 2LL * out;
  long long low = min(above / below, static_cast<long long>(in - 1));
  *part = static_cast<float>(above - low * below) / static_cast<float>(below);
  return static_cast<int>(low);
}

// Tables for the outputs along depth, height and width.
extern "C" __global__ void __launch_bounds__(128) resize_map_f32(int* low, float* part, const __grid_constant__ Extents s, int mode) {
  int t = blockIdx.x * blockDim.x + threadIdx.x;
  if (t >= s.y[0] + s.y[1] + s.y[2]) return;
  int a = t < s.y[0] ? 0 : t < s.y[0] + s.y[1] ? 1 : 2;
  low[t] = locate(t - Extents::start(s.y, a), s.x[a], s.y[a], mode, part + t);
}

// For the inputs along depth, height and width: the outputs [first, end) that read them.
extern "C" __global__ void __launch_bounds__(128) resize_spans_i32(const int* low, int* first, int* end,
    const __grid_constant__ Extents s, int neighbours) {
  int t = blockIdx.x * blockDim.x + threadIdx.x;
  if (t >= s.x[0] + s.x[1] + s.x[2]) return;
  int a = t < s.x[0] ? 0 : t < s.x[0] + s.x[1] ? 1 : 2;
  int i = t - Extents::start(s.x, a);
  low += Extents::start(s.y, a);
  // Lower neighbours ascend with the output.
  for (int side = 0; side < 2; side++) {
    int bound = side == 0 ? i - neighbours + 1 : i + 1;
    int from = 0;
    int to = s.y[a];
    while (from < to) {
      int middle = (from + to) / 2;
      if (low[middle] < bound) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    (side == 0 ? first : end)[t] = from;
  }
}

// Position of W channels of a voxel.
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

template <typename T, int W>
__device__ __forceinline__ void forward(const T* x, T* y, const int* low, const float* part, int total, const Extents& s,
    int neighbours) {
  unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= total) return;
  Place p(i, s.y, s.channels, W);
  int td = p.d;
  int th = s.y[0] + p.h;
  int tw = s.y[0] + s.y[1] + p.w;
  int ld = low[td], lh = low[th], lw = low[tw];
  float pd = part[td], ph = part[th], pw = part[tw];
  float sum[W], v[W];
#pragma unroll
  for (int k = 0; k < W; k++) sum[k] = 0.f;
  for (int a = 0; a < neighbours; a++) {
    int plane = p.n * s.x[0] + min(ld + a, s.x[0] - 1);
    float wa = a ? pd : 1.f - pd;
    for (int b = 0; b < neighbours; b++) {
      int line = plane * s.x[1] + min(lh + b, s.x[1] - 1);
      float wb = wa * (b ? ph : 1.f - ph);
      for (int e = 0; e < neighbours; e++) {
        float weight = wb * (e ? pw : 1.f - pw);
        read<W>(x + (line * s.x[2] + min(lw + e, s.x[2] - 1)) * s.channels + p.c, v);
#pragma unroll
        for (int k = 0; k < W; k++) sum[k] += weight * v[k];
      }
    }
  }
  write<W>(y + static_cast<int>(i * W), sum);
}

// Weight of input i in an output whose lower neighbour is `low`.
__device__ __forceinline__ float weightOf(int i, int low, float part, int in, int neighbours) {
  float w = low == i ? 1.f - part : 0.f;
  return neighbours == 2 && min(low + 1, in - 1) == i ? w + part : w;
}

template <typename T, int W>
__device__ __forceinline__ void gradient(const T* dy, T* dx, const int* low, const float* part, const int* first, const int* end,
    int total, const Extents& s, int neighbours) {
  unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= total) return;
  Place p(i, s.x, s.channels, W);
  int td = p.d;
  int th = s.x[0] + p.h;
  int tw = s.x[0] + s.x[1] + p.w;
  const int* lowH = low + s.y[0];
  const int* lowW = lowH + s.y[1];
  const float* partH = part + s.y[0];
  const float* partW = partH + s.y[1];
  float sum[W], v[W];
#pragma unroll
  for (int k = 0; k < W; k++) sum[k] = 0.f;
  for (int d = first[td]; d < end[td]; d++) {
    float wd = weightOf(p.d, low[d], part[d], s.x[0], neighbours);
    for (int h = first[th]; h < end[th]; h++) {
      float wh = wd * weightOf(p.h, lowH[h], partH[h], s.x[1], neighbours);
      for (int w = first[tw]; w < end[tw]; w++) {
        float weight = wh * weightOf(p.w, lowW[w], partW[w], s.x[2], neighbours);
        read<W>(dy + (((p.n * s.y[0] + d) * s.y[1] + h) * s.y[2] + w) * s.channels + p.c, v);
#pragma unroll
        for (int k = 0; k < W; k++) sum[k] += weight * v[k];
      }
    }
  }
  write<W>(dx + static_cast<int>(i * W), sum);
}

#define RESIZE(T, SUFFIX) \
  extern "C" __global__ void __launch_bounds__(256, 4) resize_forward_##SUFFIX(const T* x, T* y, const int* low, const float* part, \
      int total, const __grid_constant__ Extents s, int neighbours, int wide) { \
    wide ? forward<T, Wide<T>::N>(x, y, low, part, total, s, neighbours) : forward<T, 1>(x, y, low, part, total, s, neighbours); \
  } \
  extern "C" __global__ void __launch_bounds__(256, 4) resize_gradient_##SUFFIX(const T* dy, T* dx, const int* low, const float* part, \
      const int* first, const int* end, int total, const __grid_constant__ Extents s, int neighbours, int wide) { \
    wide ? gradient<T, Wide<T>::N>(dy, dx, low, part, first, end, total, s, neighbours) \
         : gradient<T, 1>(dy, dx, low, part, first, end, total, s, neighbours); \
  }

RESIZE(float, f32)
RESIZE(bf16, bf16)
