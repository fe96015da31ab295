// How trilinear resizing comes to spend its instructions on the data: y [2d,2h,2w,channels] from x [d,h,w,channels], channels last,
// a multiple of 4, corners not aligned (output o lies at (o + 0.5) / 2 - 0.5).
//
// What is counted on the simulator (see ResizeLadderTest): requests, warp instructions, atomics. The last step is what ships in
// resize.cu, which also takes any sizes, nearest neighbours and aligned corners.
#include "common/wide.cuh"

// Lower neighbour, and how far from it towards the next one.
__device__ __forceinline__ int locate(int o, int in, float* part) {
  float at = fmaxf(0.f, (o + 0.5f) / 2.f - 0.5f);
  int low = min(static_cast<int>(at), in - 1);
  *part = at - low;
  return low;
}

// Step 0, naive: a thread for each number of y, which finds its place and its 8 neighbours by itself. Block 256, grid 8 d h w
// channels / 256; so is the next.
extern "C" __global__ void resize_naive_f32(const float* x, float* y, int d, int h, int w, int channels) {
  int i = blockIdx.x * 256 + threadIdx.x;
  int c = i % channels, v = i / channels;
  float pd, ph, pw;
  int ld = locate(v / (4 * h * w), d, &pd), lh = locate(v / (2 * w) % (2 * h), h, &ph), lw = locate(v % (2 * w), w, &pw);
  float sum = 0.f;
  for (int a = 0; a < 2; a++) {
    for (int b = 0; b < 2; b++) {
      for (int e = 0; e < 2; e++) {
        float weight = (a ? pd : 1.f - pd) * (b ? ph : 1.f - ph) * (e ? pw : 1.f - pw);
        sum += weight * x[((min(ld + a, d - 1) * h + min(lh + b, h - 1)) * w + min(lw + e, w - 1)) * channels + c];
      }
    }
  }
  y[i] = sum;
}

// Step 1, four channels a thread: place and weights once for four numbers, a quarter of the requests.
// Block 256, grid 8 d h w channels / 1024.
extern "C" __global__ void resize_wide_f32(const float* x, float* y, int d, int h, int w, int channels) {
  int i = blockIdx.x * 256 + threadIdx.x;
  int vectors = channels / 4;
  int c = i % vectors * 4, v = i / vectors;
  float pd, ph, pw;
  int ld = locate(v / (4 * h * w), d, &pd), lh = locate(v / (2 * w) % (2 * h), h, &ph), lw = locate(v % (2 * w), w, &pw);
  float sum[4] = {}, u[4];
  for (int a = 0; a < 2; a++) {
    for (int b = 0; b < 2; b++) {
      for (int e = 0; e < 2; e++) {
        float weight = (a ? pd : 1.f - pd) * (b ? ph : 1.f - ph) * (e ? pw : 1.f - pw);
        read<4>(x + ((min(ld + a, d - 1) * h + min(lh + b, h - 1)) * w + min(lw + e, w - 1)) * channels + c, u);
#pragma unroll
        for (int k = 0; k < 4; k++) sum[k] += weight * u[k];
      }
    }
  }
  write<4>(y + i * 4, sum);
}

// The gradient, naive: each number of dy goes to its 8 neighbours by atomic additions, 32 bytes updated for each, in the order in
// which threads happen to arrive: other bits each time. dx must be zero before. What ships gathers instead: each input
// voxel adds the outputs that read it, in ascending order; no atomics, no zeros, each number written once. Launch as step 0.
extern "C" __global__ void resize_scatter_f32(const float* dy, float* dx, int d, int h, int w, int channels) {
  int i = blockIdx.x * 256 + threadIdx.x;
  int c = i % channels, v = i / channels;
  float pd, ph, pw;
  int ld = locate(v / (4 * h * w), d, &pd), lh = locate(v / (2 * w) % (2 * h), h, &ph), lw = locate(v % (2 * w), w, &pw);
  for (int a = 0; a < 2; a++) {
    for (int b = 0; b < 2; b++) {
      for (int e = 0; e < 2; e++) {
        float weight = (a ? pd : 1.f - pd) * (b ? ph : 1.f - ph) * (e ? pw : 1.f - pw);
        atomicAdd(&dx[((min(ld + a, d - 1) * h + min(lh + b, h - 1)) * w + min(lw + e, w - 1)) * channels + c], weight * dy[i]);
      }
    }
  }
}
