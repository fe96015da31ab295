// How a step of AdamW (Loshchilov and Hutter 2019) comes to read and write everything once, in one launch: for each parameter p with
// gradient g and moments m, v,
//   g = clip g;  p = p keep;  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;  p = p - size m / (sqrt(v) / root + eps)
// with keep = 1 - lr wd, size = lr / (1 - b1^t), root = sqrt(1 - b2^t).
//
// What is counted on the simulator (see StepLadderTest): launches, bytes, requests, warp instructions. The last step is what ships in
// step.cu: one launch for 64 tensors, whose addresses travel in its arguments, of any size and alignment.
#include "common/pack.cuh"

// Step 0, naive: a launch for each line of the formula and each tensor, a thread for each element. What the five lines share goes
// through memory: 9 loads and 5 stores for each element. Block 256, grid ceil(n / 256).
extern "C" __global__ void step_naive_scale_f32(float* x, float factor, int n) {
  int i = blockIdx.x * 256 + threadIdx.x;
  if (i < n) x[i] *= factor;
}
extern "C" __global__ void step_naive_first_f32(float* m, const float* g, float b1, int n) {
  int i = blockIdx.x * 256 + threadIdx.x;
  if (i < n) m[i] = b1 * m[i] + (1.f - b1) * g[i];
}
extern "C" __global__ void step_naive_second_f32(float* v, const float* g, float b2, int n) {
  int i = blockIdx.x * 256 + threadIdx.x;
  if (i < n) v[i] = b2 * v[i] + (1.f - b2) * g[i] * g[i];
}
extern "C" __global__ void step_naive_update_f32(float* p, const float* m, const float* v, float size, float root, float eps, int n) {
  int i = blockIdx.x * 256 + threadIdx.x;
  if (i < n) p[i] -= size * m[i] / (sqrtf(v[i]) / root + eps);
}

__device__ __forceinline__ void adam(float& p, float g, float& m, float& v, float clip, float keep, float size, float root, float b1,
                                     float b2, float eps) {
  g *= clip;
  m = b1 * m + (1.f - b1) * g;
  v = b2 * v + (1.f - b2) * g * g;
  p = p * keep - size * m / (sqrtf(v) / root + eps);
}

// Step 1, fused: a launch for each tensor; 4 loads and 3 stores for each element, the least there is. Block 256, grid ceil(n / 256).
extern "C" __global__ void step_fused_f32(float* p, const float* g, float* m, float* v, float clip, float keep, float size, float root,
                                          float b1, float b2, float eps, int n) {
  int i = blockIdx.x * 256 + threadIdx.x;
  if (i >= n) return;
  // Copies: the pointers might overlap for all the compiler knows, and it would read m again after v was written.
  float a = p[i], c = m[i], d = v[i];
  adam(a, g[i], c, d, clip, keep, size, root, b1, b2, eps);
  p[i] = a, m[i] = c, v[i] = d;
}

// Step 2, packs: a thread for four elements, 16 bytes at a time; n a multiple of 4. Block 256, grid ceil(n / 1024).
extern "C" __global__ void step_packs_f32(float* p, const float* g, float* m, float* v, float clip, float keep, float size, float root,
                                          float b1, float b2, float eps, int n) {
  int i = 4 * (blockIdx.x * 256 + threadIdx.x);
  if (i >= n) return;
  float a[4], b[4], c[4], d[4];
  loadPack(p + i, a);
  loadPack(g + i, b);
  loadPack(m + i, c);
  loadPack(v + i, d);
#pragma unroll
  for (int k = 0; k < 4; k++) adam(a[k], b[k], c[k], d[k], clip, keep, size, root, b1, b2, eps);
  storePack(p + i, a);
  storePack(m + i, c);
  storePack(v + i, d);
}
