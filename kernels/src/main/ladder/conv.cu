// How a 3D convolution becomes fast: y [D,H,W,C'] = x [D,H,W,C] * w [3,3,3,C,C'], stride 1, zero padding 1, channels
// last, C' a multiple of 32.
//
// Each kernel does the same work; the comments say what a step saves. What is counted on the simulator (see
// ConvLadderTest): bytes asked of global memory, accesses to shared memory, warp instructions. The last steps are the
// kernels that ship in conv.cu (conv_gather128x32_f32 and _bf16): the same implicit matrix product with tables instead of
// divisions, tiles of 128 x 32 with 8 x 4 results per thread and cp.async, then tensor cores.
#include "common/launch.cuh"

struct Size {
  int depth, height, width, channels, outputs;
};

// Step 0, naive: a thread for each result, output channels fastest. Every product reads two numbers from global
// memory, 8 * 27 C bytes for each result. Block 256, one-dimensional grid.
extern "C" __global__ void conv_naive_f32(const float* x, const float* w, float* y, Size s) {
  int i = blockIdx.x * 256 + threadIdx.x;
  if (i >= s.depth * s.height * s.width * s.outputs) return;
  int o = i % s.outputs, voxel = i / s.outputs;
  int px = voxel % s.width, py = voxel / s.width % s.height, pz = voxel / s.width / s.height;
  float sum = 0.f;
  for (int tap = 0; tap < 27; tap++) {
    int ix = px + tap % 3 - 1, iy = py + tap / 3 % 3 - 1, iz = pz + tap / 9 - 1;
    if (ix < 0 || ix >= s.width || iy < 0 || iy >= s.height || iz < 0 || iz >= s.depth) continue;
    const float* from = x + ((iz * s.height + iy) * s.width + ix) * s.channels;
    for (int c = 0; c < s.channels; c++) sum = fmaf(from[c], w[(tap * s.channels + c) * s.outputs + o], sum);
  }
  y[i] = sum;
}

// Step 1, implicit matrix product: rows are voxels, the common dimension k runs over taps and channels, and a slice of 16
// values of k is gathered into shared memory, zeros where a tap meets padding. A tile of 64 voxels x 32 channels uses each
// gathered number 32 times and each weight 64 times: global traffic falls to less than 1/20. Each thread keeps 4 x 2
// results. Every gathered element costs six divisions. Block 256, grid (C' / 32, voxels / 64).
extern "C" __global__ void conv_implicit_f32(const float* x, const float* w, float* y, Size s) {
  __shared__ float a[16][65], b[16][32];
  int t = threadIdx.x, tx = t % 16, ty = t / 16;
  int voxels = s.depth * s.height * s.width, all = 27 * s.channels;
  float sum[4][2] = {};
  for (int k0 = 0; k0 < all; k0 += 16) {
    for (int e = t; e < 64 * 16; e += 256) {
      int k = k0 + e % 16, voxel = blockIdx.y * 64 + e / 16;
      int c = k % s.channels, tap = k / s.channels;
      int ix = voxel % s.width + tap % 3 - 1, iy = voxel / s.width % s.height + tap / 3 % 3 - 1;
      int iz = voxel / s.width / s.height + tap / 9 - 1;
      bool inside = k < all && voxel < voxels && ix >= 0 && ix < s.width && iy >= 0 && iy < s.height && iz >= 0 &&
                    iz < s.depth;
      a[e % 16][e / 16] = inside ? x[((iz * s.height + iy) * s.width + ix) * s.channels + c] : 0.f;
    }
    for (int e = t; e < 32 * 16; e += 256) {
      int k = k0 + e / 32;
      b[e / 32][e % 32] = k < all ? w[k * s.outputs + blockIdx.x * 32 + e % 32] : 0.f;
    }
    __syncthreads();
#pragma unroll
    for (int k = 0; k < 16; k++) {
      float p[4], q[2];
#pragma unroll
      for (int r = 0; r < 4; r++) p[r] = a[k][ty + r * 16];
#pragma unroll
      for (int r = 0; r < 2; r++) q[r] = b[k][tx + r * 16];
#pragma unroll
      for (int r = 0; r < 4; r++)
#pragma unroll
        for (int u = 0; u < 2; u++) sum[r][u] = fmaf(p[r], q[u], sum[r][u]);
    }
    __syncthreads();
  }
#pragma unroll
  for (int r = 0; r < 4; r++) {
    int voxel = blockIdx.y * 64 + ty + r * 16;
    if (voxel < voxels) {
      y[voxel * s.outputs + blockIdx.x * 32 + tx] = sum[r][0];
      y[voxel * s.outputs + blockIdx.x * 32 + tx + 16] = sum[r][1];
    }
  }
}
