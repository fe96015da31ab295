// Float32 tiles of attention: 256 threads as 16 x 16, products of tiles in shared memory.
//
// Thread (ty, tx) owns rows ty*R .. ty*R+R-1 of a result. Of scores it owns the columns tx, tx+16, ...; of
// outputs of width H the columns (c*16 + tx)*W + e, W = min(4, H/16), so that a row is read by vector loads.
// Tiles have rows of H + 4 floats: 16-byte loads of eight consecutive rows then touch all 32 banks once.
#pragma once
#include "common/attention.cuh"

#define TILE_THREADS 256

template <int H>
__device__ constexpr int tileRow() { return H + 4; }

__device__ __forceinline__ float4 load4(const float* p) { return *reinterpret_cast<const float4*>(p); }
__device__ __forceinline__ float4 load4(const bf16* p) {
  uint2 u = *reinterpret_cast<const uint2*>(p);
  return make_float4(__uint_as_float(u.x << 16), __uint_as_float(u.x & 0xffff0000u), __uint_as_float(u.y << 16),
                     __uint_as_float(u.y & 0xffff0000u));
}

// to[ROWS][H] = columns column0 .. column0+H-1 of `rows` rows of `width` elements, zero outside.
template <int ROWS, int H, typename T>
__device__ __forceinline__ void loadTile(float* to, const T* from, int rows, int width, int column0, bool aligned) {
#pragma unroll 2
  for (int i = threadIdx.x; i < ROWS * H / 4; i += TILE_THREADS) {
    int r = i / (H / 4);
    int c = i % (H / 4) * 4;
    int column = column0 + c;
    float4 v = make_float4(0.f, 0.f, 0.f, 0.f);
    if (r < rows && column < width) {
      const T* p = from + static_cast<long long>(r) * width + column;
      if (aligned) {
        v = load4(p);
      } else {
        v.x = load(p);
        if (column + 1 < width) v.y = load(p + 1);
        if (column + 2 < width) v.z = load(p + 2);
        if (column + 3 < width) v.w = load(p + 3);
      }
    }
    *reinterpret_cast<float4*>(to + r * tileRow<H>() + c) = v;
  }
}

template <int W>
__device__ __forceinline__ void read(float* to, const float* p) {
  if constexpr (W == 4) {
    float4 v = *reinterpret_cast<const float4*>(p);
    to[0] = v.x, to[1] = v.y, to[2] = v.z, to[3] = v.w;
  } else if constexpr (W == 2) {
    float2 v = *reinterpret_cast<const float2*>(p);
    to[0] = v.x, to[1] = v.y;
  } else {
    to[0] = *p;
  }
}

// s[i][j] += A[ty*R+i] . B[tx+16j], rows of H elements.
template <int R, int N, int H>
__device__ __forceinline__ void rowsTimesRows(float (&s)[R][N], const float* a, const float* b, int ty, int tx) {
#pragma unroll 1
  for (int k = 0; k < H; k += 4) {
    float x[R][4];
#pragma unroll
    for (int i = 0; i < R; i++) read<4>(x[i], a + (ty * R + i) * tileRow<H>() + k);
#pragma unroll
    for (int j = 0; j < N; j++) {
      float y[4];
      read<4>(y, b + (tx + 16 * j) * tileRow<H>() + k);
#pragma unroll
      for (int i = 0; i < R; i++) {
#pragma unroll
        for (int e = 0; e < 4; e++) s[i][j] = fmaf(x[i][e], y[e], s[i][j]);
      }
    }
  }
}

// o[i][c] += sum_k P[ty*R+i][k] X[k][column c], P of K columns, X of K rows of H elements.
template <int R, int K, int H>
__device__ __forceinline__ void timesTile(float (&o)[R][H / 16], const float* p, const float* x, int ty, int tx) {
  constexpr int C = H / 16;
  constexpr int W = C < 4 ? C : 4;
#pragma unroll 1
  for (int k = 0; k < K; k += 4) {
    float w[R][4];
#pragma unroll
    for (int i = 0; i < R; i++) read<4>(w[i], p + (ty * R + i) * tileRow<K>() + k);
#pragma unroll
    for (int e = 0; e < 4; e++) {
#pragma unroll
      for (int c = 0; c < C; c += W) {
        float y[W];
        read<W>(y, x + (k + e) * tileRow<H>() + c * 16 + tx * W);
#pragma unroll
        for (int i = 0; i < R; i++) {
#pragma unroll
          for (int f = 0; f < W; f++) o[i][c + f] = fmaf(w[i][e], y[f], o[i][c + f]);
        }
      }
    }
  }
}

// o[i][c] += sum_k P[k][ty*R+i] X[k][column c], P and X of K rows, P of N columns.
template <int R, int N, int K, int H>
__device__ __forceinline__ void transposedTimesTile(float (&o)[R][H / 16], const float* p, const float* x, int ty, int tx) {
  constexpr int C = H / 16;
  constexpr int W = C < 4 ? C : 4;
#pragma unroll 2
  for (int k = 0; k < K; k++) {
    float w[R];
    read<R>(w, p + k * tileRow<N>() + ty * R);
#pragma unroll
    for (int c = 0; c < C; c += W) {
      float y[W];
      read<W>(y, x + k * tileRow<H>() + c * 16 + tx * W);
#pragma unroll
      for (int i = 0; i < R; i++) {
#pragma unroll
        for (int f = 0; f < W; f++) o[i][c + f] = fmaf(w[i], y[f], o[i][c + f]);
      }
    }
  }
}

// Stores s of rows ty*R+i and columns tx+16j into a tile of 16 N columns.
template <int R, int N>
__device__ __forceinline__ void putScores(float* to, const float (&s)[R][N], int ty, int tx) {
#pragma unroll
  for (int i = 0; i < R; i++) {
#pragma unroll
    for (int j = 0; j < N; j++) to[(ty * R + i) * tileRow<16 * N>() + tx + 16 * j] = s[i][j];
  }
}

// Writes scale[i] * o[i][:] to rows row0+ty*R+i below `rows`, columns from column0 on below width.
template <int R, int H, typename T>
__device__ __forceinline__ void writeRows(T* to, const float (&o)[R][H / 16], const float (&scale)[R], int row0, int rows, int width,
                                          int column0, int ty, int tx) {
  constexpr int C = H / 16;
  constexpr int W = C < 4 ? C : 4;
#pragma unroll
  for (int i = 0; i < R; i++) {
    int row = row0 + ty * R + i;
    if (row < rows) {
#pragma unroll
      for (int c = 0; c < C; c++) {
        int column = column0 + (c / W * 16 + tx) * W + c % W;
        if (column < width) store(to + static_cast<long long>(row) * width + column, o[i][c] * scale[i]);
      }
    }
  }
}
