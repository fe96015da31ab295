// How a transposition comes to run at the speed of a copy: y [n,m] = transposed x [m,n], m and n multiples of 64.
//
// Memory moves whole sectors of 32 bytes, shared memory serves 32 banks of 4 bytes at a time. What is counted
// on the simulator (see TransposeLadderTest): sectors, requests, bank conflicts, warp instructions.
// The last steps are the tiles that ship in arrange.cu, which also take any extents, strides and batch.
#include "common/pack.cuh"

// Step 0, naive: a thread for each element of y. Writes are contiguous; the 32 lanes of a warp read from 32 rows, a
// sector each, of which they use 4 bytes of 32: 8 times the traffic. Block 32 x 8, grid (m / 32, n / 8).
extern "C" __global__ void transpose_naive_b32(const unsigned* x, unsigned* y, int m, int n) {
  int i = blockIdx.x * 32 + threadIdx.x, j = blockIdx.y * 8 + threadIdx.y;
  y[j * m + i] = x[i * n + j];
}

// Step 1, a tile of 32 x 32 in shared memory: read along the rows of x, written along the rows of y, every sector
// whole. But the 32 lanes read a column of the tile, whose elements all lie in one bank: 31 extra passes.
// Block 32 x 32, grid (n / 32, m / 32).
extern "C" __global__ void transpose_tile_b32(const unsigned* x, unsigned* y, int m, int n) {
  __shared__ unsigned tile[32][32];
  int i0 = blockIdx.y * 32, j0 = blockIdx.x * 32;
  tile[threadIdx.y][threadIdx.x] = x[(i0 + threadIdx.y) * n + j0 + threadIdx.x];
  __syncthreads();
  y[(j0 + threadIdx.y) * m + i0 + threadIdx.x] = tile[threadIdx.x][threadIdx.y];
}

// Step 2, rows of 33 words: a column lies in 32 different banks. No conflicts, for 128 bytes more.
extern "C" __global__ void transpose_padded_b32(const unsigned* x, unsigned* y, int m, int n) {
  __shared__ unsigned tile[32][33];
  int i0 = blockIdx.y * 32, j0 = blockIdx.x * 32;
  tile[threadIdx.y][threadIdx.x] = x[(i0 + threadIdx.y) * n + j0 + threadIdx.x];
  __syncthreads();
  y[(j0 + threadIdx.y) * m + i0 + threadIdx.x] = tile[threadIdx.x][threadIdx.y];
}

// Step 3, four elements a thread: a quarter of the threads does the index arithmetic once for four elements and has
// four loads in flight, and a barrier holds up 8 warps instead of 32. Block 32 x 8, grid (n / 32, m / 32).
extern "C" __global__ void transpose_four_b32(const unsigned* x, unsigned* y, int m, int n) {
  __shared__ unsigned tile[32][33];
  int i0 = blockIdx.y * 32, j0 = blockIdx.x * 32;
  const unsigned* from = x + (i0 + threadIdx.y) * n + j0 + threadIdx.x;
#pragma unroll
  for (int k = 0; k < 32; k += 8) tile[threadIdx.y + k][threadIdx.x] = from[k * n];
  __syncthreads();
  unsigned* to = y + (j0 + threadIdx.y) * m + i0 + threadIdx.x;
#pragma unroll
  for (int k = 0; k < 32; k += 8) to[k * m] = tile[threadIdx.x][threadIdx.y + k];
}

// Two-byte elements by step 3: a warp moves 64 bytes in a request that could move 128.
extern "C" __global__ void transpose_four_b16(const unsigned short* x, unsigned short* y, int m, int n) {
  __shared__ unsigned tile[32][33];
  int i0 = blockIdx.y * 32, j0 = blockIdx.x * 32;
#pragma unroll
  for (int k = 0; k < 32; k += 8) {
    tile[threadIdx.y + k][threadIdx.x] = x[(i0 + threadIdx.y + k) * n + j0 + threadIdx.x];
  }
  __syncthreads();
#pragma unroll
  for (int k = 0; k < 32; k += 8) {
    y[(j0 + threadIdx.y + k) * m + i0 + threadIdx.x] = tile[threadIdx.x][threadIdx.y + k];
  }
}

// Step 4 for two bytes: tiles of 64 x 64, of which a thread turns 2 x 2 in registers (two byte permutations), so that
// only words are moved: half the requests, half the instructions. Column 2 c + h of the tile is row c + 32 h of shared
// memory, so that the lanes of a warp, neighbours in c, write to different banks. Block 32 x 8, grid (n / 64, m / 64).
extern "C" __global__ void transpose_pairs_b16(const unsigned* x, unsigned* y, int m, int n) {
  __shared__ unsigned tile[64][33];
  int i0 = blockIdx.y * 32, j0 = blockIdx.x * 32;  // in pairs
#pragma unroll
  for (int k = 0; k < 32; k += 8) {
    int row = threadIdx.y + k;
    const unsigned* from = x + (i0 + row) * n + j0 + threadIdx.x;  // row 2 (i0 + row) of n / 2 words
    unsigned upper = from[0], lower = from[n / 2];
    tile[threadIdx.x][row] = __byte_perm(upper, lower, 0x5410);
    tile[threadIdx.x + 32][row] = __byte_perm(upper, lower, 0x7632);
  }
  __syncthreads();
#pragma unroll
  for (int k = 0; k < 32; k += 8) {
    int row = threadIdx.y + k;
    unsigned* to = y + (j0 + row) * m + i0 + threadIdx.x;
    to[0] = tile[row][threadIdx.x];
    to[m / 2] = tile[row + 32][threadIdx.x];
  }
}
