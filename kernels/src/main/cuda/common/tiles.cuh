// The inner part of matrix products and of convolutions as matrix products: a thread block computes
// a tile BM x BN of C = A B, walking along the common dimension in slices of BK that pass through a
// ring of STAGES buffers in shared memory (cp.async), so that the copies of later slices run behind
// the arithmetic of this one.
//
// Three cores with the same interface, one for each kind of arithmetic:
//   FloatTile   float32 on the ordinary units, TM x TN results in the registers of each thread
//   Tf32Tile    mma.sync.m16n8k8, operands rounded to TF32 (cvt.rna) on their way into the fragments
//   HalfTile    mma.sync.m16n8k16 on bfloat16, fragments by ldmatrix
// All sum in float32 in a fixed order, so the same launch gives the same bits.
//
// Shared memory. The 4-byte cores keep both operands as [k][row], whatever their layout in global
// memory: a 4-byte copy can transpose on its way. The row pitch is 4 (FloatTile) or 8 (Tf32Tile)
// modulo 32 words; with that the reads of fragments and the transposing writes (8 or 4 values of k
// times 4 or 8 rows per warp) meet no bank twice. HalfTile keeps an operand as it lies in
// global memory, in chunks of 16 bytes permuted by an exclusive or with the row (swizzle): neither
// the 8 rows of an ldmatrix nor 8 neighbouring chunks of a copy share a bank; ldmatrix.trans does the
// transposition.
//
// Reference: NVIDIA PTX ISA, "Warp level matrix multiply-accumulate"; CUTLASS' documentation of
// efficient GEMM in CUDA describes the hierarchy of tiles.
#pragma once
#include "common/async.cuh"
#include "common/launch.cuh"

// Vector stores to shared memory, written out because the compiler splits them.
__device__ __forceinline__ void put2(float* s, const float* v) {
  asm volatile("st.shared.v2.f32 [%0], {%1, %2};\n" ::"r"(sharedAddress(s)), "f"(v[0]), "f"(v[1]) : "memory");
}
__device__ __forceinline__ void put4(float* s, const float* v) {
  asm volatile("st.shared.v4.f32 [%0], {%1, %2, %3, %4};\n" ::"r"(sharedAddress(s)), "f"(v[0]), "f"(v[1]), "f"(v[2]),
               "f"(v[3])
               : "memory");
}

// ---------------------------------------------------------------- float32

template <int BM_, int BN_, int TM, int TN, int BK_, int STAGES_>
struct FloatTile {
  static constexpr int BM = BM_, BN = BN_, BK = BK_, STAGES = STAGES_;
  static constexpr int THREADS = (BM / TM) * (BN / TN);
  static constexpr int KFAST = 8;  // values of k that neighbouring threads of a transposing copy take
  static constexpr int PITCH_A = BM + 4, PITCH_B = BN + 4;
  static constexpr int STAGE_BYTES = BK * (PITCH_A + PITCH_B) * 4;
  // Results leave in PASSES parts of ROWS rows.
  static constexpr int PASSES = TM / 4, ROWS = BM / PASSES, PITCH = BN + 4;
  typedef float Element;

  float sum[TM][TN];
  int row, column;  // first of this thread's; the others follow in steps of 4 * 4 * warps

  // A warp is 4 x 8 threads, so that a row of fragments is one run of 128 bytes.
  static constexpr int WARPS_N = BN / TN / 8;
  static constexpr int STEP_M = BM / (TM / 4), STEP_N = BN / (TN / 4);

  __device__ __forceinline__ FloatTile() {
    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    row = ((warp / WARPS_N) * 4 + (lane >> 3)) * 4;
    column = ((warp % WARPS_N) * 8 + (lane & 7)) * 4;
#pragma unroll
    for (int i = 0; i < TM; i++)
#pragma unroll
      for (int j = 0; j < TN; j++) sum[i][j] = 0.f;
  }

  __device__ __forceinline__ void multiply(const char* stage) {
    const float* a = reinterpret_cast<const float*>(stage) + row;
    const float* b = reinterpret_cast<const float*>(stage) + BK * PITCH_A + column;
#pragma unroll
    for (int k = 0; k < BK; k++) {
      float x[TM], y[TN];
#pragma unroll
      for (int i = 0; i < TM; i += 4) {
        *reinterpret_cast<float4*>(x + i) = *reinterpret_cast<const float4*>(a + k * PITCH_A + i / 4 * STEP_M);
      }
#pragma unroll
      for (int j = 0; j < TN; j += 4) {
        *reinterpret_cast<float4*>(y + j) = *reinterpret_cast<const float4*>(b + k * PITCH_B + j / 4 * STEP_N);
      }
#pragma unroll
      for (int i = 0; i < TM; i++)
#pragma unroll
        for (int j = 0; j < TN; j++) sum[i][j] = fmaf(x[i], y[j], sum[i][j]);
    }
  }

  // Writes part PASS of the results to shared memory, [ROWS][PITCH].
  template <int PASS>
  __device__ __forceinline__ void put(float* s) {
#pragma unroll
    for (int i = 0; i < 4; i++)
#pragma unroll
      for (int j = 0; j < TN; j += 4)
        put4(s + (row + i) * PITCH + column + j / 4 * STEP_N, sum[PASS * 4 + i] + j);
  }

  // The row of the tile that row r of part PASS is.
  template <int PASS>
  static __device__ __forceinline__ int rowOf(int r) {
    return PASS * STEP_M + r;
  }
};

// ---------------------------------------------------------------- TF32 tensor cores

__device__ __forceinline__ unsigned toTf32(float v) {
  unsigned r;
  asm("cvt.rna.tf32.f32 %0, %1;\n" : "=r"(r) : "f"(v));
  return r;
}

__device__ __forceinline__ void mmaTf32(float* c, const unsigned* a, const unsigned* b) {
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};\n"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

// Writes a row of NI fragments of 16 x 8 results to shared memory: lane l holds rows l / 4 and
// l / 4 + 8, columns 2 (l % 4) and the next.
template <int NI, int PITCH>
__device__ __forceinline__ void putFragments(float* s, float (*sum)[4]) {
  int lane = threadIdx.x & 31;
  s += lane / 4 * PITCH + lane % 4 * 2;
#pragma unroll
  for (int j = 0; j < NI; j++) {
    put2(s + j * 8, sum[j]);
    put2(s + 8 * PITCH + j * 8, sum[j] + 2);
  }
}

template <int BM_, int BN_, int WM, int WN, int BK_, int STAGES_>
struct Tf32Tile {
  static constexpr int BM = BM_, BN = BN_, BK = BK_, STAGES = STAGES_;
  static constexpr int THREADS = (BM / WM) * (BN / WN) * 32;
  static constexpr int KFAST = 4;
  static constexpr int PITCH_A = BM + 8, PITCH_B = BN + 8;
  static constexpr int STAGE_BYTES = BK * (PITCH_A + PITCH_B) * 4;
  static constexpr int MI = WM / 16, NI = WN / 8;
  static constexpr int PASSES = MI, ROWS = BM / MI, PITCH = BN + 8;
  typedef float Element;

  float sum[MI][NI][4];
  int warpRow, warpColumn;

  __device__ __forceinline__ Tf32Tile() {
    int warp = threadIdx.x >> 5;
    warpRow = warp / (BN / WN) * WM;
    warpColumn = warp % (BN / WN) * WN;
#pragma unroll
    for (int i = 0; i < MI; i++)
#pragma unroll
      for (int j = 0; j < NI; j++)
#pragma unroll
        for (int v = 0; v < 4; v++) sum[i][j][v] = 0.f;
  }

  __device__ __forceinline__ void multiply(const char* stage) {
    int lane = threadIdx.x & 31;
    const float* a = reinterpret_cast<const float*>(stage) + lane % 4 * PITCH_A + warpRow + lane / 4;
    const float* b = reinterpret_cast<const float*>(stage) + BK * PITCH_A + lane % 4 * PITCH_B + warpColumn + lane / 4;
#pragma unroll
    for (int k = 0; k < BK; k += 8) {
      unsigned x[MI][4], y[NI][2];
#pragma unroll
      for (int i = 0; i < MI; i++)
#pragma unroll
        for (int v = 0; v < 4; v++) x[i][v] = toTf32(a[(k + v / 2 * 4) * PITCH_A + i * 16 + v % 2 * 8]);
#pragma unroll
      for (int j = 0; j < NI; j++)
#pragma unroll
        for (int v = 0; v < 2; v++) y[j][v] = toTf32(b[(k + v * 4) * PITCH_B + j * 8]);
#pragma unroll
      for (int i = 0; i < MI; i++)
#pragma unroll
        for (int j = 0; j < NI; j++) mmaTf32(sum[i][j], x[i], y[j]);
    }
  }

  template <int PASS>
  __device__ __forceinline__ void put(float* s) {
    putFragments<NI, PITCH>(s + warpRow / WM * 16 * PITCH + warpColumn, sum[PASS]);
  }

  template <int PASS>
  static __device__ __forceinline__ int rowOf(int r) {
    return r / 16 * WM + PASS * 16 + r % 16;
  }
};

// ---------------------------------------------------------------- bfloat16 tensor cores

__device__ __forceinline__ void mmaBf16(float* c, const unsigned* a, const unsigned* b) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};\n"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

template <bool TRANSPOSED>
__device__ __forceinline__ void loadMatrices(unsigned* r, const void* p) {
  if (TRANSPOSED) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];\n"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(sharedAddress(p))
                 : "memory");
  } else {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];\n"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(sharedAddress(p))
                 : "memory");
  }
}

// Where chunk (of 16 bytes) of a row of CHUNKS lies, in bytes.
template <int CHUNKS>
__device__ __forceinline__ int swizzled(int row, int chunk) {
  static_assert(CHUNKS == 4 || CHUNKS % 8 == 0, "rows of 64 bytes or of multiples of 128");
  return (row * CHUNKS + (chunk ^ (CHUNKS == 4 ? row >> 1 & 3 : row & 7))) * 16;
}

// KA: rows of A lie along k ([row][k] in memory); otherwise [k][row]. KB: the same of the columns of B.
template <int BM_, int BN_, int WM, int WN, int BK_, int STAGES_, bool KA_, bool KB_>
struct HalfTile {
  static constexpr int BM = BM_, BN = BN_, BK = BK_, STAGES = STAGES_;
  static constexpr bool KA = KA_, KB = KB_;
  static constexpr int THREADS = (BM / WM) * (BN / WN) * 32;
  static constexpr int STAGE_BYTES = BK * (BM + BN) * 2;
  static constexpr int MI = WM / 16, NI = WN / 8;
  static constexpr int PASSES = MI, ROWS = BM / MI, PITCH = BN + 8;
  typedef bf16 Element;

  float sum[MI][NI][4];
  int warpRow, warpColumn;

  __device__ __forceinline__ HalfTile() {
    int warp = threadIdx.x >> 5;
    warpRow = warp / (BN / WN) * WM;
    warpColumn = warp % (BN / WN) * WN;
#pragma unroll
    for (int i = 0; i < MI; i++)
#pragma unroll
      for (int j = 0; j < NI; j++)
#pragma unroll
        for (int v = 0; v < 4; v++) sum[i][j][v] = 0.f;
  }

  __device__ __forceinline__ void multiply(const char* stage) {
    const char* b = stage + BK * BM * 2;
    int r = threadIdx.x & 7, low = threadIdx.x >> 3 & 1, high = threadIdx.x >> 4 & 1;
#pragma unroll
    for (int k = 0; k < BK; k += 16) {
      unsigned x[MI][4], y[NI][2];
#pragma unroll
      for (int i = 0; i < MI; i++) {
        int m = warpRow + i * 16;
        loadMatrices<!KA>(x[i], stage + (KA ? swizzled<BK / 8>(m + low * 8 + r, k / 8 + high)
                                            : swizzled<BM / 8>(k + high * 8 + r, m / 8 + low)));
      }
#pragma unroll
      for (int j = 0; j < NI; j += 2) {
        int n = warpColumn + j * 8;
        loadMatrices<!KB>(y[j], b + (KB ? swizzled<BK / 8>(n + high * 8 + r, k / 8 + low)
                                        : swizzled<BN / 8>(k + low * 8 + r, n / 8 + high)));
      }
#pragma unroll
      for (int i = 0; i < MI; i++)
#pragma unroll
        for (int j = 0; j < NI; j++) mmaBf16(sum[i][j], x[i], y[j]);
    }
  }

  template <int PASS>
  __device__ __forceinline__ void put(float* s) {
    putFragments<NI, PITCH>(s + warpRow / WM * 16 * PITCH + warpColumn, sum[PASS]);
  }

  template <int PASS>
  static __device__ __forceinline__ int rowOf(int r) {
    return r / 16 * WM + PASS * 16 + r % 16;
  }
};

// Hides a value from the compiler, so that what follows from it is computed where it is used instead
// of being kept in registers throughout the loop.
__device__ __forceinline__ int opaque(int v) {
  asm volatile("" : "+r"(v));
  return v;
}

// ---------------------------------------------------------------- the walk along k

// Runs the ring of buffers over slices [0, slices): copy(slice, stage) starts the copies of one
// slice; before(slice) runs between two barriers, one slice ahead of its copies.
template <class Tile, class Copy, class Before>
__device__ __forceinline__ void walk(Tile& tile, char* shared, int slices, Copy copy, Before before) {
  constexpr int S = Tile::STAGES;
  int read = 0, write = 0;
  // The first S - 1 rounds only fill; one loop for all rounds keeps the code of the copies single.
#pragma unroll 1
  for (int t = 1 - S; t < slices; t++) {
    if (t >= 0) {
      awaitCopies<S - 2>();
      // Slice t has arrived for all threads, and all have done with the buffer that is filled next.
      __syncthreads();
    }
    if (t + S - 1 < slices) copy(t + S - 1, shared + write * Tile::STAGE_BYTES);
    commitCopies();
    if (++write == S) write = 0;
    if (t >= 0) {
      before(t + S);
      tile.multiply(shared + read * Tile::STAGE_BYTES);
      if (++read == S) read = 0;
    }
  }
}

// ---------------------------------------------------------------- results

// What is written and how.
enum ResultFlags {
  RESULT_BF16 = 1,  // results are bfloat16, otherwise float32
  RESULT_RUNS = 2   // runs of four results start at multiples of four elements and never cross the last column
};

template <class Tile, int PASS, class Start>
__device__ __forceinline__ void writePart(Tile& tile, float* s, Start start, int columns, const float* bias, void* y,
                                          int flags) {
  __syncthreads();
  tile.template put<PASS>(s);
  __syncthreads();
#pragma unroll 1
  for (int e = threadIdx.x; e < Tile::ROWS * Tile::BN / 4; e += Tile::THREADS) {
    int row = e / (Tile::BN / 4), column = e % (Tile::BN / 4) * 4;
    long long at = start(Tile::template rowOf<PASS>(row));
    if (at < 0 || column >= columns) continue;
    at += column;
    float4 v = *reinterpret_cast<const float4*>(s + row * Tile::PITCH + column);
    float values[4] = {v.x, v.y, v.z, v.w};
    if (bias != nullptr) {
#pragma unroll
      for (int i = 0; i < 4; i++) values[i] += column + i < columns ? bias[column + i] : 0.f;
    }
    // Only operands of bfloat16 give results of bfloat16.
    bool half = sizeof(typename Tile::Element) == 2 && (flags & RESULT_BF16);
    if (flags & RESULT_RUNS) {
      if (half) {
        __nv_bfloat162 low = __floats2bfloat162_rn(values[0], values[1]);
        __nv_bfloat162 high = __floats2bfloat162_rn(values[2], values[3]);
        *reinterpret_cast<uint2*>(static_cast<bf16*>(y) + at) =
            make_uint2(*reinterpret_cast<unsigned*>(&low), *reinterpret_cast<unsigned*>(&high));
      } else {
        *reinterpret_cast<float4*>(static_cast<float*>(y) + at) =
            make_float4(values[0], values[1], values[2], values[3]);
      }
    } else {
#pragma unroll
      for (int i = 0; i < 4; i++) {
        if (column + i < columns) {
          if (half) {
            store(static_cast<bf16*>(y) + at + i, values[i]);
          } else {
            static_cast<float*>(y)[at + i] = values[i];
          }
        }
      }
    }
  }
}

// Writes a tile by way of shared memory, so that neighbouring threads write neighbouring results:
// row r starts at element start(r) of y (negative: it is not there), columns [0, columns), bias [columns] or null.
template <class Tile, class Start>
__device__ __forceinline__ void writeTile(Tile& tile, char* shared, Start start, int columns, const float* bias, void* y,
                                          int flags) {
  static_assert(Tile::PASSES <= 4 && Tile::ROWS * Tile::PITCH * 4 <= Tile::STAGES * Tile::STAGE_BYTES, "room");
  awaitCopies<0>();
  float* s = reinterpret_cast<float*>(shared);
  writePart<Tile, 0>(tile, s, start, columns, bias, y, flags);
  if constexpr (Tile::PASSES > 1) writePart<Tile, 1>(tile, s, start, columns, bias, y, flags);
  if constexpr (Tile::PASSES > 2) writePart<Tile, 2>(tile, s, start, columns, bias, y, flags);
  if constexpr (Tile::PASSES > 3) writePart<Tile, 3>(tile, s, start, columns, bias, y, flags);
}
