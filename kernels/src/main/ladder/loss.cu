// How the statistics of soft Dice and cross-entropy come to read the logits once: for logits x [voxels,3], 3 classes, and labels
// y [voxels], the sums over all voxels of p_c [y = c], of p_c, of [y = c] (3 each), and of the cross-entropies; p = softmax(x).
// voxels a multiple of 1024.
//
// What is counted on the simulator (see LossLadderTest): sectors, bytes stored, warp instructions. The last step is what ships in
// loss.cu (loss_dice_f32, loss_dicefold_f32), which also takes any number of classes, an ignored label and instances.
#include "common/sums.cuh"

// Step 0, naive, a kernel for each part: probabilities to memory (a thread for each voxel, which reads its 3 numbers 12 bytes apart
// from its neighbour's and three times), then a block for each of the 10 sums, which reads all of them again.
// Block 256, grid voxels / 256.
extern "C" __global__ void loss_naive_softmax_f32(const float* x, const int* y, float* p, float* ce) {
  int v = blockIdx.x * 256 + threadIdx.x;
  float top = -INFINITY, sum = 0.f;
  for (int c = 0; c < 3; c++) top = fmaxf(top, x[v * 3 + c]);
  for (int c = 0; c < 3; c++) sum += expf(x[v * 3 + c] - top);
  for (int c = 0; c < 3; c++) p[v * 3 + c] = expf(x[v * 3 + c] - top) / sum;
  ce[v] = logf(sum) + top - x[v * 3 + y[v]];
}

// sums [10]; block 256, grid 10.
extern "C" __global__ void loss_naive_sums_f32(const float* p, const int* y, const float* ce, float* sums, int voxels) {
  __shared__ float room[32];
  int kind = blockIdx.x / 3, c = blockIdx.x % 3;
  float sum = 0.f;
  for (int v = threadIdx.x; v < voxels; v += 256) {
    sum += kind == 3 ? ce[v] : kind == 2 ? (y[v] == c ? 1.f : 0.f) : kind == 1 ? p[v * 3 + c] : y[v] == c ? p[v * 3 + c] : 0.f;
  }
  sum = blockSum(sum, room);
  if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

// Step 1, fused: nothing of the size of the logits is written; a thread keeps its voxels' 10 sums in registers, and a block adds
// them up: partial [blocks,10]. Logits are still read 12 bytes apart. Block 256, grid blocks.
extern "C" __global__ void loss_fused_f32(const float* x, const int* y, float* partial, int voxels) {
  __shared__ float room[32];
  float sums[10] = {};
  for (int v = blockIdx.x * 256 + threadIdx.x; v < voxels; v += gridDim.x * 256) {
    float u[3];
    for (int c = 0; c < 3; c++) u[c] = x[v * 3 + c];
    float top = fmaxf(fmaxf(u[0], u[1]), u[2]);
    int label = y[v];
    float own = label == 0 ? u[0] : label == 1 ? u[1] : u[2];
    float sum = 0.f;
#pragma unroll
    for (int c = 0; c < 3; c++) sum += u[c] = expf(u[c] - top);
    float scale = 1.f / sum;
#pragma unroll
    for (int c = 0; c < 3; c++) {
      float p = u[c] * scale;
      sums[c] += label == c ? p : 0.f;
      sums[3 + c] += p;
      sums[6 + c] += label == c ? 1.f : 0.f;
    }
    sums[9] += logf(sum) + top - own;
  }
#pragma unroll
  for (int k = 0; k < 10; k++) {
    float s = blockSum(sums[k], room);
    if (threadIdx.x == 0) partial[blockIdx.x * 10 + k] = s;
  }
}
