// How a matrix product becomes fast: C [m,n] = A [m,k] B [k,n], row-major, m and n multiples of 64, k of 32.
//
// Each kernel does the same work; the comments say what a step saves. What is counted on the simulator (see
// MatMulLadderTest): bytes asked of global memory, accesses to shared memory, bank conflicts, warp instructions.
// The last two steps are the tiles that ship in matmul.cu, which also take any size, layout and batch.
#include "common/tiles.cuh"

// Step 0, naive: a thread for each element of C. Every product reads two numbers from global memory: 8 m n k bytes.
// Block 32 x 8, grid (n / 32, m / 8).
extern "C" __global__ void matmul_naive_f32(const float* a, const float* b, float* c, int m, int n, int k) {
  int column = blockIdx.x * 32 + threadIdx.x, row = blockIdx.y * 8 + threadIdx.y;
  float sum = 0.f;
  for (int i = 0; i < k; i++) sum = fmaf(a[row * k + i], b[i * n + column], sum);
  c[row * n + column] = sum;
}

// Step 1, tiles of 32 x 32 in shared memory: each number fetched from global memory is used by 32 threads, so global
// traffic falls to 1/32. Two reads of shared memory for each product remain. Block 32 x 32, grid (n / 32, m / 32).
extern "C" __global__ void matmul_shared_f32(const float* a, const float* b, float* c, int m, int n, int k) {
  __shared__ float x[32][32], y[32][32];
  int column = blockIdx.x * 32 + threadIdx.x, row = blockIdx.y * 32 + threadIdx.y;
  float sum = 0.f;
  for (int i = 0; i < k; i += 32) {
    x[threadIdx.y][threadIdx.x] = a[row * k + i + threadIdx.x];
    y[threadIdx.y][threadIdx.x] = b[(i + threadIdx.y) * n + column];
    __syncthreads();
#pragma unroll
    for (int j = 0; j < 32; j++) sum = fmaf(x[threadIdx.y][j], y[j][threadIdx.x], sum);
    __syncthreads();
  }
  c[row * n + column] = sum;
}

// Step 2, registers: tiles of 64 x 64, each thread 4 x 4 results, so that 8 reads of shared memory serve 16 products
// (a quarter of step 1's) and global traffic halves again. A is stored transposed, [k][row], for neighbouring reads
// along the rows; the transposing stores meet in few banks (8 values of k at a pitch of 64 words share one).
// Block 256, grid (n / 64, m / 64).
extern "C" __global__ void matmul_registers_f32(const float* a, const float* b, float* c, int m, int n, int k) {
  __shared__ float x[16][64], y[16][64];
  int t = threadIdx.x, tx = t % 16, ty = t / 16;
  const float* from = a + blockIdx.y * 64 * k;
  float sum[4][4] = {};
  for (int i = 0; i < k; i += 16) {
    for (int e = t; e < 64 * 16; e += 256) {
      x[e % 16][e / 16] = from[e / 16 * k + i + e % 16];
      y[e / 64][e % 64] = b[(i + e / 64) * n + blockIdx.x * 64 + e % 64];
    }
    __syncthreads();
#pragma unroll
    for (int j = 0; j < 16; j++) {
      float p[4], q[4];
#pragma unroll
      for (int s = 0; s < 4; s++) {
        p[s] = x[j][ty + s * 16];
        q[s] = y[j][tx + s * 16];
      }
#pragma unroll
      for (int r = 0; r < 4; r++)
#pragma unroll
        for (int s = 0; s < 4; s++) sum[r][s] = fmaf(p[r], q[s], sum[r][s]);
    }
    __syncthreads();
  }
#pragma unroll
  for (int r = 0; r < 4; r++)
#pragma unroll
    for (int s = 0; s < 4; s++) c[(blockIdx.y * 64 + ty + r * 16) * n + blockIdx.x * 64 + tx + s * 16] = sum[r][s];
}

template <class Tile>
__device__ __forceinline__ void writeLadder(Tile& tile, char* shared, float* c, int n) {
  writeTile(
      tile, shared, [&](int row) { return static_cast<long long>(blockIdx.y * 64 + row) * n + blockIdx.x * 64; }, 64,
      nullptr, c, RESULT_RUNS);
}

// Step 3, vectors, padding, and copies behind the arithmetic: 8 x 4 results per thread from three reads of 16 bytes (one
// access for 10.7 products, step 2 two); rows of 68 words, so that transposing stores meet no bank twice; three
// buffers filled by cp.async, so that no thread waits for global memory and no register holds what is under way.
// Block FloatTile::THREADS, grid (n / 64, m / 64), dynamic shared memory.
extern "C" __global__ void matmul_pipelined_f32(const float* a, const float* b, float* c, int m, int n, int k) {
  extern __shared__ __align__(16) char shared[];
  typedef FloatTile<64, 64, 8, 4, 16, 3> Tile;
  const float* left = a + blockIdx.y * 64 * k;
  const float* right = b + blockIdx.x * 64;
  Tile tile;
  walk(
      tile, shared, k / Tile::BK,
      [&](int slice, char* stage) {
        float* s = reinterpret_cast<float*>(stage);
        for (int e = threadIdx.x; e < 64 * Tile::BK; e += Tile::THREADS) {
          int i = e % 8 + e / 512 * 8, row = e / 8 % 64;
          copyAsync4(s + i * Tile::PITCH_A + row, left + row * k + slice * Tile::BK + i, true);
        }
        s += Tile::BK * Tile::PITCH_A;
        for (int e = threadIdx.x; e < 16 * Tile::BK; e += Tile::THREADS) {
          int i = e / 16, column = e % 16 * 4;
          copyAsync16(s + i * Tile::PITCH_B + column, right + (slice * Tile::BK + i) * n + column, true);
        }
      },
      [](int) {});
  writeLadder(tile, shared, c, n);
}

// Step 4, tensor cores: one mma does 2,048 products for a warp where 64 instructions did; operands in bfloat16, half
// the bytes; fragments come by ldmatrix from rows permuted so that it meets no bank twice.
// Block HalfTile::THREADS, grid (n / 64, m / 64), dynamic shared memory.
extern "C" __global__ void matmul_mma_bf16(const bf16* a, const bf16* b, float* c, int m, int n, int k) {
  extern __shared__ __align__(16) char shared[];
  typedef HalfTile<64, 64, 32, 32, 32, 4, true, false> Tile;
  const bf16* left = a + blockIdx.y * 64 * k;
  const bf16* right = b + blockIdx.x * 64;
  Tile tile;
  walk(
      tile, shared, k / Tile::BK,
      [&](int slice, char* stage) {
        for (int e = threadIdx.x; e < 64 * Tile::BK / 8; e += Tile::THREADS) {
          int row = e / 4, chunk = e % 4;
          copyAsync16(stage + swizzled<4>(row, chunk), left + row * k + slice * Tile::BK + chunk * 8, true);
        }
        stage += Tile::BK * 64 * 2;
        for (int e = threadIdx.x; e < 64 * Tile::BK / 8; e += Tile::THREADS) {
          int i = e / 8, chunk = e % 8;
          copyAsync16(stage + swizzled<8>(i, chunk), right + (slice * Tile::BK + i) * n + chunk * 8, true);
        }
      },
      [](int) {});
  writeLadder(tile, shared, c, n);
}
