// bf16 tiles of attention on tensor cores: mma.sync m16n8k16 with float32 sums, operands by ldmatrix, tiles brought
// to shared memory by cp.async.
//
// Fragments (PTX ISA, "Matrix Fragments for mma.m16n8k16"): lane l holds, with g = l / 4 and t = l % 4, of a result
// the elements (g, 2t), (g, 2t+1), (g+8, 2t), (g+8, 2t+1); the same places of two neighbouring 16x8 results, rounded
// to bf16, are the left operand of the next product, so that weights never pass through shared memory.
// Rows of a tile are H + 8 elements apart: an odd number of 16-byte units, so that the eight rows of an 8x8 matrix
// lie in different banks.
#pragma once
#include "common/attention.cuh"

#define MMA_THREADS 128
#define LOG2E 1.4426950408889634f
#define LN2 0.6931471805599453f

template <int H>
__device__ constexpr int mmaRow() { return H + 8; }

__device__ __forceinline__ unsigned sharedAddress(const void* p) { return static_cast<unsigned>(__cvta_generic_to_shared(p)); }

__device__ __forceinline__ void copyAsync(void* to, const void* from) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(sharedAddress(to)), "l"(from) : "memory");
}
__device__ __forceinline__ void commitCopies() { asm volatile("cp.async.commit_group;" ::: "memory"); }
// Waits until at most N of the committed groups are under way.
template <int N>
__device__ __forceinline__ void awaitCopies() { asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory"); }

__device__ __forceinline__ void loadMatrices(unsigned (&r)[4], const bf16* p) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(sharedAddress(p))
               : "memory");
}
__device__ __forceinline__ void loadTransposed(unsigned (&r)[4], const bf16* p) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(sharedAddress(p))
               : "memory");
}

// d += a b for a 16x16 and b 16x8.
__device__ __forceinline__ void multiply(float (&d)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// 2^x to 2 units in the last place, far below the rounding of weights to bf16.
__device__ __forceinline__ float power2(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

// Two floats rounded to bf16, the first in the lower half.
__device__ __forceinline__ unsigned pack(float x, float y) {
  __nv_bfloat162 v = __floats2bfloat162_rn(x, y);
  return *reinterpret_cast<unsigned*>(&v);
}

// Left operand from two neighbouring results.
__device__ __forceinline__ void asOperand(unsigned (&a)[4], const float (&x)[4], const float (&y)[4]) {
  a[0] = pack(x[0], x[1]), a[1] = pack(x[2], x[3]), a[2] = pack(y[0], y[1]), a[3] = pack(y[2], y[3]);
}

// Where a lane points ldmatrix for a 16x16 block at (row, column): as a left operand, or transposed as a right one ...
template <int H>
__device__ __forceinline__ const bf16* blockRows(const bf16* tile, int row, int column) {
  int lane = threadIdx.x % 32;
  return tile + (row + lane % 16) * mmaRow<H>() + column + lane / 16 * 8;
}
// ... and as a right operand whose columns are the tile's rows.
template <int H>
__device__ __forceinline__ const bf16* blockColumns(const bf16* tile, int row, int column) {
  int lane = threadIdx.x % 32;
  return tile + (row + lane % 8 + lane / 16 * 8) * mmaRow<H>() + column + lane / 8 % 2 * 8;
}

// s[16][8*N] += rows of a from row0 . rows of b, both of H elements.
template <int N, int H>
__device__ __forceinline__ void rowsTimesRows(float (&s)[N][4], const bf16* a, int row0, const bf16* b) {
#pragma unroll
  for (int k = 0; k < H; k += 16) {
    unsigned left[4];
    loadMatrices(left, blockRows<H>(a, row0, k));
#pragma unroll
    for (int n = 0; n < N; n += 2) {
      unsigned right[4];
      loadMatrices(right, blockColumns<H>(b, n * 8, k));
      multiply(s[n], left, right[0], right[1]);
      multiply(s[n + 1], left, right[2], right[3]);
    }
  }
}

// o[16][H] += p[16][8*N] times a tile of 8*N rows.
template <int N, int H>
__device__ __forceinline__ void timesTile(float (&o)[H / 8][4], const float (&p)[N][4], const bf16* tile) {
#pragma unroll
  for (int n = 0; n < N; n += 2) {
    unsigned left[4];
    asOperand(left, p[n], p[n + 1]);
#pragma unroll
    for (int c = 0; c < H / 8; c += 2) {
      unsigned right[4];
      loadTransposed(right, blockRows<H>(tile, n * 8, c * 8));
      multiply(o[c], left, right[0], right[1]);
      multiply(o[c + 1], left, right[2], right[3]);
    }
  }
}

// Starts to bring ROWS rows of `width` elements to a tile of width H, zero beyond `rows` and `width`.
template <int ROWS, int H>
__device__ __forceinline__ void startTile(bf16* to, const bf16* from, int rows, int width, bool aligned) {
#pragma unroll 1
  for (int i = threadIdx.x; i < ROWS * H / 8; i += MMA_THREADS) {
    int r = i / (H / 8);
    int c = i % (H / 8) * 8;
    bf16* at = to + r * mmaRow<H>() + c;
    const bf16* p = from + static_cast<long long>(r) * width + c;
    bool inside = r < rows && c < width;
    if (aligned && inside) {
      copyAsync(at, p);
    } else {
      unsigned short v[8];
#pragma unroll
      for (int e = 0; e < 8; e++) v[e] = inside && c + e < width ? __bfloat16_as_ushort(p[e]) : 0;
      *reinterpret_cast<uint4*>(at) =
          make_uint4(v[0] | v[1] << 16, v[2] | v[3] << 16, v[4] | v[5] << 16, v[6] | v[7] << 16);
    }
  }
}

// Writes 16 rows of a result, times the factors of rows g and g+8, by way of 16 rows of shared memory that only this
// warp uses.
template <int H>
__device__ __forceinline__ void writeRows(bf16* to, bf16* scratch, const float (&o)[H / 8][4], float factor, float factor8, int rows,
                                          int width, bool aligned) {
  int lane = threadIdx.x % 32;
  int g = lane / 4, t = lane % 4;
#pragma unroll
  for (int c = 0; c < H / 8; c++) {
    bf16* at = scratch + g * mmaRow<H>() + c * 8 + 2 * t;
    *reinterpret_cast<unsigned*>(at) = pack(o[c][0] * factor, o[c][1] * factor);
    *reinterpret_cast<unsigned*>(at + 8 * mmaRow<H>()) = pack(o[c][2] * factor8, o[c][3] * factor8);
  }
  __syncwarp();
#pragma unroll 1
  for (int i = lane; i < 16 * H / 8; i += 32) {
    int r = i / (H / 8);
    int c = i % (H / 8) * 8;
    const bf16* at = scratch + r * mmaRow<H>() + c;
    bf16* p = to + static_cast<long long>(r) * width + c;
    if (r < rows && c < width) {
      if (aligned) {
        *reinterpret_cast<uint4*>(p) = *reinterpret_cast<const uint4*>(at);
      } else {
        for (int e = 0; e < min(8, width - c); e++) p[e] = at[e];
      }
    }
  }
}

// What the backward kernels read of one head.
struct Operands {
  const bf16 *q, *k, *v, *g;
  const float *logSum, *delta;

  __device__ __forceinline__ Operands(const AttentionShape& a, const bf16* q, const bf16* k, const bf16* v, const bf16* g,
                                      const float* logSum, const float* delta, int head)
      : q(q + static_cast<long long>(head) * a.t * a.d),
        k(k + static_cast<long long>(head) * a.s * a.d),
        v(v + static_cast<long long>(head) * a.s * a.dv),
        g(g + static_cast<long long>(head) * a.t * a.dv),
        logSum(logSum + static_cast<long long>(head) * a.t),
        delta(delta + static_cast<long long>(head) * a.t) {}

  template <int ROWS, int H>
  __device__ __forceinline__ void startQueries(bf16* to, const AttentionShape& a, int row0) const {
    startTile<ROWS, H>(to, q + static_cast<long long>(row0) * a.d, a.t - row0, a.d, a.aligned);
    startTile<ROWS, H>(to + ROWS * mmaRow<H>(), g + static_cast<long long>(row0) * a.dv, a.t - row0, a.dv, a.aligned);
  }
  template <int ROWS, int H>
  __device__ __forceinline__ void startKeys(bf16* to, const AttentionShape& a, int n0) const {
    startTile<ROWS, H>(to, k + static_cast<long long>(n0) * a.d, a.s - n0, a.d, a.aligned);
    startTile<ROWS, H>(to + ROWS * mmaRow<H>(), v + static_cast<long long>(n0) * a.dv, a.s - n0, a.dv, a.aligned);
  }
};

// From a score to its weight, and from the weight's gradient to the score's.
__device__ __forceinline__ void weigh(float& score, float& gradient, const AttentionShape& a, const Additions& additions, bool added,
                                      float scale, float log2Sum, float delta, int row, int column) {
  float x = score * scale;
  bool inside = row < a.t && column < a.s;
  if (added && inside) x = additions.apply(x, row, column);
  float p = inside ? power2(x * LOG2E - log2Sum) : 0.f;
  gradient = p * (gradient - delta);
  score = p;
}
