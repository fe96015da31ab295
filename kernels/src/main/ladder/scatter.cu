// How sums by index come to cost what the data cost, with the same bits each run: y[r] = sum of x[i] over the i with
// index[i] = r; n entries, a multiple of 256, and rows places, a multiple of 256.
//
// Atomic additions of floats would need n steps, but add in the order in which threads happen to arrive. Counted on
// the simulator (see ScatterLadderTest): sectors, requests and warp instructions. The last step is the radix sort that
// ships in index.cu (index_sort_*): sectors and instructions proportional to n + rows instead of n rows.
#include "common/pack.cuh"

// Step 0, naive: each row's owner reads the whole index from global memory, n rows / 32 requests.
// Block 256, grid rows / 256; so is the next.
extern "C" __global__ void scatter_scan_f32(const float* x, const int* index, float* y, int n) {
  int row = blockIdx.x * 256 + threadIdx.x;
  float sum = 0.f;
  for (int i = 0; i < n; i++) {
    if (index[i] == row) sum += x[i];
  }
  y[row] = sum;
}

// Step 1, the index goes through shared memory: 256 rows read each entry once, a 256th of the requests in each block
// an eighth of the sectors. Comparisons are still n for each row.
extern "C" __global__ void scatter_shared_f32(const float* x, const int* index, float* y, int n) {
  __shared__ int entries[256];
  int row = blockIdx.x * 256 + threadIdx.x;
  float sum = 0.f;
  for (int from = 0; from < n; from += 256) {
    __syncthreads();
    entries[threadIdx.x] = index[from + threadIdx.x];
    __syncthreads();
#pragma unroll 8
    for (int i = 0; i < 256; i++) {
      if (entries[i] == row) sum += x[from + i];
    }
  }
  y[row] = sum;
}

// Step 2, four comparisons for each access to shared memory: entries are read 16 bytes at a time, and a thread looks
// for a match among four before it looks which. A quarter of the accesses, fewer instructions.
extern "C" __global__ void scatter_four_f32(const float* x, const int* index, float* y, int n) {
  __shared__ int4 entries[64];
  int row = blockIdx.x * 256 + threadIdx.x;
  float sum = 0.f;
  for (int from = 0; from < n; from += 256) {
    __syncthreads();
    if (threadIdx.x < 64) entries[threadIdx.x] = reinterpret_cast<const int4*>(index + from)[threadIdx.x];
    __syncthreads();
#pragma unroll 4
    for (int i = 0; i < 64; i++) {
      int4 e = entries[i];
      if (e.x == row || e.y == row || e.z == row || e.w == row) {
        const float* at = x + from + 4 * i;
        if (e.x == row) sum += at[0];
        if (e.y == row) sum += at[1];
        if (e.z == row) sum += at[2];
        if (e.w == row) sum += at[3];
      }
    }
  }
  y[row] = sum;
}
