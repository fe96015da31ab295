// Losses and their gradients: cross-entropy, cross-entropy with soft Dice, and means over pairs of elements.
//
// Always float32. Softmax losses, logits [rows, classes]: a block of 256 threads takes 256 / lanes rows at a time to shared memory
// (common/tile.cuh), with neighbouring threads at neighbouring addresses, and gives each row to `lanes` threads of a warp; logits
// are read once, gradients written once. Sums stay in registers (Dice: in cells of shared memory, one owner each) until the block
// is done, and go to its line of `partial`; a second kernel adds the lines in a fixed order. Nothing of the size of the logits is
// kept: the gradient computes softmax again.
// Shared memory: slot(rows * classes) floats; Dice: and a label per row, and 3 floats for each of `cells` = classes * slices.
// A label that is neither a class nor the ignored one makes the loss NaN.
#include "common/columns.cuh"
#include "common/sums.cuh"
#include "common/tile.cuh"

// One row of logits, shared out to `lanes` threads. Not staged: rows too long for shared memory are read again instead.
struct Row {
  float* tile;
  const float* x;
  int at;
  int classes;
  int lane;
  int lanes;
  int staged;
  float top;
  float sum;

  __device__ __forceinline__ float logit(int c) const { return staged ? tile[slot(at + c)] : x[c]; }

  // Maximum and sum of exponentials; all lanes of the warp take part, those without a row with classes = 0. A staged row then
  // holds logits less the maximum, or with `exponentials` their exponentials.
  __device__ __forceinline__ void reduce(bool exponentials) {
    top = -INFINITY;
    for (int c = lane; c < classes; c += lanes) top = fmaxf(top, logit(c));
    top = laneMax(top, lanes);
    sum = 0.f;
    for (int c = lane; c < classes; c += lanes) {
      float d = logit(c) - top;
      float e = expf(d);
      sum += e;
      if (staged) tile[slot(at + c)] = exponentials ? e : d;
    }
    sum = laneSum(sum, lanes);
    // Other lanes of the row read what this one wrote.
    __syncwarp();
  }
  // x_c - max, after reduce(false).
  __device__ __forceinline__ float shifted(int c) const { return staged ? tile[slot(at + c)] : x[c] - top; }
  // exp(x_c - max), after reduce(true).
  __device__ __forceinline__ float exponential(int c) const { return staged ? tile[slot(at + c)] : expf(x[c] - top); }
};

__device__ __forceinline__ Row rowOf(const float* x, float* tile, int first, int count, int classes, int lanes, int staged) {
  int row = threadIdx.x / lanes;
  Row r;
  r.tile = tile;
  r.x = x + static_cast<long long>(first + row) * classes;
  r.at = row * classes;
  r.classes = row < count ? classes : 0;
  r.lane = threadIdx.x & (lanes - 1);
  r.lanes = lanes;
  r.staged = staged;
  return r;
}

// partial [blocks]: (sum of weighted losses, sum of weights).
extern "C" __global__ void __launch_bounds__(256) loss_crossentropy_f32(const float* x, const int* labels, const float* weights,
    float2* partial, int rows, int classes, int lanes, int staged, int ignored, float smoothing) {
  __shared__ float room[32];
  float* tile = sharedFloats();
  int perTile = blockDim.x / lanes;
  float loss = 0.f;
  float weight = 0.f;
  for (int first = blockIdx.x * perTile; first < rows; first += gridDim.x * perTile) {
    int count = min(perTile, rows - first);
    if (staged) tileIn(x + static_cast<long long>(first) * classes, count * classes, tile);
    __syncthreads();
    Row r = rowOf(x, tile, first, count, classes, lanes, staged);
    r.reduce(false);
    float log = logf(r.sum);
    float all = 0.f;
    if (smoothing != 0.f) {
      for (int c = r.lane; c < r.classes; c += lanes) all += weights[c] * (log - r.shifted(c));
      all = laneSum(all, lanes);
    }
    int y = r.classes > 0 && r.lane == 0 ? labels[first + threadIdx.x / lanes] : ignored;
    if (y != ignored) {
      if (y < 0 || y >= classes) {
        loss = NAN;
      } else {
        loss += (1.f - smoothing) * weights[y] * (log - r.shifted(y)) + smoothing / classes * all;
        weight += weights[y];
      }
    }
    __syncthreads();
  }
  loss = blockSum(loss, room);
  weight = blockSum(weight, room);
  if (threadIdx.x == 0) partial[blockIdx.x] = make_float2(loss, weight);
}

// One block. 0 where nothing counts.
extern "C" __global__ void __launch_bounds__(256) loss_crossentropymean_f32(const float2* partial, float* loss, float* weight,
    int parts) {
  __shared__ float room[32];
  float l = 0.f;
  float w = 0.f;
  for (int p = threadIdx.x; p < parts; p += blockDim.x) {
    l += partial[p].x;
    w += partial[p].y;
  }
  l = blockSum(l, room);
  w = blockSum(w, room);
  if (threadIdx.x == 0) {
    *loss = w == 0.f && !isnan(l) ? 0.f : l / w;
    *weight = w;
  }
}

extern "C" __global__ void __launch_bounds__(256) loss_crossentropygradient_f32(const float* x, const int* labels,
    const float* weights, const float* total, const float* upstream, float* dx, int rows, int classes, int lanes, int staged,
    int ignored, float smoothing) {
  float* tile = sharedFloats();
  int perTile = blockDim.x / lanes;
  float scale = *total == 0.f ? 0.f : *upstream / *total;
  float smooth = smoothing / classes;
  float all = 0.f;
  if (smoothing != 0.f) {
    for (int c = 0; c < classes; c++) all += weights[c];
  }
  for (int first = blockIdx.x * perTile; first < rows; first += gridDim.x * perTile) {
    int count = min(perTile, rows - first);
    long long start = static_cast<long long>(first) * classes;
    if (staged) tileIn(x + start, count * classes, tile);
    __syncthreads();
    Row r = rowOf(x, tile, first, count, classes, lanes, staged);
    r.reduce(true);
    int y = r.classes > 0 ? labels[first + threadIdx.x / lanes] : ignored;
    bool counts = y >= 0 && y < classes && y != ignored;
    float hard = counts ? (1.f - smoothing) * weights[y] : 0.f;
    float factor = (hard + smooth * all) / r.sum;
    for (int c = r.lane; c < r.classes; c += lanes) {
      float own = (c == y ? hard : 0.f) + (smoothing != 0.f ? smooth * weights[c] : 0.f);
      float v = counts ? scale * (r.exponential(c) * factor - own) : 0.f;
      if (staged) {
        tile[slot(r.at + c)] = v;
      } else {
        dx[start + r.at + c] = v;
      }
    }
    __syncthreads();
    if (staged) tileOut(tile, count * classes, dx + start);
    __syncthreads();
  }
}

// Sums over the voxels of one instance (grid y): partial [instances, blocks, 3 classes + 2] holds, for each class, those of p y,
// of p and of y, then that of cross-entropies and the number of voxels that count.
extern "C" __global__ void __launch_bounds__(256) loss_dice_f32(const float* x, const int* labels, float* partial, int voxels,
    int classes, int lanes, int cells, int ignored) {
  __shared__ float room[32];
  int perTile = blockDim.x / lanes;
  float* tile = sharedFloats();
  int* label = reinterpret_cast<int*>(tile + slot(perTile * classes));
  float* both = reinterpret_cast<float*>(label + perTile);
  float* soft = both + cells;
  float* hard = soft + cells;
  int slices = cells / classes;
  for (int u = threadIdx.x; u < cells; u += blockDim.x) both[u] = soft[u] = hard[u] = 0.f;
  x += static_cast<long long>(blockIdx.y) * voxels * classes;
  labels += static_cast<long long>(blockIdx.y) * voxels;
  float loss = 0.f;
  float counted = 0.f;
  for (int first = blockIdx.x * perTile; first < voxels; first += gridDim.x * perTile) {
    int count = min(perTile, voxels - first);
    tileIn(x + static_cast<long long>(first) * classes, count * classes, tile);
    __syncthreads();
    Row r = rowOf(x, tile, first, count, classes, lanes, 1);
    int row = threadIdx.x / lanes;
    int y = r.classes > 0 ? labels[first + row] : ignored;
    bool good = y >= 0 && y < classes;
    float own = r.classes > 0 && good ? tile[slot(r.at + y)] : 0.f;
    __syncwarp();
    r.reduce(true);
    float scale = y == ignored ? 0.f : 1.f / r.sum;
    for (int c = r.lane; c < r.classes; c += lanes) tile[slot(r.at + c)] *= scale;
    if (r.lane == 0) {
      label[row] = y == ignored ? -1 : y;
      if (y != ignored) {
        loss += good ? logf(r.sum) + r.top - own : NAN;
        counted += 1.f;
      }
    }
    __syncthreads();
    for (int u = threadIdx.x; u < cells; u += blockDim.x) {
      int c = u % classes;
      float b = 0.f, s = 0.f, h = 0.f;
      for (int v = u / classes; v < count; v += slices) {
        float p = tile[slot(v * classes + c)];
        s += p;
        if (label[v] == c) {
          b += p;
          h += 1.f;
        }
      }
      both[u] += b;
      soft[u] += s;
      hard[u] += h;
    }
    __syncthreads();
  }
  loss = blockSum(loss, room);
  counted = blockSum(counted, room);
  fold(cells, classes, [&](int a, int b) {
    both[a] += both[b];
    soft[a] += soft[b];
    hard[a] += hard[b];
  });
  partial += (static_cast<long long>(blockIdx.y) * gridDim.x + blockIdx.x) * (3 * classes + 2);
  for (int c = threadIdx.x; c < classes; c += blockDim.x) {
    partial[c] = both[c];
    partial[classes + c] = soft[c];
    partial[2 * classes + c] = hard[c];
  }
  if (threadIdx.x == 0) {
    partial[3 * classes] = loss;
    partial[3 * classes + 1] = counted;
  }
}

// A warp for each of the `outputs` = instances * stride sums: adds `parts` lines.
extern "C" __global__ void __launch_bounds__(128) loss_dicefold_f32(const float* partial, float* sums, int outputs, int stride,
    int parts) {
  int i = (blockIdx.x * blockDim.x + threadIdx.x) >> 5;
  int lane = threadIdx.x & 31;
  if (i >= outputs) return;
  partial += static_cast<long long>(i / stride) * parts * stride + i % stride;
  float sum = 0.f;
  for (int p = lane; p < parts; p += 32) sum += partial[static_cast<long long>(p) * stride];
  sum = laneSum(sum);
  if (lane == 0) sums[i] = sum;
}

// One block: the loss, and its derivatives by the sums, [instances, 2 classes + 1]. `share` is the weight of one class's Dice.
extern "C" __global__ void __launch_bounds__(256) loss_dicefinish_f32(const float* sums, float* loss, float* slopes, int instances,
    int classes, int batch, int first, float smooth, float share, float ceWeight) {
  __shared__ float room[32];
  int stride = 3 * classes + 2;
  float ce = 0.f;
  float count = 0.f;
  for (int i = threadIdx.x; i < instances; i += blockDim.x) {
    ce += sums[i * stride + 3 * classes];
    count += sums[i * stride + 3 * classes + 1];
  }
  ce = blockSum(ce, room);
  count = blockSum(count, room);
  float dice = 0.f;
  for (int e = threadIdx.x; e < instances * classes; e += blockDim.x) {
    int i = e / classes;
    int c = e % classes;
    float both = 0.f, soft = 0.f, hard = 0.f;
    for (int k = batch ? 0 : i; k < (batch ? instances : i + 1); k++) {
      both += sums[k * stride + c];
      soft += sums[k * stride + classes + c];
      hard += sums[k * stride + 2 * classes + c];
    }
    float overlap = 2.f * both + smooth;
    float whole = soft + hard + smooth;
    float floor = fmaxf(whole, 1e-8f);
    bool used = c >= first;
    if (used && !(batch && i > 0)) dice += overlap / floor;
    float* to = slopes + i * (2 * classes + 1);
    to[c] = used ? -2.f * share / floor : 0.f;
    to[classes + c] = used && whole > 1e-8f ? share * (overlap / floor) / floor : 0.f;
  }
  for (int i = threadIdx.x; i < instances; i += blockDim.x) {
    slopes[i * (2 * classes + 1) + 2 * classes] = count == 0.f ? 0.f : ceWeight / count;
  }
  dice = blockSum(dice, room);
  if (threadIdx.x == 0) *loss = (count == 0.f ? 0.f : ceWeight * (ce / count)) - share * dice;
}

extern "C" __global__ void __launch_bounds__(256) loss_dicegradient_f32(const float* x, const int* labels, const float* slopes,
    const float* upstream, float* dx, int voxels, int classes, int lanes, int ignored) {
  float* tile = sharedFloats();
  int perTile = blockDim.x / lanes;
  float by = *upstream;
  slopes += blockIdx.y * (2 * classes + 1);
  float e = slopes[2 * classes];
  long long instance = static_cast<long long>(blockIdx.y) * voxels;
  x += instance * classes;
  dx += instance * classes;
  labels += instance;
  for (int first = blockIdx.x * perTile; first < voxels; first += gridDim.x * perTile) {
    int count = min(perTile, voxels - first);
    long long start = static_cast<long long>(first) * classes;
    tileIn(x + start, count * classes, tile);
    __syncthreads();
    Row r = rowOf(x, tile, first, count, classes, lanes, 1);
    r.reduce(true);
    int y = r.classes > 0 ? labels[first + threadIdx.x / lanes] : ignored;
    bool counts = y >= 0 && y < classes && y != ignored;
    float scale = counts ? 1.f / r.sum : 0.f;
    float mean = 0.f;
    for (int c = r.lane; c < r.classes; c += lanes) {
      mean += tile[slot(r.at + c)] * scale * (slopes[classes + c] + (c == y && counts ? slopes[y] : 0.f));
    }
    mean = laneSum(mean, lanes);
    for (int c = r.lane; c < r.classes; c += lanes) {
      float p = tile[slot(r.at + c)] * scale;
      float v = p * (slopes[classes + c] + e - mean);
      if (c == y && counts) v += p * slopes[y] - e;
      tile[slot(r.at + c)] = v * by;
    }
    __syncthreads();
    tileOut(tile, count * classes, dx + start);
    __syncthreads();
  }
}

// ---- means over pairs of elements

// Kinds of pair; anything else is the absolute difference.
static constexpr int SQUARED = 0;
static constexpr int BINARY = 2;

// Binary cross-entropy of logit a and target b in the form that never overflows.
__device__ __forceinline__ float pairLoss(float a, float b, int kind) {
  if (kind == BINARY) return fmaxf(a, 0.f) - a * b + log1pf(expf(-fabsf(a)));
  float d = a - b;
  return kind == SQUARED ? d * d : fabsf(d);
}

__device__ __forceinline__ float pairSlope(float a, float b, int kind) {
  if (kind == BINARY) return 1.f / (1.f + expf(-a)) - b;
  float d = a - b;
  return kind == SQUARED ? 2.f * d : d > 0.f ? 1.f : d < 0.f ? -1.f : d;
}

// partial [blocks].
extern "C" __global__ void __launch_bounds__(256) loss_pairs_f32(const float* a, const float* b, float* partial, int n, int kind) {
  __shared__ float room[32];
  float sum = 0.f;
  int done = 0;
  if (aligned(a) && aligned(b)) {
    for (long long i = firstElement() * 4; i + 4 <= n; i += elementStride() * 4) {
      float u[4], v[4];
      read<4>(a + i, u);
      read<4>(b + i, v);
      sum += (pairLoss(u[0], v[0], kind) + pairLoss(u[1], v[1], kind)) + (pairLoss(u[2], v[2], kind) + pairLoss(u[3], v[3], kind));
    }
    done = n & ~3;
  }
  for (long long i = done + firstElement(); i < n; i += elementStride()) sum += pairLoss(a[i], b[i], kind);
  sum = blockSum(sum, room);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

// One block: the mean of n elements, 0 without any.
extern "C" __global__ void __launch_bounds__(256) loss_mean_f32(const float* partial, float* loss, int parts, int n) {
  __shared__ float room[32];
  float sum = 0.f;
  for (int p = threadIdx.x; p < parts; p += blockDim.x) sum += partial[p];
  sum = blockSum(sum, room);
  if (threadIdx.x == 0) *loss = n == 0 ? 0.f : sum / n;
}

// Gradient by a.
extern "C" __global__ void __launch_bounds__(256) loss_pairsgradient_f32(const float* a, const float* b, const float* upstream,
    float* da, int n, int kind) {
  float scale = *upstream / n;
  int done = 0;
  if (aligned(a) && aligned(b) && aligned(da)) {
    for (long long i = firstElement() * 4; i + 4 <= n; i += elementStride() * 4) {
      float u[4], v[4];
      read<4>(a + i, u);
      read<4>(b + i, v);
#pragma unroll
      for (int k = 0; k < 4; k++) u[k] = scale * pairSlope(u[k], v[k], kind);
      write<4>(da + i, u);
    }
    done = n & ~3;
  }
  for (long long i = done + firstElement(); i < n; i += elementStride()) da[i] = scale * pairSlope(a[i], b[i], kind);
}
