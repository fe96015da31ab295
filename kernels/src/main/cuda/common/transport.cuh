// Dense double-precision algebra of one small problem in one thread block.
//
// Threads of a block call these together; every function that writes ends with a barrier. Sums over a vector are
// computed by each warp for itself, lane by lane and then across the lanes in a fixed tree, so that all threads hold
// the same bits without a barrier. Matrices and vectors may be in shared or in device memory.
#pragma once
#include "common/launch.cuh"

__device__ __forceinline__ double across(double x) {
#pragma unroll
  for (int w = 16; w > 0; w /= 2) x += __shfl_xor_sync(0xffffffffu, x, w);
  return x;
}
__device__ __forceinline__ double acrossMax(double x) {
#pragma unroll
  for (int w = 16; w > 0; w /= 2) x = fmax(x, __shfl_xor_sync(0xffffffffu, x, w));
  return x;
}
__device__ __forceinline__ double acrossMin(double x) { return -acrossMax(-x); }

__device__ __forceinline__ double total(const double* x, int n) {
  double sum = 0;
  for (int i = threadIdx.x % 32; i < n; i += 32) sum += x[i];
  return across(sum);
}

// Whether this warp is the one that writes element i of a vector that every warp computes.
__device__ __forceinline__ bool mine(int i) { return i / 32 % (blockDim.x / 32) == threadIdx.x / 32; }

// Entries of a matrix that is in memory.
template <typename M>
struct Stored {
  const M* x;
  int m;

  __device__ __forceinline__ double operator()(int i, int j) const { return static_cast<double>(x[i * m + j]); }
};

// y[i] = sum_j x(i, j) w[j]: a warp for each row.
template <typename X>
__device__ __forceinline__ void rowPass(const X& x, int n, int m, const double* w, double* y) {
  for (int i = threadIdx.x / 32; i < n; i += blockDim.x / 32) {
    double sum = 0;
    for (int j = threadIdx.x % 32; j < m; j += 32) sum = fma(x(i, j), w[j], sum);
    sum = across(sum);
    if (threadIdx.x % 32 == 0) y[i] = sum;
  }
  __syncthreads();
}

// y[j] = sum_i x(i, j) w[i]: threads side by side on the columns; those that are left over cut the rows into parts,
// whose sums pass through `parts` (blockDim.x doubles).
template <typename X>
__device__ __forceinline__ void columnPass(const X& x, int n, int m, const double* w, double* y, double* parts) {
  int wide = (m + 31) / 32 * 32;
  int count = max(1, static_cast<int>(blockDim.x) / wide);
  int part = threadIdx.x / wide;
  int first = count > 1 ? threadIdx.x % wide : threadIdx.x;
  for (int j = first; j < m && (count == 1 || part < count); j += count == 1 ? blockDim.x : wide) {
    double sum = 0;
    for (int i = count == 1 ? 0 : part; i < n; i += count) sum = fma(x(i, j), w[i], sum);
    if (count == 1) {
      y[j] = sum;
    } else {
      parts[part * wide + j] = sum;
    }
  }
  __syncthreads();
  if (count > 1) {
    if (threadIdx.x < m) {
      double sum = 0;
      for (int p = 0; p < count; p++) sum += parts[p * wide + threadIdx.x];
      y[threadIdx.x] = sum;
    }
    __syncthreads();
  }
}

// Hands out shared or device memory.
struct Places {
  unsigned char *shared, *device;

  __device__ __forceinline__ unsigned char* take(bool fromShared, long long bytes) {
    unsigned char* result = fromShared ? shared : device;
    long long step = (bytes + 15) / 16 * 16;
    shared += fromShared ? step : 0;
    device += fromShared ? 0 : step;
    return result;
  }

  __device__ __forceinline__ double* doubles(bool fromShared, long long count) {
    return reinterpret_cast<double*>(take(fromShared, count * 8));
  }
};

// (A^T diag(P) A) x = h for a plan P_ij = row_i x_ij column_j, where the columns of A are the 0/1 incidence vectors of the
// active row sums, the active column sums and the total mass: the Newton system of partial transport's dual, and the
// system of its implicit gradient.
//
// Row unknowns are eliminated first, since their block is diagonal. With the sign of the mass unknown turned, what is left
// is a symmetric diagonally dominant matrix with non-positive off-diagonal entries, kept as those entries (upper) plus
// the row sums (excess), all of them sums of terms of one sign. Elimination in this form never subtracts (Grassmann,
// Taksar, Heyman 1985), so that near-singular systems, where the plan falls apart into blocks, lose no digits, and the
// redundant equations of full transport give an exact zero pivot, whose unknown is set to zero.
template <typename M>
struct ActiveSystem {
  int n, m;
  Stored<M> x;
  const double *row, *column;             // factors of the plan
  const double* rowSum;                   // of the plan
  const double *rowActive, *columnActive; // 1 or 0
  double *rowX, *columnX;                 // the solution
  double *rowWeight, *rowWork;            // [n]
  double *y, *excess, *pivot, *columnWork; // [m+1]
  int* columns;                           // [m+1]: the active ones, then their number
  double* upper;                          // [m+1][m+1]
  double* parts;

  __device__ __forceinline__ void place(Places& p, bool inShared, bool upperShared, int rows, int columnCount) {
    n = rows;
    m = columnCount;
    rowX = p.doubles(inShared, n);
    rowWeight = p.doubles(inShared, n);
    rowWork = p.doubles(inShared, n);
    columnX = p.doubles(inShared, m);
    y = p.doubles(inShared, m + 1);
    excess = p.doubles(inShared, m + 1);
    pivot = p.doubles(inShared, m + 1);
    columnWork = p.doubles(inShared, m + 1);
    columns = reinterpret_cast<int*>(p.take(inShared, (m + 1) * 4LL));
    parts = p.doubles(true, blockDim.x);
    upper = p.doubles(upperShared, (m + 1LL) * (m + 1LL));
  }

  // Returns the unknown of the mass.
  __device__ double solve(const double* rowH, const double* columnH, double massH) {
    gather();
    int active = columns[m];
    int size = active + 1;
    build(active, rowH, columnH, massH);
    products(active);
    eliminate(size);
    return substitute(active, rowH);
  }

 private:
  __device__ __forceinline__ void gather() {
    if (threadIdx.x < 32) {
      int count = 0;
      for (int j0 = 0; j0 < m; j0 += 32) {
        int j = j0 + threadIdx.x;
        bool is = j < m && columnActive[j] != 0;
        unsigned all = __ballot_sync(0xffffffffu, is);
        if (is) columns[count + __popc(all & ((1u << threadIdx.x) - 1))] = j;
        count += __popc(all);
      }
      if (threadIdx.x == 0) columns[m] = count;
    }
    for (int j = threadIdx.x; j < m; j += blockDim.x) columnWork[j] = columnActive[j] != 0 ? 0 : column[j];
    __syncthreads();
    rowPass(x, n, m, columnWork, rowWork);
    // rowWork: what a row has in inactive columns.
    for (int i = threadIdx.x; i < n; i += blockDim.x) {
      rowWork[i] *= row[i];
      rowWeight[i] = rowActive[i] != 0 && rowSum[i] > 0 ? 1 / rowSum[i] : 0;
    }
    __syncthreads();
  }

  // Excess, the mass' column of the matrix, and the right-hand side.
  __device__ __forceinline__ void build(int active, const double* rowH, const double* columnH, double massH) {
    int size = active + 1;
    double outside = 0, held = 0;
    for (int i = threadIdx.x % 32; i < n; i += 32) {
      outside += rowActive[i] != 0 ? 0 : rowWork[i];
      held += rowActive[i] != 0 ? rowH[i] : 0;
    }
    outside = across(outside);
    held = across(held);
    __syncthreads();
    // rowX serves as work space until the end.
    for (int i = threadIdx.x; i < n; i += blockDim.x) rowX[i] = rowActive[i] != 0 ? row[i] * rowWork[i] * rowWeight[i] : 0;
    __syncthreads();
    columnPass(x, n, m, rowX, columnWork, parts);
    for (int a = threadIdx.x; a < active; a += blockDim.x) excess[a] = columnWork[columns[a]] * column[columns[a]];
    for (int i = threadIdx.x; i < n; i += blockDim.x) rowX[i] = rowActive[i] != 0 ? 0 : row[i];
    __syncthreads();
    columnPass(x, n, m, rowX, columnWork, parts);
    for (int a = threadIdx.x; a < active; a += blockDim.x) upper[a * size + active] = -columnWork[columns[a]] * column[columns[a]];
    for (int i = threadIdx.x; i < n; i += blockDim.x) rowX[i] = rowActive[i] != 0 ? row[i] * rowH[i] * rowWeight[i] : 0;
    __syncthreads();
    columnPass(x, n, m, rowX, columnWork, parts);
    for (int a = threadIdx.x; a < active; a += blockDim.x) {
      y[a] = columnH[columns[a]] - columnWork[columns[a]] * column[columns[a]];
    }
    if (threadIdx.x == 0) {
      excess[active] = outside;
      y[active] = held - massH;
    }
    __syncthreads();
  }

  // upper[a][b] = - sum over held rows of P_ia P_ib / rowSum_i for a < b: a warp for each a, a lane for each b.
  __device__ __forceinline__ void products(int active) {
    int size = active + 1;
    for (int a = threadIdx.x / 32; a < active; a += blockDim.x / 32) {
      int ja = columns[a];
      for (int b = a + 1 + threadIdx.x % 32; b < active; b += 32) {
        int jb = columns[b];
        double sum = 0;
#pragma unroll 4
        for (int i = 0; i < n; i++) {
          double r = row[i];
          sum = fma(x(i, ja) * (r * rowWeight[i]), x(i, jb) * r, sum);
        }
        upper[a * size + b] = -sum * column[ja] * column[jb];
      }
    }
    __syncthreads();
  }

  // Factorises and carries the right-hand side along. Rows stay as they are when their turn comes: divided by their pivot
  // they are the factor.
  __device__ __forceinline__ void eliminate(int size) {
    int lane = threadIdx.x % 32;
    for (int k = 0; k < size; k++) {
      const double* now = upper + k * size;
      double off = 0;
      for (int j = k + 1 + lane; j < size; j += 32) off += now[j];
      double d = excess[k] - across(off);
      bool good = d > 2.2250738585072014e-308;
      if (threadIdx.x == 0) pivot[k] = good ? d : 0;
      if (good) {
        double share = excess[k] / d, right = y[k] / d;
        for (int i = k + 1 + threadIdx.x / 32; i < size; i += blockDim.x / 32) {
          double w = now[i];
          if (w != 0) {
            double q = -w / d;
            for (int j = i + 1 + lane; j < size; j += 32) upper[i * size + j] = fma(q, now[j], upper[i * size + j]);
            if (lane == 0) {
              excess[i] -= w * share;
              y[i] -= w * right;
            }
          }
        }
      }
      __syncthreads();
    }
  }

  __device__ __forceinline__ double substitute(int active, const double* rowH) {
    int size = active + 1;
    if (threadIdx.x < 32) {
      for (int k = size - 1; k >= 0; k--) {
        double solved = pivot[k] > 0 ? y[k] / pivot[k] : 0;
        __syncwarp();
        if (threadIdx.x == 0) y[k] = solved;
        for (int i = threadIdx.x; i < k; i += 32) y[i] = fma(-upper[i * size + k], solved, y[i]);
        __syncwarp();
      }
    }
    for (int j = threadIdx.x; j < m; j += blockDim.x) columnX[j] = 0;
    __syncthreads();
    double massX = -y[active];
    for (int a = threadIdx.x; a < active; a += blockDim.x) columnX[columns[a]] = y[a];
    __syncthreads();
    for (int j = threadIdx.x; j < m; j += blockDim.x) columnWork[j] = column[j] * columnX[j];
    __syncthreads();
    rowPass(x, n, m, columnWork, rowWork);
    for (int i = threadIdx.x; i < n; i += blockDim.x) {
      rowX[i] = rowActive[i] != 0 ? (rowH[i] - row[i] * rowWork[i]) * rowWeight[i] - massX : 0;
    }
    __syncthreads();
    return massX;
  }
};
