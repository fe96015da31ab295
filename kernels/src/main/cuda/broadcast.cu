// Arithmetic of two tensors under broadcasting, y = f(a, b); one tensor repeated; and the in-place steps.
//
// The host drops axes of extent 1 and merges neighbours along which each operand either varies or is repeated.
// The innermost merged axis is a row; along it an operand's step is 1 or 0. Equal shapes, a scalar operand
// (both: one row, no division at all), a trailing vector (a bias: rows and one outer axis) and a leading one
// (an operand that is constant along each row) are thereby cases of one loop, which costs one multiplication
// by a magic number for each merged axis and 16 bytes.
//
// Layout: contiguous. Launch: one-dimensional grid-stride loop of 256 threads, at most as many blocks as the
// device holds at once. No shared memory. Where addresses are multiples of 16 and a row is whole packs, a
// thread moves 16 bytes a step; single elements elsewhere. Bound by memory: y written once, each operand read
// once from memory, again from cache where it is repeated.
#include "common/pack.cuh"

const int OUTER = 7;

struct Rows {
  int elements;  // of y
  int packs;     // of y that are moved 16 bytes at a time, from the first
  int stepA, stepB;
  int rank;        // number of outer axes, innermost first
  Divisor length;  // of a row, in packs where there are packs
  Divisor extent[OUTER];
  int strideA[OUTER], strideB[OUTER];
};

// Where a unit of y (a pack or an element, WIDTH elements) finds its operands.
template <int WIDTH>
__device__ __forceinline__ void place(const Rows& rows, unsigned unit, int& a, int& b) {
  a = 0, b = 0;
  unsigned column = unit;
  if (rows.rank > 0) {
    unsigned row = rows.length.quotient(unit);
    column = unit - row * rows.length.value;
#pragma unroll
    for (int k = 0; k < OUTER; k++) {
      if (k == rows.rank) break;
      unsigned rest = rows.extent[k].quotient(row);
      int at = row - rest * rows.extent[k].value;
      a += at * rows.strideA[k];
      b += at * rows.strideB[k];
      row = rest;
    }
  }
  a += rows.stepA * column * WIDTH;
  b += rows.stepB * column * WIDTH;
}

template <typename T, int SIZE>
__device__ __forceinline__ void loadOperand(const T* p, int step, float (&v)[SIZE]) {
  if (step) {
    loadPack(p, v);
  } else {
    float s = load(p);
#pragma unroll
    for (int k = 0; k < SIZE; k++) v[k] = s;
  }
}

template <typename T, typename F>
__device__ __forceinline__ void binary(
    const T* __restrict__ a, const T* __restrict__ b, T* __restrict__ y, const Rows& rows, F f) {
  const int size = Pack<T>::size;
  int ia, ib;
  for (unsigned i = thread0(); i < rows.packs; i += threads()) {
    place<size>(rows, i, ia, ib);
    float u[size], v[size];
    loadOperand(a + ia, rows.stepA, u);
    loadOperand(b + ib, rows.stepB, v);
#pragma unroll
    for (int k = 0; k < size; k++) u[k] = f(u[k], v[k]);
    storePack(y + i * size, u);
  }
#pragma unroll 1
  for (unsigned i = rows.packs * size + thread0(); i < rows.elements; i += threads()) {
    place<1>(rows, i, ia, ib);
    store(y + i, f(load(a + ia), load(b + ib)));
  }
}

template <typename T>
__device__ __forceinline__ void repeat(const T* __restrict__ a, T* __restrict__ y, const Rows& rows) {
  const int size = Pack<T>::size;
  int ia, ib;
  for (unsigned i = thread0(); i < rows.packs; i += threads()) {
    place<size>(rows, i, ia, ib);
    float u[size];
    loadOperand(a + ia, rows.stepA, u);
    storePack(y + i * size, u);
  }
#pragma unroll 1
  for (unsigned i = rows.packs * size + thread0(); i < rows.elements; i += threads()) {
    place<1>(rows, i, ia, ib);
    store(y + i, load(a + ia));
  }
}

struct Sum {
  __device__ float operator()(float a, float b) const { return a + b; }
};
struct Difference {
  __device__ float operator()(float a, float b) const { return a - b; }
};
struct Product {
  __device__ float operator()(float a, float b) const { return a * b; }
};
struct Quotient {
  __device__ float operator()(float a, float b) const { return a / b; }
};

#define BINARY_OF(type, suffix, name, function)                                                          \
  extern "C" __global__ void broadcast_##name##_##suffix(                                                \
      const type* __restrict__ a, const type* __restrict__ b, type* __restrict__ y, const Rows rows) {   \
    binary(a, b, y, rows, function());                                                                   \
  }
#define BINARY(name, function)               \
  BINARY_OF(float, f32, name, function)      \
  BINARY_OF(bf16, bf16, name, function)

BINARY(add, Sum)
BINARY(sub, Difference)
BINARY(mul, Product)
BINARY(div, Quotient)

#define REPEAT(type, suffix)                                                                                     \
  extern "C" __global__ void broadcast_to_##suffix(const type* __restrict__ a, type* __restrict__ y, const Rows rows) { \
    repeat(a, y, rows);                                                                                          \
  }
REPEAT(float, f32)
REPEAT(bf16, bf16)

// a += b, of one shape.
template <typename T>
__device__ __forceinline__ void addTo(T* a, const T* __restrict__ b, int n, int packs) {
  const int size = Pack<T>::size;
  for (unsigned i = thread0(); i < packs; i += threads()) {
    float u[size], v[size];
    loadPack(a + i * size, u);
    loadPack(b + i * size, v);
#pragma unroll
    for (int k = 0; k < size; k++) u[k] += v[k];
    storePack(a + i * size, u);
  }
#pragma unroll 1
  for (unsigned i = packs * size + thread0(); i < n; i += threads()) store(a + i, load(a + i) + load(b + i));
}

// a *= factor.
template <typename T>
__device__ __forceinline__ void scale(T* a, int n, int packs, float factor) {
  const int size = Pack<T>::size;
  for (unsigned i = thread0(); i < packs; i += threads()) {
    float u[size];
    loadPack(a + i * size, u);
#pragma unroll
    for (int k = 0; k < size; k++) u[k] *= factor;
    storePack(a + i * size, u);
  }
#pragma unroll 1
  for (unsigned i = packs * size + thread0(); i < n; i += threads()) store(a + i, load(a + i) * factor);
}

extern "C" __global__ void broadcast_addto_f32(float* a, const float* __restrict__ b, int n, int packs) {
  addTo(a, b, n, packs);
}
extern "C" __global__ void broadcast_addto_bf16(bf16* a, const bf16* __restrict__ b, int n, int packs) {
  addTo(a, b, n, packs);
}
// Gradients and parameters only, which are float.
extern "C" __global__ void broadcast_scale_f32(float* a, int n, int packs, float factor) { scale(a, n, packs, factor); }
