// Elements moved to other places, unchanged: permute, slice, concatenate, pad, roll; and converted: cast.
//
// Moving looks at bytes, not at numbers: kernels exist for units of 2, 4, 8 and 16 bytes (b16 ... b128), and
// the host takes the widest unit that the contiguous runs and the addresses allow. Runs of channels thus move
// 16 bytes at a time whatever the element type. Strides, extents and offsets are in units. Axes that lie next
// to each other in both tensors are merged by the host, extents of 1 dropped; axes are numbered innermost
// first, and an index is taken apart by multiplications with magic numbers.
//
// Launch: one-dimensional grid-stride loops of 256 threads, with four units in flight where units are narrow;
// a transposition has one block of 256 threads for each tile and 8 KiB of shared memory.
// Bound by memory: each element is read once and written once.
#include "common/pack.cuh"

const int RANK = 8;

template <typename U>
struct Flight {  // units a thread loads before it stores the first
  static const int size = sizeof(U) < 16 ? 4 : 1;
};

// y[sum at_k y_k] = x[sum at_k x_k] for all indices.
struct Walk {
  int units;
  int rank;
  Divisor extent[RANK];
  int x[RANK], y[RANK];
};

__device__ __forceinline__ void place(const Walk& w, unsigned unit, int& x, int& y) {
  x = 0, y = 0;
  unsigned rest = unit;
#pragma unroll
  for (int k = 0; k < RANK; k++) {
    if (k == w.rank) break;
    unsigned next = w.extent[k].quotient(rest);
    int at = rest - next * w.extent[k].value;
    x += at * w.x[k];
    y += at * w.y[k];
    rest = next;
  }
}

template <typename U>
__device__ __forceinline__ void copy(const U* __restrict__ x, U* __restrict__ y, const Walk& w) {
  const int size = Flight<U>::size;
  for (unsigned first = thread0(); first < w.units; first += size * threads()) {
    U v[size];
    int to[size];
#pragma unroll
    for (int k = 0; k < size; k++) {
      unsigned i = first + k * threads();
      if (i < w.units) {
        int from;
        place(w, i, from, to[k]);
        v[k] = x[from];
      }
    }
#pragma unroll
    for (int k = 0; k < size; k++) {
      if (first + k * threads() < w.units) y[to[k]] = v[k];
    }
  }
}

// y[at] = x[at - before], or the value where that lies outside of x.
struct Padding {
  int units;  // of y
  int rank;
  Divisor extent[RANK];  // of y
  int before[RANK], inside[RANK], x[RANK];
  unsigned value;  // four bytes of it
};

// Offset in x, or -1.
__device__ __forceinline__ int source(const Padding& p, unsigned unit) {
  int x = 0;
  bool inside = true;
  unsigned rest = unit;
#pragma unroll
  for (int k = 0; k < RANK; k++) {
    if (k == p.rank) break;
    unsigned next = p.extent[k].quotient(rest);
    unsigned at = rest - next * p.extent[k].value - p.before[k];  // wraps below 0
    inside &= at < p.inside[k];
    x += at * p.x[k];
    rest = next;
  }
  return inside ? x : -1;
}

// y[at] = x[(at - shift) mod extent].
struct Rolling {
  int units;
  int rank;
  Divisor extent[RANK];
  int shift[RANK], x[RANK];
};

__device__ __forceinline__ int source(const Rolling& r, unsigned unit) {
  int x = 0;
  unsigned rest = unit;
#pragma unroll
  for (int k = 0; k < RANK; k++) {
    if (k == r.rank) break;
    unsigned next = r.extent[k].quotient(rest);
    int at = rest - next * r.extent[k].value - r.shift[k];
    x += (at < 0 ? at + r.extent[k].value : at) * r.x[k];
    rest = next;
  }
  return x;
}

__device__ __forceinline__ void repeat(unsigned value, unsigned short& u) { u = value; }
__device__ __forceinline__ void repeat(unsigned value, unsigned& u) { u = value; }
__device__ __forceinline__ void repeat(unsigned value, uint2& u) { u = make_uint2(value, value); }
__device__ __forceinline__ void repeat(unsigned value, uint4& u) { u = make_uint4(value, value, value, value); }

// The dense y of a rule that says where each of its units comes from.
template <typename U, typename Rule>
__device__ __forceinline__ void pull(const U* __restrict__ x, U* __restrict__ y, const Rule& rule, unsigned value) {
  const int size = Flight<U>::size;
  for (unsigned first = thread0(); first < rule.units; first += size * threads()) {
    U v[size];
#pragma unroll
    for (int k = 0; k < size; k++) {
      unsigned i = first + k * threads();
      repeat(value, v[k]);
      if (i < rule.units) {
        int from = source(rule, i);
        if (from >= 0) v[k] = x[from];
      }
    }
#pragma unroll
    for (int k = 0; k < size; k++) {
      unsigned i = first + k * threads();
      if (i < rule.units) y[i] = v[k];
    }
  }
}

#define MOVES(U, suffix)                                                                                    \
  extern "C" __global__ void arrange_copy_##suffix(const U* __restrict__ x, U* __restrict__ y, const Walk w) {     \
    copy(x, y, w);                                                                                                 \
  }                                                                                                                \
  extern "C" __global__ void arrange_pad_##suffix(const U* __restrict__ x, U* __restrict__ y, const Padding p) {   \
    pull(x, y, p, p.value);                                                                                        \
  }                                                                                                                \
  extern "C" __global__ void arrange_roll_##suffix(const U* __restrict__ x, U* __restrict__ y, const Rolling r) {  \
    pull(x, y, r, 0);                                                                                              \
  }
MOVES(unsigned short, b16)
MOVES(unsigned, b32)
MOVES(uint2, b64)
MOVES(uint4, b128)

// A permutation that changes the innermost axis: axis p, innermost in x, and axis j, innermost in y, are cut
// into tiles of at most 1024 elements; the other axes number the matrices. A tile is read along p and
// written along j, both contiguously, and turned in shared memory, whose pitch the host picks so that both
// accesses spread over the 32 banks. Tiles are 32 x 32, or as narrow as a short axis and as much longer.
struct Tiles {
  int extentJ, extentP;
  int strideJ;  // of x along j
  int strideP;  // of y along p
  Divisor tileJ, tileP;
  int pitch;
  Divisor acrossJ, acrossP;  // number of tiles along each axis
  int rank;
  Divisor extent[RANK - 2];
  int x[RANK - 2], y[RANK - 2];
};

const int TILE_WORDS = 2048;

// Origins of this block's tile and its matrix' offsets.
__device__ __forceinline__ void tile(const Tiles& t, int& j0, int& p0, int& x, int& y) {
  unsigned rest = t.acrossP.quotient(blockIdx.x);
  p0 = (blockIdx.x - rest * t.acrossP.value) * t.tileP.value;
  unsigned matrix = t.acrossJ.quotient(rest);
  j0 = (rest - matrix * t.acrossJ.value) * t.tileJ.value;
  x = 0, y = 0;
#pragma unroll
  for (int k = 0; k < RANK - 2; k++) {
    if (k == t.rank) break;
    unsigned next = t.extent[k].quotient(matrix);
    int at = matrix - next * t.extent[k].value;
    x += at * t.x[k];
    y += at * t.y[k];
    matrix = next;
  }
}

template <typename U>
__device__ __forceinline__ void transpose(const U* __restrict__ x, U* __restrict__ y, const Tiles& t) {
  __shared__ unsigned words[TILE_WORDS];
  int j0, p0, ox, oy;
  tile(t, j0, p0, ox, oy);
  int elements = t.tileJ.value * t.tileP.value;
#pragma unroll
  for (int k = 0; k < 4; k++) {
    unsigned e = threadIdx.x + k * 256;
    int j = t.tileP.quotient(e);
    int p = e - j * t.tileP.value;
    if (e < elements && j0 + j < t.extentJ && p0 + p < t.extentP) {
      words[j * t.pitch + p] = x[ox + (j0 + j) * t.strideJ + p0 + p];
    }
  }
  __syncthreads();
#pragma unroll
  for (int k = 0; k < 4; k++) {
    unsigned e = threadIdx.x + k * 256;
    int p = t.tileJ.quotient(e);
    int j = e - p * t.tileJ.value;
    if (e < elements && j0 + j < t.extentJ && p0 + p < t.extentP) {
      y[oy + (p0 + p) * t.strideP + j0 + j] = words[j * t.pitch + p];
    }
  }
}

extern "C" __global__ void arrange_transpose_b16(
    const unsigned short* __restrict__ x, unsigned short* __restrict__ y, const Tiles t) {
  transpose(x, y, t);
}
extern "C" __global__ void arrange_transpose_b32(const unsigned* __restrict__ x, unsigned* __restrict__ y, const Tiles t) {
  transpose(x, y, t);
}

// Two-byte elements where all extents, strides and addresses are even: tiles of 64 x 64, of which a thread
// turns 2 x 2 elements in registers, so that memory and shared memory see words only. Column 2c + h of the
// tile lies in row c + 32 h of shared memory, of pitch 33: writing and reading are free of bank conflicts.
// Here t counts words along p and j (pairs): strideJ is that of two rows of x, strideP that of two of y.
extern "C" __global__ void arrange_transpose_pairs(
    const unsigned* __restrict__ x, unsigned* __restrict__ y, const Tiles t) {
  __shared__ unsigned words[64 * 33];
  int j0, p0, ox, oy;
  tile(t, j0, p0, ox, oy);
  int column = threadIdx.x & 31;
  int row0 = threadIdx.x >> 5;
#pragma unroll
  for (int k = 0; k < 4; k++) {
    int row = row0 + 8 * k;
    if (j0 + row < t.extentJ && p0 + column < t.extentP) {
      const unsigned* at = x + ox + (j0 + row) * t.strideJ + p0 + column;
      unsigned upper = at[0];
      unsigned lower = at[t.strideJ >> 1];
      words[column * 33 + row] = __byte_perm(upper, lower, 0x5410);
      words[(column + 32) * 33 + row] = __byte_perm(upper, lower, 0x7632);
    }
  }
  __syncthreads();
#pragma unroll
  for (int k = 0; k < 4; k++) {
    int p = row0 + 8 * k;
    if (p0 + p < t.extentP && j0 + column < t.extentJ) {
      unsigned* at = y + oy + (p0 + p) * t.strideP + j0 + column;
      at[0] = words[p * 33 + column];
      at[t.strideP >> 1] = words[(p + 32) * 33 + column];
    }
  }
}

// To bf16, rounded to nearest, ties to even; NaN stays NaN. Packs are of 8 elements.
extern "C" __global__ void arrange_cast_bf16(const float* __restrict__ x, bf16* __restrict__ y, int n, int packs) {
  for (unsigned i = thread0(); i < packs; i += threads()) {
    float u[4], v[4];
    loadPack(x + i * 8, u);
    loadPack(x + i * 8 + 4, v);
    float w[8] = {u[0], u[1], u[2], u[3], v[0], v[1], v[2], v[3]};
    storePack(y + i * 8, w);
  }
#pragma unroll 1
  for (unsigned i = packs * 8 + thread0(); i < n; i += threads()) store(y + i, x[i]);
}

// To float, exactly.
extern "C" __global__ void arrange_cast_f32(const bf16* __restrict__ x, float* __restrict__ y, int n, int packs) {
  for (unsigned i = thread0(); i < packs; i += threads()) {
    float v[8];
    loadPack(x + i * 8, v);
    float lower[4] = {v[0], v[1], v[2], v[3]};
    float upper[4] = {v[4], v[5], v[6], v[7]};
    storePack(y + i * 8, lower);
    storePack(y + i * 8 + 4, upper);
  }
#pragma unroll 1
  for (unsigned i = packs * 8 + thread0(); i < n; i += threads()) y[i] = load(x + i);
}
