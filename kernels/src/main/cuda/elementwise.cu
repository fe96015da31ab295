// Pointwise functions of one tensor, y[i] = f(x[i]), and their gradients.
//
// Layout: contiguous. Launch: one-dimensional grid of 256 threads with a grid-stride loop.
#include "common/launch.cuh"

template <typename T>
__device__ __forceinline__ void affine(const T* x, T* y, int n, float scale, float shift) {
  for (long long i = firstElement(); i < n; i += elementStride()) {
    store(y + i, load(x + i) * scale + shift);
  }
}

extern "C" __global__ void elementwise_affine_f32(const float* x, float* y, int n, float scale, float shift) {
  affine(x, y, n, scale, shift);
}
extern "C" __global__ void elementwise_affine_bf16(const bf16* x, bf16* y, int n, float scale, float shift) {
  affine(x, y, n, scale, shift);
}
