// How the statistics of instance norm become bound by memory alone: mean and 1 / sqrt(var + eps) of each channel of one
// instance x [voxels,C], channels last.
//
// Each version does the same work; the comments say what a step saves. What is counted on the simulator (see
// InstanceNormLadderTest): 32-byte sectors and load instructions of global memory, warp instructions. The last step is what
// ships (norm_moments_f32 and norm_statistics_f32 in norm.cu): blocks for chunks of the instance, so that a single volume fills
// the device, 16-byte loads for any number of channels, and moments merged in a fixed order.
#include "common/sums.cuh"

// Step 0, naive: a block per channel, two passes (mean, then squares about it). Threads read addresses C floats apart: every
// element costs a sector of its own, twice, and with few channels most of the device has nothing to do.
extern "C" __global__ void instancenorm_naive_f32(const float* x, float* mean, float* rstd, int voxels, int channels, float eps) {
  __shared__ float room[32];
  int c = blockIdx.x;
  float sum = 0.f;
  for (int v = threadIdx.x; v < voxels; v += blockDim.x) sum += x[v * channels + c];
  float m = blockSum(sum, room) / voxels;
  float square = 0.f;
  for (int v = threadIdx.x; v < voxels; v += blockDim.x) square += (x[v * channels + c] - m) * (x[v * channels + c] - m);
  square = blockSum(square, room);
  if (threadIdx.x == 0) {
    mean[c] = m;
    rstd[c] = 1.f / sqrtf(square / voxels + eps);
  }
}

// Step 1, neighbouring threads on neighbouring channels: a thread per column of rows of 256 elements (C a divisor of 256), so
// that a sector is used in full: an eighth of the sectors. Blocks for chunks; sums and sums of squares of differences from the
// first voxel in one pass: half of what is left. partial [blocks, 2, 256].
extern "C" __global__ void instancenorm_columns_f32(const float* x, float* partial, int voxels, int channels, int rowsPerBlock) {
  int rows = voxels * channels / 256;
  int first = blockIdx.x * rowsPerBlock;
  float shift = x[threadIdx.x % channels];
  float sum = 0.f;
  float square = 0.f;
  for (int r = first; r < min(rows, first + rowsPerBlock); r++) {
    float d = x[r * 256 + threadIdx.x] - shift;
    sum += d;
    square += d * d;
  }
  partial[blockIdx.x * 512 + threadIdx.x] = sum;
  partial[blockIdx.x * 512 + 256 + threadIdx.x] = square;
}

// Adds the blocks of step 1, a thread per channel.
extern "C" __global__ void instancenorm_finish_f32(
    const float* x, const float* partial, float* mean, float* rstd, int voxels, int channels, int blocks, float eps) {
  int c = threadIdx.x;
  if (c >= channels) return;
  float sum = 0.f;
  float square = 0.f;
  for (int b = 0; b < blocks; b++) {
    for (int j = c; j < 256; j += channels) {
      sum += partial[b * 512 + j];
      square += partial[b * 512 + 256 + j];
    }
  }
  float d = sum / voxels;
  mean[c] = x[c] + d;
  rstd[c] = 1.f / sqrtf(square / voxels - d * d + eps);
}
