// Optimiser steps, in place, of all tensors of a model at once (multi-tensor apply).
//
// A launch takes up to CAPACITY tensors by a table of addresses and sizes passed by value, so that a CUDA graph holds it. A block
// of 256 threads works on BLOCK elements of one tensor; first[k] is the first block of tensor k. Elements are read 16 bytes at a
// time where a tensor's addresses are aligned.
//
// What changes from step to step is read from device memory, so that a captured graph may be replayed: `values`, which the host
// fills before each step, and `clip`, the factor of all gradients that step_clip makes of their norm; NaN there (a norm that is not
// finite) leaves everything as it is.
#include "common/wide.cuh"
#include "common/sums.cuh"

static constexpr int CAPACITY = 64;
static constexpr int BLOCK = 4096;

template <int TENSORS>
struct Table {
  float* data[TENSORS][CAPACITY];
  int first[CAPACITY];
  int size[CAPACITY];
  int count;
};

// This block's tensor: the last one whose first block is not beyond this one.
template <int TENSORS>
__device__ __forceinline__ int tensorOf(const Table<TENSORS>& t) {
  int low = 0;
  int high = t.count;
  while (high - low > 1) {
    int middle = (low + high) / 2;
    if (t.first[middle] <= blockIdx.x) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

// Calls update(float* (&values)[TENSORS][W] ...) for this block's elements; `written` is the bit set of tensors that change.
template <int TENSORS, typename Update>
__device__ __forceinline__ void each(const Table<TENSORS>& t, int written, Update update) {
  int k = tensorOf(t);
  int start = (blockIdx.x - t.first[k]) * BLOCK;
  int end = min(t.size[k], start + BLOCK);
  float* p[TENSORS];
  bool wide = true;
#pragma unroll
  for (int i = 0; i < TENSORS; i++) {
    p[i] = t.data[i][k];
    wide &= aligned(p[i]);
  }
  int done = start;
  if (wide) {
    for (int e = start + threadIdx.x * 4; e + 4 <= end; e += blockDim.x * 4) {
      float v[TENSORS][4];
#pragma unroll
      for (int i = 0; i < TENSORS; i++) read<4>(p[i] + e, v[i]);
#pragma unroll
      for (int j = 0; j < 4; j++) {
        float one[TENSORS];
#pragma unroll
        for (int i = 0; i < TENSORS; i++) one[i] = v[i][j];
        update(one);
#pragma unroll
        for (int i = 0; i < TENSORS; i++) v[i][j] = one[i];
      }
#pragma unroll
      for (int i = 0; i < TENSORS; i++) {
        if (written >> i & 1) write<4>(p[i] + e, v[i]);
      }
    }
    done = start + ((end - start) & ~3);
  }
  for (int e = done + threadIdx.x; e < end; e += blockDim.x) {
    float one[TENSORS];
#pragma unroll
    for (int i = 0; i < TENSORS; i++) one[i] = p[i][e];
    update(one);
#pragma unroll
    for (int i = 0; i < TENSORS; i++) {
      if (written >> i & 1) p[i][e] = one[i];
    }
  }
}

// Adam and AdamW. values: factor of the parameter (1, or 1 - lr wd), lr / (1 - b1^t), sqrt(1 - b2^t).
extern "C" __global__ void __launch_bounds__(256) step_adam_f32(const float* values, const float* clip,
    const __grid_constant__ Table<4> t, float b1, float b2, float c1, float c2, float eps, float l2) {
  float factor = *clip;
  if (isnan(factor)) return;
  float keep = values[0];
  float size = values[1];
  float root = values[2];
  each(t, 1 | 4 | 8, [&](float* e) {
    float w = e[0] * keep;
    float g = e[1] * factor + l2 * w;
    e[2] = b1 * e[2] + c1 * g;
    e[3] = b2 * e[3] + c2 * g * g;
    e[0] = w - size * e[2] / (sqrtf(e[3]) / root + eps);
  });
}

// Stochastic gradient descent with momentum. values: lr.
extern "C" __global__ void __launch_bounds__(256) step_momentum_f32(const float* values, const float* clip,
    const __grid_constant__ Table<3> t, float mu, int nesterov, float wd) {
  float factor = *clip;
  if (isnan(factor)) return;
  float lr = values[0];
  each(t, 1 | 4, [&](float* e) {
    float d = e[1] * factor + wd * e[0];
    e[2] = mu * e[2] + d;
    e[0] -= lr * (nesterov ? d + mu * e[2] : e[2]);
  });
}

extern "C" __global__ void __launch_bounds__(256) step_sgd_f32(const float* values, const float* clip,
    const __grid_constant__ Table<2> t, float wd) {
  float factor = *clip;
  if (isnan(factor)) return;
  float lr = values[0];
  each(t, 1, [&](float* e) { e[0] -= lr * (e[1] * factor + wd * e[0]); });
}

// Moving average: average += part (value - average).
extern "C" __global__ void __launch_bounds__(256) step_ema_f32(const float* part, const __grid_constant__ Table<2> t) {
  float by = *part;
  each(t, 1, [&](float* e) { e[0] += by * (e[1] - e[0]); });
}

extern "C" __global__ void __launch_bounds__(256) step_emafixed_f32(const __grid_constant__ Table<2> t, float part) {
  each(t, 1, [&](float* e) { e[0] += part * (e[1] - e[0]); });
}

// Each block's sum of squares, partial [blocks].
extern "C" __global__ void __launch_bounds__(256) step_squares_f32(float* partial, const __grid_constant__ Table<1> t) {
  __shared__ float room[32];
  float sum = 0.f;
  each(t, 0, [&](float* e) { sum += e[0] * e[0]; });
  sum = blockSum(sum, room);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

// One block.
extern "C" __global__ void __launch_bounds__(1024) step_squaresfold_f32(const float* partial, float* y, int parts) {
  __shared__ float room[32];
  float sum = 0.f;
  for (int p = threadIdx.x; p < parts; p += blockDim.x) sum += partial[p];
  sum = blockSum(sum, room);
  if (threadIdx.x == 0) *y = sum;
}

// One thread: min(1, limit / (norm + 1e-6)) of the squared norm, NaN where that is not finite. The small number is that of PyTorch's
// clip_grad_norm_.
extern "C" __global__ void __launch_bounds__(32) step_clip_f32(const float* squared, float* clip, float limit) {
  if (threadIdx.x == 0) *clip = isfinite(*squared) ? fminf(1.f, limit / (sqrtf(*squared) + 1e-6f)) : NAN;
}
