// Instance, group and batch normalisation of channels-last data, fused with leaky ReLU, and layer normalisation of rows.
//
// Channel norms: y = leaky((x - mean) * rstd * gamma + beta). Forward: moments (each block's mean and sum of squared differences
// per channel), statistics (merges them), apply. Backward, with dz = dy leaky'(z): sums (sum dz and sum dz (x - mean) per block
// and channel), coefficients (merges them; the two means behind dx), parameters (dgamma, dbeta over instances), gradient:
// dx = dz * scale + (x - mean) * linear + constant. Launch: common/columns.cuh; shared memory of moments and sums: 3 and 2 floats
// for each of 256 W columns.
//
// Moments are those of x - shift, the shift being a value of the same channel, and are merged pairwise (Chan, Golub and LeVeque
// 1979, Updating formulae and a pairwise algorithm for computing sample variances): values with a mean far from zero lose nothing.
//
// Layer norm (Ba, Kiros and Hinton 2016): y = gamma (x - mean) / sqrt(var + eps) + beta along rows of n elements, each element
// read once:
//   256     n <= 8 lanes    `lanes` threads of a warp (a power of two) per row, held in 8 registers per thread; 128 threads
//   1024    n <= 1024       the same with a whole warp and 32 registers; 16-byte aligned rows only
//   block   any n           256 threads per row; kept in shared memory when `cached` (n floats), else read again
// Backward adds dgamma and dbeta for the rows that a block visits and leaves them in partial [blocks, 2 n]; norm_fold adds those:
//   256     n <= 8 lanes    as above
//   row     n <= 4096       a block per row, 8 elements per thread; whole warps
//   block   any n           256 threads per row, which is read again from the second-level cache
#include "common/columns.cuh"
#include "common/sums.cuh"

// ---- channel norms

// Count, mean and sum of squared differences from it.
struct Moments {
  float count;
  float mean;
  float squares;

  __device__ __forceinline__ void merge(float n, float m, float q) {
    float all = count + n;
    if (n == 0.f) return;
    float d = m - mean;
    float part = n / all;
    mean += d * part;
    squares += q + d * d * count * part;
    count = all;
  }
};

template <typename T, int W>
__device__ __forceinline__ void moments(const T* x, float2* partial, Columns g, float* shared) {
  float* counts = shared;
  float* means = shared + blockDim.x * W;
  float* squares = means + blockDim.x * W;
  x += g.instance();
  int chunk = blockIdx.x;
  int j = g.column<W>();
  int local = threadIdx.x * W;
  if (j < g.width) {
    int row = g.firstRow(chunk);
    int whole = g.wholeRows(chunk);
    int rest = g.rest(chunk);
    const T* p = x + static_cast<long long>(row) * g.width + j;
    float shift[W], sum[W], square[W], v[W];
    // The first value is the shift; its own difference is 0.
    if (row < whole) {
      read<W>(p, shift);
      p += g.width;
    } else {
#pragma unroll
      for (int i = 0; i < W; i++) shift[i] = j + i < rest ? load(p + i) : 0.f;
    }
#pragma unroll
    for (int i = 0; i < W; i++) sum[i] = square[i] = 0.f;
#pragma unroll 2
    for (int r = row + 1; r < whole; r++, p += g.width) {
      read<W>(p, v);
#pragma unroll
      for (int i = 0; i < W; i++) {
        float d = v[i] - shift[i];
        sum[i] += d;
        square[i] += d * d;
      }
    }
    int rows = max(0, whole - row);
#pragma unroll
    for (int i = 0; i < W; i++) {
      float n = rows;
      if (j + i < rest) {
        float d = load(p + i) - shift[i];
        sum[i] += d;
        square[i] += d * d;
        n += 1.f;
      }
      float d = n > 0.f ? sum[i] / n : 0.f;
      // Relative to the instance's first value of this channel, so that a large mean takes no bits from differences.
      counts[local + i] = n;
      means[local + i] = n > 0.f ? shift[i] - load(x + (j + i) % g.channels) + d : 0.f;
      squares[local + i] = fmaxf(0.f, square[i] - sum[i] * d);
    }
  }
  __syncthreads();
  int first = blockIdx.z * blockDim.x * W;
  if (gridDim.z == 1) {
    fold(g.width, g.channels, [&](int a, int b) {
      Moments m = {counts[a], means[a], squares[a]};
      m.merge(counts[b], means[b], squares[b]);
      counts[a] = m.count;
      means[a] = m.mean;
      squares[a] = m.squares;
    });
  }
  partial += (static_cast<long long>(blockIdx.y) * gridDim.x + chunk) * g.channels;
  int here = min(g.channels - first, static_cast<int>(blockDim.x) * W);
  for (int c = threadIdx.x; c < here; c += blockDim.x) partial[first + c] = make_float2(means[c], squares[c]);
}

// A block of 128 threads for each instance and group of `per` channels. `voxels` of an instance, of which each chunk but the last
// has `chunkVoxels`. With `unbiased` the variance with one degree of freedom less is written too.
template <typename T>
__device__ __forceinline__ void statistics(const T* x, const float2* partial, float* mean, float* rstd, float* variance, int chunks,
    int chunkVoxels, int voxels, int channels, int per, float eps, int unbiased) {
  __shared__ float room[3 * 4];
  int groups = channels / per;
  int instance = blockIdx.x / groups;
  int base = blockIdx.x % groups * per;
  x += static_cast<long long>(instance) * voxels * channels;
  partial += static_cast<long long>(instance) * chunks * channels;
  float origin = voxels > 0 ? load(x + base) : 0.f;
  Moments m = {0.f, 0.f, 0.f};
  for (int e = threadIdx.x; e < per * chunks; e += blockDim.x) {
    int chunk = e / per;
    int c = base + e % per;
    float2 part = partial[static_cast<long long>(chunk) * channels + c];
    m.merge(min(chunkVoxels, voxels - chunk * chunkVoxels), part.x + (load(x + c) - origin), part.y);
  }
  for (int o = 16; o > 0; o >>= 1) {
    float n = __shfl_down_sync(ALL_LANES, m.count, o);
    float a = __shfl_down_sync(ALL_LANES, m.mean, o);
    float q = __shfl_down_sync(ALL_LANES, m.squares, o);
    m.merge(n, a, q);
  }
  int warp = threadIdx.x >> 5;
  if ((threadIdx.x & 31) == 0) {
    room[warp] = m.count;
    room[4 + warp] = m.mean;
    room[8 + warp] = m.squares;
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    for (int w = 1; w < 4; w++) m.merge(room[w], room[4 + w], room[8 + w]);
    float v = m.count > 0.f ? m.squares / m.count : 0.f;
    mean[blockIdx.x] = origin + m.mean;
    rstd[blockIdx.x] = 1.f / sqrtf(v + eps);
    if (unbiased) variance[blockIdx.x] = m.squares / (m.count - 1.f);
  }
}

// Coefficients of this thread's columns: z = (x - mean) * scale + bias.
template <int W>
struct Affine {
  float mean[W], scale[W], bias[W];

  __device__ __forceinline__ Affine(const float* gamma, const float* beta, const float* means, const float* rstds, int j, Columns g,
      int groups) {
    int per = g.channels / groups;
#pragma unroll
    for (int i = 0; i < W; i++) {
      int c = (j + i) % g.channels;
      int s = blockIdx.y * groups + c / per;
      mean[i] = means[s];
      scale[i] = rstds[s] * gamma[c];
      bias[i] = beta[c];
    }
  }
};

// Blocks begin with the end of the data, which the pass before left in the cache.
template <typename T, int W>
__device__ __forceinline__ void apply(const T* x, const float* gamma, const float* beta, const float* mean, const float* rstd, T* y,
    Columns g, int groups, float leak) {
  int j = g.column<W>();
  if (j >= g.width) return;
  int chunk = gridDim.x - 1 - blockIdx.x;
  Affine<W> a(gamma, beta, mean, rstd, j, g, groups);
  long long at = g.instance() + static_cast<long long>(g.firstRow(chunk)) * g.width + j;
  float v[W];
#pragma unroll 4
  for (int r = g.firstRow(chunk); r < g.wholeRows(chunk); r++, at += g.width) {
    read<W>(x + at, v);
#pragma unroll
    for (int i = 0; i < W; i++) {
      float z = (v[i] - a.mean[i]) * a.scale[i] + a.bias[i];
      v[i] = fmaxf(z, z * leak);
    }
    write<W>(y + at, v);
  }
  int rest = g.rest(chunk);
#pragma unroll
  for (int i = 0; i < W; i++) {
    if (j + i < rest) {
      float z = (load(x + at + i) - a.mean[i]) * a.scale[i] + a.bias[i];
      store(y + at + i, fmaxf(z, z * leak));
    }
  }
}

template <typename T, int W>
__device__ __forceinline__ void sums(const T* x, const T* dy, const float* gamma, const float* beta, const float* mean,
    const float* rstd, float2* partial, Columns g, int groups, float leak, float* shared) {
  float* first = shared;
  float* second = shared + blockDim.x * W;
  int chunk = blockIdx.x;
  int j = g.column<W>();
  int local = threadIdx.x * W;
  if (j < g.width) {
    Affine<W> a(gamma, beta, mean, rstd, j, g, groups);
    long long at = g.instance() + static_cast<long long>(g.firstRow(chunk)) * g.width + j;
    float sum[W], moment[W], v[W], d[W];
#pragma unroll
    for (int i = 0; i < W; i++) sum[i] = moment[i] = 0.f;
    auto add = [&](int i, float xi, float gi) {
      float e = xi - a.mean[i];
      float z = e * a.scale[i] + a.bias[i];
      float dz = z > 0.f ? gi : gi * leak;
      sum[i] += dz;
      moment[i] += dz * e;
    };
#pragma unroll 2
    for (int r = g.firstRow(chunk); r < g.wholeRows(chunk); r++, at += g.width) {
      read<W>(x + at, v);
      read<W>(dy + at, d);
#pragma unroll
      for (int i = 0; i < W; i++) add(i, v[i], d[i]);
    }
    int rest = g.rest(chunk);
#pragma unroll
    for (int i = 0; i < W; i++) {
      if (j + i < rest) add(i, load(x + at + i), load(dy + at + i));
      first[local + i] = sum[i];
      second[local + i] = moment[i];
    }
  }
  __syncthreads();
  if (gridDim.z == 1) {
    fold(g.width, g.channels, [&](int a, int b) {
      first[a] += first[b];
      second[a] += second[b];
    });
  }
  int start = blockIdx.z * blockDim.x * W;
  partial += (static_cast<long long>(blockIdx.y) * gridDim.x + chunk) * g.channels;
  int here = min(g.channels - start, static_cast<int>(blockDim.x) * W);
  for (int c = threadIdx.x; c < here; c += blockDim.x) partial[start + c] = make_float2(first[c], second[c]);
}

// A block of whole warps for each instance and group: a warp adds a channel's chunks. total [instances, channels] gets both sums,
// coefficient [instances, groups] the terms of dx that come from mean and variance being functions of x: (linear, constant).
extern "C" __global__ void __launch_bounds__(128) norm_coefficients_f32(const float2* partial, const float* gamma, const float* rstd,
    float2* total, float2* coefficient, int chunks, int voxels, int channels, int per, int fixed) {
  __shared__ float room[2 * 4];
  int groups = channels / per;
  int instance = blockIdx.x / groups;
  int base = blockIdx.x % groups * per;
  int warps = blockDim.x >> 5;
  int warp = threadIdx.x >> 5;
  int lane = threadIdx.x & 31;
  partial += static_cast<long long>(instance) * chunks * channels;
  float m1 = 0.f;
  float m2 = 0.f;
  for (int c = base + warp; c < base + per; c += warps) {
    float s = 0.f;
    float m = 0.f;
    for (int k = lane; k < chunks; k += 32) {
      float2 p = partial[static_cast<long long>(k) * channels + c];
      s += p.x;
      m += p.y;
    }
    s = laneSum(s);
    m = laneSum(m);
    if (lane == 0) total[static_cast<long long>(instance) * channels + c] = make_float2(s, m);
    m1 += gamma[c] * s;
    m2 += gamma[c] * m;
  }
  if (lane == 0) {
    room[warp] = m1;
    room[4 + warp] = m2;
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    for (int w = 1; w < warps; w++) {
      m1 += room[w];
      m2 += room[4 + w];
    }
    float r = rstd[blockIdx.x];
    float count = static_cast<float>(voxels) * per;
    coefficient[blockIdx.x] = fixed ? make_float2(0.f, 0.f) : make_float2(-r * r * r * (m2 / count), -r * (m1 / count));
  }
}

// dgamma and dbeta: a thread per channel adds instances.
extern "C" __global__ void __launch_bounds__(128) norm_parameters_f32(const float2* total, const float* rstd, float* dgamma,
    float* dbeta, int instances, int channels, int groups) {
  int c = blockIdx.x * blockDim.x + threadIdx.x;
  if (c >= channels) return;
  int per = channels / groups;
  float g = 0.f;
  float b = 0.f;
  for (int i = 0; i < instances; i++) {
    float2 t = total[static_cast<long long>(i) * channels + c];
    g += t.y * rstd[i * groups + c / per];
    b += t.x;
  }
  dgamma[c] = g;
  dbeta[c] = b;
}

template <typename T, int W>
__device__ __forceinline__ void gradient(const T* x, const T* dy, const float* gamma, const float* beta, const float* mean,
    const float* rstd, const float2* coefficient, T* dx, Columns g, int groups, float leak) {
  int j = g.column<W>();
  if (j >= g.width) return;
  int chunk = gridDim.x - 1 - blockIdx.x;
  Affine<W> a(gamma, beta, mean, rstd, j, g, groups);
  float linear[W], constant[W];
#pragma unroll
  for (int i = 0; i < W; i++) {
    float2 c = coefficient[blockIdx.y * groups + (j + i) % g.channels / (g.channels / groups)];
    linear[i] = c.x;
    constant[i] = c.y;
  }
  long long at = g.instance() + static_cast<long long>(g.firstRow(chunk)) * g.width + j;
  auto one = [&](int i, float xi, float gi) {
    float e = xi - a.mean[i];
    float z = e * a.scale[i] + a.bias[i];
    float dz = z > 0.f ? gi : gi * leak;
    return dz * a.scale[i] + e * linear[i] + constant[i];
  };
  float v[W], d[W];
#pragma unroll 2
  for (int r = g.firstRow(chunk); r < g.wholeRows(chunk); r++, at += g.width) {
    read<W>(x + at, v);
    read<W>(dy + at, d);
#pragma unroll
    for (int i = 0; i < W; i++) v[i] = one(i, v[i], d[i]);
    write<W>(dx + at, v);
  }
  int rest = g.rest(chunk);
#pragma unroll
  for (int i = 0; i < W; i++) {
    if (j + i < rest) store(dx + at + i, one(i, load(x + at + i), load(dy + at + i)));
  }
}

extern "C" __global__ void __launch_bounds__(128) norm_rstd_f32(const float* variance, float* rstd, int n, float eps) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) rstd[i] = 1.f / sqrtf(variance[i] + eps);
}

// ---- layer norm

// Mean and 1 / sqrt(var + eps) of a row held by `lanes` threads; n = 0 for threads beyond the last row.
template <int K, int W>
__device__ __forceinline__ float2 rowStatistics(const float* v, int n, int lanes, float eps) {
  int lane = threadIdx.x & (lanes - 1);
  float sum = 0.f;
#pragma unroll
  for (int k = 0; k < K; k += W) {
    if (k * lanes + lane * W < n) {
#pragma unroll
      for (int i = 0; i < W; i++) sum += v[k + i];
    }
  }
  float mean = laneSum(sum, lanes) / n;
  float square = 0.f;
#pragma unroll
  for (int k = 0; k < K; k += W) {
    if (k * lanes + lane * W < n) {
#pragma unroll
      for (int i = 0; i < W; i++) square += (v[k + i] - mean) * (v[k + i] - mean);
    }
  }
  return make_float2(mean, 1.f / sqrtf(laneSum(square, lanes) / n + eps));
}

template <typename T, int K, int W>
__device__ __forceinline__ void layerRow(const T* x, const float* gamma, const float* beta, T* y, int n, int lanes, float eps) {
  int lane = threadIdx.x & (lanes - 1);
  float v[K];
#pragma unroll
  for (int k = 0; k < K; k += W) {
    int c = k * lanes + lane * W;
    if (c < n) read<W>(x + c, v + k);
  }
  float2 s = rowStatistics<K, W>(v, n, lanes, eps);
#pragma unroll
  for (int k = 0; k < K; k += W) {
    int c = k * lanes + lane * W;
    if (c < n) {
      float a[W], b[W];
      read<W>(gamma + c, a);
      read<W>(beta + c, b);
#pragma unroll
      for (int i = 0; i < W; i++) v[k + i] = (v[k + i] - s.x) * s.y * a[i] + b[i];
      write<W>(y + c, v + k);
    }
  }
}

template <typename T, int K>
__device__ __forceinline__ void layer(const T* x, const float* gamma, const float* beta, T* y, int rows, int n, int lanes, float eps) {
  int row = (blockIdx.x * blockDim.x + threadIdx.x) / lanes;
  long long at = static_cast<long long>(row) * n;
  int here = row < rows ? n : 0;
  constexpr int W = Wide<T>::N;
  if (K > 8 || (n % W == 0 && aligned(x) && aligned(y) && aligned(gamma) && aligned(beta))) {
    layerRow<T, K, W>(x + at, gamma, beta, y + at, here, lanes, eps);
  } else {
    layerRow<T, K, 1>(x + at, gamma, beta, y + at, here, lanes, eps);
  }
}

template <typename T, int W>
__device__ __forceinline__ float2 longStatistics(const T* x, int n, float eps, int cached, float* row, float* room) {
  float v[W];
  float sum = 0.f;
  for (int c = threadIdx.x * W; c < n; c += blockDim.x * W) {
    read<W>(x + c, v);
#pragma unroll
    for (int i = 0; i < W; i++) {
      sum += v[i];
      if (cached) row[c + i] = v[i];
    }
  }
  float mean = blockSum(sum, room) / n;
  float square = 0.f;
  for (int c = threadIdx.x * W; c < n; c += blockDim.x * W) {
    if (!cached) read<W>(x + c, v);
#pragma unroll
    for (int i = 0; i < W; i++) {
      float d = (cached ? row[c + i] : v[i]) - mean;
      square += d * d;
    }
  }
  return make_float2(mean, 1.f / sqrtf(blockSum(square, room) / n + eps));
}

template <typename T, int W>
__device__ __forceinline__ void layerLong(const T* x, const float* gamma, const float* beta, T* y, int n, float eps, int cached,
    float* row, float* room) {
  float2 s = longStatistics<T, W>(x, n, eps, cached, row, room);
  for (int c = threadIdx.x * W; c < n; c += blockDim.x * W) {
    float v[W], a[W], b[W];
    if (!cached) read<W>(x + c, v);
    read<W>(gamma + c, a);
    read<W>(beta + c, b);
#pragma unroll
    for (int i = 0; i < W; i++) v[i] = ((cached ? row[c + i] : v[i]) - s.x) * s.y * a[i] + b[i];
    write<W>(y + c, v);
  }
}

template <typename T>
__device__ __forceinline__ void layerBlock(const T* x, const float* gamma, const float* beta, T* y, int n, float eps, int cached) {
  float* row = sharedFloats();
  __shared__ float room[32];
  long long at = static_cast<long long>(blockIdx.x) * n;
  constexpr int W = Wide<T>::N;
  if (n % W == 0 && aligned(x) && aligned(y) && aligned(gamma) && aligned(beta)) {
    layerLong<T, W>(x + at, gamma, beta, y + at, n, eps, cached, row, room);
  } else {
    layerLong<T, 1>(x + at, gamma, beta, y + at, n, eps, cached, row, room);
  }
}

// dx of one row, and its share of dgamma and dbeta, added to those of the rows before.
template <typename T, int K, int W>
__device__ __forceinline__ void layerRowGradient(const T* x, const float* gamma, const T* g, T* dx, int n, int lanes, float eps,
    float* dgamma, float* dbeta) {
  int lane = threadIdx.x & (lanes - 1);
  float v[K], d[K];
#pragma unroll
  for (int k = 0; k < K; k += W) {
    int c = k * lanes + lane * W;
    if (c < n) {
      read<W>(x + c, v + k);
      read<W>(g + c, d + k);
    }
  }
  float2 s = rowStatistics<K, W>(v, n, lanes, eps);
  float m1 = 0.f;
  float m2 = 0.f;
#pragma unroll
  for (int k = 0; k < K; k += W) {
    int c = k * lanes + lane * W;
    if (c < n) {
      float a[W];
      read<W>(gamma + c, a);
#pragma unroll
      for (int i = 0; i < W; i++) {
        v[k + i] = (v[k + i] - s.x) * s.y;
        dgamma[k + i] += d[k + i] * v[k + i];
        dbeta[k + i] += d[k + i];
        d[k + i] *= a[i];
        m1 += d[k + i];
        m2 += d[k + i] * v[k + i];
      }
    }
  }
  m1 = laneSum(m1, lanes) / n;
  m2 = laneSum(m2, lanes) / n;
#pragma unroll
  for (int k = 0; k < K; k += W) {
    int c = k * lanes + lane * W;
    if (c < n) {
#pragma unroll
      for (int i = 0; i < W; i++) d[k + i] = s.y * (d[k + i] - m1 - v[k + i] * m2);
      write<W>(dx + c, d + k);
    }
  }
}

// Adds the block's shares of dgamma and dbeta, first over the groups of a warp, then over warps; shared: 2 n floats per warp.
template <int K, int W>
__device__ __forceinline__ void layerPartial(float* dgamma, float* dbeta, int n, int lanes, float* shared, float* partial) {
  int lane = threadIdx.x & (lanes - 1);
#pragma unroll
  for (int k = 0; k < K; k++) {
    for (int o = lanes; o < 32; o <<= 1) {
      dgamma[k] += __shfl_xor_sync(ALL_LANES, dgamma[k], o);
      dbeta[k] += __shfl_xor_sync(ALL_LANES, dbeta[k], o);
    }
  }
  float* own = shared + (threadIdx.x >> 5) * 2 * n;
  if ((threadIdx.x & 31) < lanes) {
#pragma unroll
    for (int k = 0; k < K; k++) {
      int c = k / W * W * lanes + lane * W + k % W;
      if (c < n) {
        own[c] = dgamma[k];
        own[n + c] = dbeta[k];
      }
    }
  }
  __syncthreads();
  for (int c = threadIdx.x; c < 2 * n; c += blockDim.x) {
    float sum = shared[c];
    for (int w = 1; w < blockDim.x >> 5; w++) sum += shared[w * 2 * n + c];
    partial[static_cast<long long>(blockIdx.x) * 2 * n + c] = sum;
  }
}

template <typename T, int K, int W>
__device__ __forceinline__ void layerRowsGradient(const T* x, const float* gamma, const T* g, T* dx, float* partial, int rows, int n,
    int lanes, float eps, float* shared) {
  float dgamma[K], dbeta[K];
#pragma unroll
  for (int k = 0; k < K; k++) dgamma[k] = dbeta[k] = 0.f;
  int perBlock = blockDim.x / lanes;
  // As many rounds for each group of the block, since all lanes of a warp take part in its sums.
  for (int first = blockIdx.x * perBlock; first < rows; first += gridDim.x * perBlock) {
    int row = first + threadIdx.x / lanes;
    long long at = static_cast<long long>(row) * n;
    layerRowGradient<T, K, W>(x + at, gamma, g + at, dx + at, row < rows ? n : 0, lanes, eps, dgamma, dbeta);
  }
  layerPartial<K, W>(dgamma, dbeta, n, lanes, shared, partial);
}

template <typename T, int K>
__device__ __forceinline__ void layerGradient(const T* x, const float* gamma, const T* g, T* dx, float* partial, int rows, int n,
    int lanes, float eps) {
  float* columnRoom = sharedFloats();
  constexpr int W = Wide<T>::N;
  if (n % W == 0 && aligned(x) && aligned(g) && aligned(dx) && aligned(gamma)) {
    layerRowsGradient<T, K, W>(x, gamma, g, dx, partial, rows, n, lanes, eps, columnRoom);
  } else {
    layerRowsGradient<T, K, 1>(x, gamma, g, dx, partial, rows, n, lanes, eps, columnRoom);
  }
}

// A row per block, 8 elements per thread.
template <typename T, int W>
__device__ __forceinline__ void layerWideGradient(const T* x, const float* gamma, const T* g, T* dx, float* partial, int rows, int n,
    float eps, float* room) {
  constexpr int K = 8;
  float a[K], dgamma[K], dbeta[K];
#pragma unroll
  for (int k = 0; k < K; k += W) {
    int c = (k / W * blockDim.x + threadIdx.x) * W;
    if (c < n) read<W>(gamma + c, a + k);
#pragma unroll
    for (int i = 0; i < W; i++) dgamma[k + i] = dbeta[k + i] = 0.f;
  }
  for (int r = blockIdx.x; r < rows; r += gridDim.x) {
    long long at = static_cast<long long>(r) * n;
    float v[K], d[K];
    float sum = 0.f;
#pragma unroll
    for (int k = 0; k < K; k += W) {
      int c = (k / W * blockDim.x + threadIdx.x) * W;
      if (c < n) {
        read<W>(x + at + c, v + k);
        read<W>(g + at + c, d + k);
#pragma unroll
        for (int i = 0; i < W; i++) sum += v[k + i];
      }
    }
    float mean = blockSum(sum, room) / n;
    float square = 0.f;
#pragma unroll
    for (int k = 0; k < K; k += W) {
      if ((k / W * blockDim.x + threadIdx.x) * W < n) {
#pragma unroll
        for (int i = 0; i < W; i++) {
          v[k + i] -= mean;
          square += v[k + i] * v[k + i];
        }
      }
    }
    float scale = 1.f / sqrtf(blockSum(square, room) / n + eps);
    float m1 = 0.f;
    float m2 = 0.f;
#pragma unroll
    for (int k = 0; k < K; k += W) {
      if ((k / W * blockDim.x + threadIdx.x) * W < n) {
#pragma unroll
        for (int i = 0; i < W; i++) {
          v[k + i] *= scale;
          dgamma[k + i] += d[k + i] * v[k + i];
          dbeta[k + i] += d[k + i];
          d[k + i] *= a[k + i];
          m1 += d[k + i];
          m2 += d[k + i] * v[k + i];
        }
      }
    }
    m1 = blockSum(m1, room) / n;
    m2 = blockSum(m2, room) / n;
#pragma unroll
    for (int k = 0; k < K; k += W) {
      int c = (k / W * blockDim.x + threadIdx.x) * W;
      if (c < n) {
#pragma unroll
        for (int i = 0; i < W; i++) d[k + i] = scale * (d[k + i] - m1 - v[k + i] * m2);
        write<W>(dx + at + c, d + k);
      }
    }
  }
  partial += static_cast<long long>(blockIdx.x) * 2 * n;
#pragma unroll
  for (int k = 0; k < K; k++) {
    int c = (k / W * blockDim.x + threadIdx.x) * W + k % W;
    if (c < n) {
      partial[c] = dgamma[k];
      partial[n + c] = dbeta[k];
    }
  }
}

template <typename T>
__device__ __forceinline__ void layerRowBlockGradient(const T* x, const float* gamma, const T* g, T* dx, float* partial, int rows,
    int n, float eps) {
  __shared__ float room[32];
  constexpr int W = Wide<T>::N;
  if (n % W == 0 && aligned(x) && aligned(g) && aligned(dx) && aligned(gamma)) {
    layerWideGradient<T, W>(x, gamma, g, dx, partial, rows, n, eps, room);
  } else {
    layerWideGradient<T, 1>(x, gamma, g, dx, partial, rows, n, eps, room);
  }
}

// Very long rows: each thread adds the shares of its own columns to the block's line of `partial` itself.
template <typename T>
__device__ __forceinline__ void layerBlockGradient(const T* x, const float* gamma, const T* g, T* dx, float* partial, int rows, int n,
    float eps) {
  __shared__ float room[32];
  partial += static_cast<long long>(blockIdx.x) * 2 * n;
  for (int c = threadIdx.x; c < 2 * n; c += blockDim.x) partial[c] = 0.f;
  __syncthreads();
  for (int r = blockIdx.x; r < rows; r += gridDim.x) {
    long long at = static_cast<long long>(r) * n;
    float2 s = longStatistics<T, 1>(x + at, n, eps, 0, nullptr, room);
    float m1 = 0.f;
    float m2 = 0.f;
    for (int c = threadIdx.x; c < n; c += blockDim.x) {
      float h = (load(x + at + c) - s.x) * s.y;
      float d = load(g + at + c);
      partial[c] += d * h;
      partial[n + c] += d;
      m1 += d * gamma[c];
      m2 += d * gamma[c] * h;
    }
    m1 = blockSum(m1, room) / n;
    m2 = blockSum(m2, room) / n;
    for (int c = threadIdx.x; c < n; c += blockDim.x) {
      float h = (load(x + at + c) - s.x) * s.y;
      store(dx + at + c, s.y * (load(g + at + c) * gamma[c] - m1 - h * m2));
    }
  }
}

// Adds the lines of partial [parts, 2 n]: dgamma from the first n columns, dbeta from the others. A block of 1024 threads for 32
// columns: warp w adds lines w, w + 32, ...
extern "C" __global__ void __launch_bounds__(1024) norm_fold_f32(const float* partial, float* dgamma, float* dbeta, int parts, int n) {
  __shared__ float room[32 * 33];
  int lane = threadIdx.x & 31;
  int warp = threadIdx.x >> 5;
  int c = blockIdx.x * 32 + lane;
  float sum = 0.f;
  if (c < 2 * n) {
    for (int p = warp; p < parts; p += 32) sum += partial[static_cast<long long>(p) * 2 * n + c];
  }
  room[warp * 33 + lane] = sum;
  __syncthreads();
  sum = laneSum(room[lane * 33 + warp]);
  c = blockIdx.x * 32 + warp;
  if (lane == 0 && c < 2 * n) (c < n ? dgamma[c] : dbeta[c - n]) = sum;
}

#define COLUMNS Columns{width, chunkRows, length, channels}
#define COLUMN_ARGUMENTS int width, int chunkRows, int length, int channels, int wide
#define NORM(T, SUFFIX) \
  extern "C" __global__ void __launch_bounds__(256) norm_moments_##SUFFIX(const T* x, float2* partial, COLUMN_ARGUMENTS) { \
    float* columnRoom = sharedFloats(); \
    wide ? moments<T, Wide<T>::N>(x, partial, COLUMNS, columnRoom) : moments<T, 1>(x, partial, COLUMNS, columnRoom); \
  } \
  extern "C" __global__ void __launch_bounds__(128) norm_statistics_##SUFFIX(const T* x, const float2* partial, float* mean, \
      float* rstd, float* variance, int chunks, int chunkVoxels, int voxels, int channels, int per, float eps, int unbiased) { \
    statistics(x, partial, mean, rstd, variance, chunks, chunkVoxels, voxels, channels, per, eps, unbiased); \
  } \
  extern "C" __global__ void __launch_bounds__(256) norm_apply_##SUFFIX(const T* x, const float* gamma, const float* beta, \
      const float* mean, const float* rstd, T* y, COLUMN_ARGUMENTS, int groups, float leak) { \
    wide ? apply<T, Wide<T>::N>(x, gamma, beta, mean, rstd, y, COLUMNS, groups, leak) \
         : apply<T, 1>(x, gamma, beta, mean, rstd, y, COLUMNS, groups, leak); \
  } \
  extern "C" __global__ void __launch_bounds__(256) norm_sums_##SUFFIX(const T* x, const T* dy, const float* gamma, \
      const float* beta, const float* mean, const float* rstd, float2* partial, COLUMN_ARGUMENTS, int groups, float leak) { \
    float* columnRoom = sharedFloats(); \
    wide ? sums<T, Wide<T>::N>(x, dy, gamma, beta, mean, rstd, partial, COLUMNS, groups, leak, columnRoom) \
         : sums<T, 1>(x, dy, gamma, beta, mean, rstd, partial, COLUMNS, groups, leak, columnRoom); \
  } \
  extern "C" __global__ void __launch_bounds__(256) norm_gradient_##SUFFIX(const T* x, const T* dy, const float* gamma, \
      const float* beta, const float* mean, const float* rstd, const float2* coefficient, T* dx, COLUMN_ARGUMENTS, int groups, \
      float leak) { \
    wide ? gradient<T, Wide<T>::N>(x, dy, gamma, beta, mean, rstd, coefficient, dx, COLUMNS, groups, leak) \
         : gradient<T, 1>(x, dy, gamma, beta, mean, rstd, coefficient, dx, COLUMNS, groups, leak); \
  } \
  extern "C" __global__ void __launch_bounds__(128) norm_layer256_##SUFFIX(const T* x, const float* gamma, const float* beta, T* y, \
      int rows, int n, int lanes, float eps) { \
    layer<T, 8>(x, gamma, beta, y, rows, n, lanes, eps); \
  } \
  extern "C" __global__ void __launch_bounds__(128) norm_layer1024_##SUFFIX(const T* x, const float* gamma, const float* beta, T* y, \
      int rows, int n, int lanes, float eps) { \
    layer<T, 32>(x, gamma, beta, y, rows, n, lanes, eps); \
  } \
  extern "C" __global__ void __launch_bounds__(256) norm_layerblock_##SUFFIX(const T* x, const float* gamma, const float* beta, T* y, \
      int n, float eps, int cached) { \
    layerBlock(x, gamma, beta, y, n, eps, cached); \
  } \
  extern "C" __global__ void __launch_bounds__(128) norm_layergradient256_##SUFFIX(const T* x, const float* gamma, const T* g, T* dx, \
      float* partial, int rows, int n, int lanes, float eps) { \
    layerGradient<T, 8>(x, gamma, g, dx, partial, rows, n, lanes, eps); \
  } \
  extern "C" __global__ void __launch_bounds__(512) norm_layergradientrow_##SUFFIX(const T* x, const float* gamma, const T* g, \
      T* dx, float* partial, int rows, int n, float eps) { \
    layerRowBlockGradient(x, gamma, g, dx, partial, rows, n, eps); \
  } \
  extern "C" __global__ void __launch_bounds__(256) norm_layergradientblock_##SUFFIX(const T* x, const float* gamma, const T* g, \
      T* dx, float* partial, int rows, int n, float eps) { \
    layerBlockGradient(x, gamma, g, dx, partial, rows, n, eps); \
  }

NORM(float, f32)
NORM(bf16, bf16)
