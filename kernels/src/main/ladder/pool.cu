// How pooling comes to read 16 bytes at a time: y [d,h,w,channels], the largest of each 2 x 2 x 2 voxels of x [2d,2h,2w,channels],
// channels last, a multiple of 4.
//
// What is counted on the simulator (see PoolLadderTest): sectors, requests, warp instructions. The last step is what ships in
// pool.cu, which also takes any window, stride and padding, keeps the winners' positions, and has the gradient.
#include "common/wide.cuh"

// Step 0, naive: a thread for each output, numbered as in NCDHW, so that neighbouring lanes are neighbouring voxels of one channel:
// each load of a warp reads 4 bytes of each of 32 sectors. Block 256, grid d h w channels / 256; so is the next.
extern "C" __global__ void pool_naive_f32(const float* x, float* y, int d, int h, int w, int channels) {
  int i = blockIdx.x * 256 + threadIdx.x;
  int voxels = d * h * w;
  int c = i / voxels, v = i % voxels;
  int z = v / (h * w), r = v / w % h, q = v % w;
  float best = -INFINITY;
  for (int a = 0; a < 2; a++) {
    for (int b = 0; b < 2; b++) {
      for (int e = 0; e < 2; e++) {
        best = fmaxf(best, x[(((2 * z + a) * 2 * h + 2 * r + b) * 2 * w + 2 * q + e) * channels + c]);
      }
    }
  }
  y[v * channels + c] = best;
}

// Step 1, numbered in memory order: neighbouring lanes are neighbouring channels, every sector is used. An eighth of the sectors
// where a warp finds 8 channels or more side by side.
extern "C" __global__ void pool_ordered_f32(const float* x, float* y, int d, int h, int w, int channels) {
  int i = blockIdx.x * 256 + threadIdx.x;
  int c = i % channels, v = i / channels;
  int z = v / (h * w), r = v / w % h, q = v % w;
  float best = -INFINITY;
  for (int a = 0; a < 2; a++) {
    for (int b = 0; b < 2; b++) {
      for (int e = 0; e < 2; e++) {
        best = fmaxf(best, x[(((2 * z + a) * 2 * h + 2 * r + b) * 2 * w + 2 * q + e) * channels + c]);
      }
    }
  }
  y[i] = best;
}

// Step 2, four channels a thread: a quarter of the requests, and the divisions that find the voxel are done once for four outputs.
// Block 256, grid d h w channels / 1024.
extern "C" __global__ void pool_wide_f32(const float* x, float* y, int d, int h, int w, int channels) {
  int i = blockIdx.x * 256 + threadIdx.x;
  int vectors = channels / 4;
  int c = i % vectors * 4, v = i / vectors;
  int z = v / (h * w), r = v / w % h, q = v % w;
  float best[4] = {-INFINITY, -INFINITY, -INFINITY, -INFINITY}, u[4];
  for (int a = 0; a < 2; a++) {
    for (int b = 0; b < 2; b++) {
      for (int e = 0; e < 2; e++) {
        read<4>(x + (((2 * z + a) * 2 * h + 2 * r + b) * 2 * w + 2 * q + e) * channels + c, u);
#pragma unroll
        for (int k = 0; k < 4; k++) best[k] = fmaxf(best[k], u[k]);
      }
    }
  }
  write<4>(y + i * 4, best);
}
