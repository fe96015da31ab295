// Matrix products y = op(a) op(b) (+ bias), batched with broadcasting, any layout, any size.
//
// Layout: row-major; a [m,k] or [k,m], b [k,n] or [n,k], y [m,n], leading dimensions given.
// matmul_tileNNN: one thread block per tile of y, per batch element, per split of k; grid one-dimensional, n fastest
//   inside groups of 8 tiles along m (so that the tiles running at the same time share rows of a and columns of b
//   in the L2 cache). Dynamic shared memory: the ring of buffers, Tile::STAGES * Tile::STAGE_BYTES. See common/tiles.cuh.
//   With more than one split y is a float32 array [split, y...] that matmul_sum_splits adds up in the order of the splits.
// matmul_dot, matmul_columns: at most four vectors times a matrix, limited by reading the matrix once.
#include "common/tiles.cuh"

struct Product {
  int m, n, k;
  int rowA, stepA;  // distances in a of neighbouring rows and of neighbouring k: one of them is 1
  int columnB, stepB;
  int vectorA, vectorB;  // whether 16-byte copies are allowed
  int splits, flags;
  int rank;
  int extent[6], strideA[6], strideB[6];  // batch axes, outermost first
};

// First elements of a and of b for an index into the batch.
__device__ __forceinline__ void batchOffsets(const Product& p, int batch, int& offsetA, int& offsetB) {
  offsetA = offsetB = 0;
#pragma unroll
  for (int i = 5; i >= 0; i--) {
    if (i < p.rank) {
      int index = batch % p.extent[i];
      batch /= p.extent[i];
      offsetA += index * p.strideA[i];
      offsetB += index * p.strideB[i];
    }
  }
}

// Copies [k0, k0 + BK) x ROWS of a float operand to shared [k][row]; zeros beyond rows and kEnd.
template <int ROWS, int PITCH, class Tile>
__device__ __forceinline__ void copyOperand(float* s, const float* g, int rowStride, int kStride, int rows, int k0,
                                            int kEnd, bool vector) {
  constexpr int BK = Tile::BK, THREADS = Tile::THREADS, KF = Tile::KFAST;
  int t = opaque(threadIdx.x);
  if (kStride == 1) {
    // Rows are taken in steps of THREADS / KF, then the next KF values of k.
    constexpr int STEP = THREADS / KF < ROWS ? THREADS / KF : ROWS, PARTS = ROWS / STEP, KSTEP = THREADS / STEP;
    static_assert(ROWS % STEP == 0 && BK % KSTEP == 0, "a slice is a whole number of steps");
    int k = t % KF + t / (KF * STEP) * KF, row = t / KF % STEP;
    int left = rows - row, offset = row * rowStride + k0 + k, step = STEP * rowStride;
    s += k * PITCH + row;
#pragma unroll
    for (int i = 0; i < PARTS; i++) {
#pragma unroll
      for (int j = 0; j < BK; j += KSTEP) {
        bool valid = i * STEP < left && k0 + k + j < kEnd;
        copyAsync4(s + j * PITCH + i * STEP, g + (valid ? offset + j : 0), valid);
      }
      offset += step;
    }
  } else if (vector) {
    constexpr int LINE = ROWS / 4, STEP = THREADS / LINE;
    int k = t / LINE, row = t % LINE * 4;
    bool there = row < rows;
    int left = kEnd - k0 - k, offset = (k0 + k) * kStride + row, step = STEP * kStride;
    s += k * PITCH + row;
#pragma unroll
    for (int i = 0; i < BK; i += STEP) {
      if (BK % STEP == 0 || i + k < BK) {
        bool valid = there && i < left;
        copyAsync16(s + i * PITCH, g + (valid ? offset : 0), valid);
      }
      offset += step;
    }
  } else {
    constexpr int STEP = THREADS / ROWS;
    static_assert(STEP > 0 && BK % STEP == 0, "a slice is a whole number of steps");
    int k = t / ROWS, row = t % ROWS;
    bool there = row < rows;
    int left = kEnd - k0 - k, offset = (k0 + k) * kStride + row, step = STEP * kStride;
    s += k * PITCH + row;
#pragma unroll
    for (int i = 0; i < BK; i += STEP) {
      bool valid = there && i < left;
      copyAsync4(s + i * PITCH, g + (valid ? offset : 0), valid);
      offset += step;
    }
  }
}

// Copies [k0, k0 + BK) x ROWS of a bfloat16 operand in its own layout; ALONG_K: rows lie along k.
template <int ROWS, bool ALONG_K, class Tile>
__device__ __forceinline__ void copyOperand(char* s, const bf16* g, int pitch, int rows, int k0, int kEnd, bool vector) {
  constexpr int THREADS = Tile::THREADS, CHUNKS = (ALONG_K ? Tile::BK : ROWS) / 8, LINES = ALONG_K ? ROWS : Tile::BK;
  constexpr int STEP = THREADS / CHUNKS;
  static_assert(STEP % 8 == 0 || STEP >= LINES, "the swizzle of a thread's chunks must not change");
  int t = opaque(threadIdx.x);
  int line = t / CHUNKS, chunk = t % CHUNKS;
  // Position along the row in memory, how much of it there is, and how many lines there are.
  int at = (ALONG_K ? k0 : 0) + chunk * 8, room = (ALONG_K ? kEnd : rows) - at;
  int left = (ALONG_K ? rows : kEnd - k0) - line;
  int offset = (ALONG_K ? line : k0 + line) * pitch + at, step = STEP * pitch;
  s += swizzled<CHUNKS>(line, chunk);
#pragma unroll
  for (int i = 0; i < LINES; i += STEP) {
    if (LINES % STEP == 0 || line + i < LINES) {
      char* target = s + i * CHUNKS * 16;
      if (vector) {
        bool valid = i < left && room > 0;
        copyAsync16(target, g + (valid ? offset : 0), valid);
      } else {
        const unsigned short* from = reinterpret_cast<const unsigned short*>(g) + offset;
        unsigned v[4];
#pragma unroll
        for (int j = 0; j < 8; j += 2) {
          unsigned low = i < left && j < room ? from[j] : 0, high = i < left && j + 1 < room ? from[j + 1] : 0;
          v[j / 2] = low | high << 16;
        }
        *reinterpret_cast<uint4*>(target) = make_uint4(v[0], v[1], v[2], v[3]);
      }
    }
    offset += step;
  }
}

template <class Tile>
__device__ __forceinline__ void copySlice(const Product& p, char* stage, const float* a, const float* b, int m0, int n0,
                                          int k0) {
  float* s = reinterpret_cast<float*>(stage);
  copyOperand<Tile::BM, Tile::PITCH_A, Tile>(s, a + static_cast<long long>(m0) * p.rowA, p.rowA, p.stepA, p.m - m0, k0,
                                             p.k, p.vectorA);
  copyOperand<Tile::BN, Tile::PITCH_B, Tile>(s + Tile::BK * Tile::PITCH_A, b + static_cast<long long>(n0) * p.columnB,
                                             p.columnB, p.stepB, p.n - n0, k0, p.k, p.vectorB);
}

template <class Tile>
__device__ __forceinline__ void copySlice(const Product& p, char* stage, const bf16* a, const bf16* b, int m0, int n0,
                                          int k0) {
  copyOperand<Tile::BM, Tile::KA, Tile>(stage, a + static_cast<long long>(m0) * p.rowA, Tile::KA ? p.rowA : p.stepA,
                                        p.m - m0, k0, p.k, p.vectorA);
  copyOperand<Tile::BN, Tile::KB, Tile>(stage + Tile::BK * Tile::BM * 2, b + static_cast<long long>(n0) * p.columnB,
                                        Tile::KB ? p.columnB : p.stepB, p.n - n0, k0, p.k, p.vectorB);
}

template <class Tile, class T>
__device__ __forceinline__ void product(const T* a, const T* b, const float* bias, void* y, const Product& p) {
  extern __shared__ __align__(16) char shared[];
  constexpr int GROUP = 8;
  int tilesM = (p.m + Tile::BM - 1) / Tile::BM, tilesN = (p.n + Tile::BN - 1) / Tile::BN;
  int tiles = tilesM * tilesN;
  int tile = blockIdx.x % tiles, z = blockIdx.x / tiles;
  int group = tile / (GROUP * tilesN), firstM = group * GROUP, groupM = min(GROUP, tilesM - firstM);
  int m0 = (firstM + tile % (GROUP * tilesN) % groupM) * Tile::BM, n0 = tile % (GROUP * tilesN) / groupM * Tile::BN;
  int batches = gridDim.x / tiles / p.splits;
  int batch = z % batches, split = z / batches;
  int offsetA, offsetB;
  batchOffsets(p, batch, offsetA, offsetB);

  int all = (p.k + Tile::BK - 1) / Tile::BK, each = (all + p.splits - 1) / p.splits;
  int from = min(all, split * each), slices = min(all, from + each) - from;
  Tile core;
  walk(
      core, shared, slices,
      [&](int slice, char* stage) {
        copySlice<Tile>(p, stage, a + offsetA, b + offsetB, m0, n0, (from + slice) * Tile::BK);
      },
      [](int) {});
  long long first = static_cast<long long>(z) * p.m * p.n + n0;
  writeTile(
      core, shared, [&](int row) { return m0 + row < p.m ? first + static_cast<long long>(m0 + row) * p.n : -1LL; },
      p.n - n0, bias == nullptr ? nullptr : bias + n0, y, p.flags);
}

#define PRODUCT(NAME, T, BLOCKS, ...)                                                                               \
  extern "C" __global__ void __launch_bounds__((__VA_ARGS__::THREADS), BLOCKS)                                       \
      NAME(const T* a, const T* b, const float* bias, void* y, const __grid_constant__ Product p) {                  \
    product<__VA_ARGS__>(a, b, bias, y, p);                                                                         \
  }

typedef FloatTile<128, 128, 8, 8, 8, 4> Float128;
typedef FloatTile<128, 32, 8, 4, 16, 3> Float128x32;
typedef FloatTile<64, 64, 8, 4, 16, 3> Float64;
PRODUCT(matmul_tile128_f32, float, 2, Float128)
PRODUCT(matmul_tile128x32_f32, float, 4, Float128x32)
PRODUCT(matmul_tile64_f32, float, 4, Float64)

typedef Tf32Tile<128, 128, 64, 32, 16, 3> Tf32128;
typedef Tf32Tile<128, 32, 32, 32, 16, 3> Tf32128x32;
typedef Tf32Tile<64, 64, 32, 32, 16, 3> Tf3264;
PRODUCT(matmul_tile128_tf32, float, 2, Tf32128)
PRODUCT(matmul_tile128x32_tf32, float, 4, Tf32128x32)
PRODUCT(matmul_tile64_tf32, float, 4, Tf3264)

#define HALF_PRODUCTS(LAYOUT, KA, KB)                                      \
  typedef HalfTile<128, 128, 64, 32, 32, 3, KA, KB> Half128##LAYOUT;       \
  typedef HalfTile<64, 64, 32, 32, 32, 4, KA, KB> Half64##LAYOUT;          \
  PRODUCT(matmul_tile128##LAYOUT##_bf16, bf16, 2, Half128##LAYOUT)         \
  PRODUCT(matmul_tile64##LAYOUT##_bf16, bf16, 4, Half64##LAYOUT)
HALF_PRODUCTS(nn, true, false)
HALF_PRODUCTS(nt, true, true)
HALF_PRODUCTS(tn, false, false)
typedef HalfTile<64, 64, 32, 32, 32, 4, false, true> Half64tt;
PRODUCT(matmul_tile64tt_bf16, bf16, 4, Half64tt)
typedef HalfTile<128, 32, 32, 32, 32, 4, true, false> Half128x32nn;
typedef HalfTile<128, 32, 32, 32, 32, 4, true, true> Half128x32nt;
PRODUCT(matmul_tile128x32nn_bf16, bf16, 4, Half128x32nn)
PRODUCT(matmul_tile128x32nt_bf16, bf16, 4, Half128x32nt)

// ---------------------------------------------------------------- sums of splits

// y[i] = partial[0][i] + partial[1][i] + ... + bias[static_cast<int>(i) % columns], from float32 parts.
// Launch: one-dimensional grid of 256 threads with a grid-stride loop.
extern "C" __global__ void matmul_sum_splits(const float* partial, int splits, int size, const float* bias, int columns,
                                             void* y, int flags) {
  for (long long i = firstElement(); i < size; i += elementStride()) {
    float sum = 0.f;
#pragma unroll 4
    for (int s = 0; s < splits; s++) sum += partial[static_cast<long long>(s) * size + i];
    if (bias != nullptr) sum += bias[static_cast<int>(i) % columns];
    if (flags & RESULT_BF16) {
      store(static_cast<bf16*>(y) + i, sum);
    } else {
      static_cast<float*>(y)[i] = sum;
    }
  }
}

// ---------------------------------------------------------------- few vectors times a matrix

// y[r, j] = sum over k of v[r, k] m[j, k] (dot) or m[k, j] (columns), r < count <= 4.
struct VectorProduct {
  int count, columns, k;
  int vectorRow, vectorStep;  // distances in v of neighbouring vectors and of neighbouring k
  int resultRow, resultStep;  // distances in y of neighbouring vectors and of neighbouring j
  int splits, flags, matrixIsB;
  int rank;
  int extent[6], strideA[6], strideB[6];
};

constexpr int VECTORS = 4;

__device__ __forceinline__ void batchOffsets(const VectorProduct& p, int batch, int& vector, int& matrix) {
  vector = matrix = 0;
#pragma unroll
  for (int i = 5; i >= 0; i--) {
    if (i < p.rank) {
      int index = batch % p.extent[i];
      batch /= p.extent[i];
      vector += index * (p.matrixIsB ? p.strideA[i] : p.strideB[i]);
      matrix += index * (p.matrixIsB ? p.strideB[i] : p.strideA[i]);
    }
  }
}

__device__ __forceinline__ void storeResult(void* y, long long at, float v, int flags) {
  if (flags & RESULT_BF16) {
    store(static_cast<bf16*>(y) + at, v);
  } else {
    static_cast<float*>(y)[at] = v;
  }
}

// A warp per row of the matrix, lanes along k. Block 32 x 8, grid (rows / 8) * batch.
template <class T>
__device__ __forceinline__ void dot(const T* v, const T* matrix, void* y, const VectorProduct& p) {
  int blocks = (p.columns + 7) / 8, batch = blockIdx.x / blocks;
  int j = blockIdx.x % blocks * 8 + threadIdx.y;
  int offsetV, offsetM;
  batchOffsets(p, batch, offsetV, offsetM);
  float sum[VECTORS] = {};
  if (j < p.columns) {
    const T* row = matrix + (static_cast<long long>(j) * p.k + offsetM);
    const T* x = v + offsetV;
#pragma unroll 4
    for (int k = threadIdx.x; k < p.k; k += 32) {
      float w = load(row + k);
#pragma unroll
      for (int r = 0; r < VECTORS; r++) {
        if (r < p.count) sum[r] = fmaf(load(x + (r * p.vectorRow + k * p.vectorStep)), w, sum[r]);
      }
    }
  }
#pragma unroll
  for (int r = 0; r < VECTORS; r++) {
#pragma unroll
    for (int s = 16; s > 0; s >>= 1) sum[r] += __shfl_xor_sync(0xffffffffu, sum[r], s);
    if (threadIdx.x == r && r < p.count && j < p.columns) {
      long long size = static_cast<long long>(p.count) * p.columns;
      storeResult(y, batch * size + r * p.resultRow + j * p.resultStep, sum[r], p.flags);
    }
  }
}

// Lanes along the columns, the 8 warps of a block along k, their sums added up in shared memory in order. Block 32 x 8,
// grid (columns / 32) * batch * splits; with splits y is float32 [split, y...].
template <class T>
__device__ __forceinline__ void columns(const T* v, const T* matrix, void* y, const VectorProduct& p) {
  __shared__ float part[VECTORS][8][32];
  int blocks = (p.columns + 31) / 32, z = blockIdx.x / blocks;
  int j = blockIdx.x % blocks * 32 + threadIdx.x;
  int batches = gridDim.x / blocks / p.splits;
  int batch = z % batches, split = z / batches;
  int offsetV, offsetM;
  batchOffsets(p, batch, offsetV, offsetM);
  int each = (p.k + p.splits - 1) / p.splits, end = min(p.k, (split + 1) * each);
  float sum[VECTORS] = {};
  if (j < p.columns) {
    const T* column = matrix + (j + offsetM);
    const T* x = v + offsetV;
#pragma unroll 4
    for (int k = split * each + threadIdx.y; k < end; k += 8) {
      float w = load(column + static_cast<long long>(k) * p.columns);
#pragma unroll
      for (int r = 0; r < VECTORS; r++) {
        if (r < p.count) sum[r] = fmaf(load(x + (r * p.vectorRow + k * p.vectorStep)), w, sum[r]);
      }
    }
  }
#pragma unroll
  for (int r = 0; r < VECTORS; r++) part[r][threadIdx.y][threadIdx.x] = sum[r];
  __syncthreads();
  int r = threadIdx.y;
  if (r < p.count && j < p.columns) {
    float total = 0.f;
#pragma unroll
    for (int w = 0; w < 8; w++) total += part[r][w][threadIdx.x];
    long long size = static_cast<long long>(p.count) * p.columns;
    storeResult(y, z * size + r * p.resultRow + j * p.resultStep, total, p.flags);
  }
}

#define VECTOR_PRODUCT(WHAT, NAME, T)                                                                         \
  extern "C" __global__ void __launch_bounds__(256)                                                           \
      matmul_##WHAT##_##NAME(const T* v, const T* matrix, void* y, const __grid_constant__ VectorProduct p) { \
    WHAT(v, matrix, y, p);                                                                                    \
  }
VECTOR_PRODUCT(dot, f32, float)
VECTOR_PRODUCT(dot, bf16, bf16)
VECTOR_PRODUCT(columns, f32, float)
VECTOR_PRODUCT(columns, bf16, bf16)
