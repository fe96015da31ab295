// Elements picked by index, sums of elements by index, the largest along an axis, labels by nearest neighbour.
//
// An index outside of its axis makes NaN of what it touches (the element picked; all sums of its line): a
// kernel cannot throw, and nothing is read or written out of bounds.
//
// Sums by index are deterministic without float atomics, in one of three ways, which the host picks by cost:
//   scan   each element of y reads the index of its line, K entries: J K reads for each line, for small K;
//   lines  one thread owns a line and adds in the order of the index: J + K steps, for many lines;
//   sort   (place, number) pairs are sorted by place with a stable radix sort of 8 bits a pass (count, scan,
//          spread; Merrill and Grimshaw 2011), after which the summands of a place are neighbours, in order,
//          and are found by binary search: about 5 n words of traffic for each pass, whatever the places.
//
// Launch: 256 threads, one-dimensional grids; index_sort_scan is one block of 1024.
#include "common/pack.cuh"

const int BLOCK = 256;

__device__ __forceinline__ float nan32() { return __uint_as_float(0x7fffffffu); }

__device__ __forceinline__ void setNan(unsigned short& u) { u = 0xffff; }
__device__ __forceinline__ void setNan(unsigned& u) { u = 0xffffffffu; }
__device__ __forceinline__ void setNan(uint2& u) { u = make_uint2(0xffffffffu, 0xffffffffu); }
__device__ __forceinline__ void setNan(uint4& u) {
  u = make_uint4(0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu);
}

// y[r,:] = table[ids[r],:], in units of 2 to 16 bytes; `width` units a row.
template <typename U>
__device__ __forceinline__ void pickRows(
    const U* __restrict__ table, const int* __restrict__ ids, U* __restrict__ y, int units, Divisor width, int rows) {
  const int size = sizeof(U) < 16 ? 4 : 1;
  for (unsigned first = thread0(); first < units; first += size * threads()) {
    U v[size];
#pragma unroll
    for (int k = 0; k < size; k++) {
      unsigned u = first + k * threads();
      setNan(v[k]);
      if (u < units) {
        unsigned r = width.quotient(u);
        unsigned id = ids[r];
        if (id < rows) v[k] = table[id * width.value + (u - r * width.value)];
      }
    }
#pragma unroll
    for (int k = 0; k < size; k++) {
      unsigned u = first + k * threads();
      if (u < units) y[u] = v[k];
    }
  }
}

// y[o,k,i] = x[o,index[o,k,i],i]; x [outer,extent,inner], index [outer,count,inner].
template <typename U>
__device__ __forceinline__ void gather(
    const U* __restrict__ x, const int* __restrict__ index, U* __restrict__ y, int elements, Divisor inner, Divisor count,
    int extent) {
  for (unsigned first = thread0(); first < elements; first += 4 * threads()) {
    U v[4];
#pragma unroll
    for (int k = 0; k < 4; k++) {
      unsigned e = first + k * threads();
      setNan(v[k]);
      if (e < elements) {
        unsigned line = inner.quotient(e);
        unsigned o = count.quotient(line);
        unsigned at = index[e];
        if (at < extent) v[k] = x[(o * extent + at) * inner.value + (e - line * inner.value)];
      }
    }
#pragma unroll
    for (int k = 0; k < 4; k++) {
      unsigned e = first + k * threads();
      if (e < elements) y[e] = v[k];
    }
  }
}

#define PICK(U, suffix)                                                                                          \
  extern "C" __global__ void index_rows_##suffix(                                                                \
      const U* __restrict__ table, const int* __restrict__ ids, U* __restrict__ y, int units, Divisor width,     \
      int rows) {                                                                                                \
    pickRows(table, ids, y, units, width, rows);                                                                 \
  }
PICK(unsigned short, b16)
PICK(unsigned, b32)
PICK(uint2, b64)
PICK(uint4, b128)

#define GATHER(U, suffix)                                                                                        \
  extern "C" __global__ void index_gather_##suffix(                                                              \
      const U* __restrict__ x, const int* __restrict__ index, U* __restrict__ y, int elements, Divisor inner,    \
      Divisor count, int extent) {                                                                               \
    gather(x, index, y, elements, inner, count, extent);                                                         \
  }
GATHER(unsigned short, b16)
GATHER(unsigned, b32)

// ---- sums by index: x [outer,count,inner] to y [outer,extent,inner]

// scan: a thread for each element of y. index [outer,count,inner], or [outer,count] with shared = 1.
template <typename T>
__device__ __forceinline__ void scatterScan(
    const T* __restrict__ x, const int* __restrict__ index, T* __restrict__ y, int elements, Divisor inner, Divisor extent,
    int count, int shared) {
  for (unsigned e = thread0(); e < elements; e += threads()) {
    unsigned line = inner.quotient(e);
    unsigned i = e - line * inner.value;
    unsigned o = extent.quotient(line);
    int j = line - o * extent.value;
    const T* from = x + (o * count * inner.value + i);
    const int* at = index + (shared ? o * count : o * count * inner.value + i);
    int step = shared ? 1 : inner.value;
    float sum = 0.f;
#pragma unroll 4
    for (int k = 0; k < count; k++) {
      int place = at[k * step];
      if (place == j) sum += load(from + k * inner.value);
      if (static_cast<unsigned>(place) >= extent.value) sum = nan32();
    }
    store(y + e, sum);
  }
}

// lines: a thread for each line (o,i). y is float32, so that sums are.
template <typename T>
__device__ __forceinline__ void scatterLines(
    const T* __restrict__ x, const int* __restrict__ index, float* y, int lines, Divisor inner, int extent, int count) {
  for (unsigned line = thread0(); line < lines; line += threads()) {
    unsigned o = inner.quotient(line);
    unsigned i = line - o * inner.value;
    float* to = y + (o * extent * inner.value + i);
    for (int j = 0; j < extent; j++) to[j * inner.value] = 0.f;
    unsigned from = o * count * inner.value + i;
    bool outside = false;
    for (int k = 0; k < count; k++) {
      unsigned place = index[from + k * inner.value];
      if (place < extent) {
        to[place * inner.value] += load(x + from + k * inner.value);
      } else {
        outside = true;
      }
    }
    if (outside) {
      for (int j = 0; j < extent; j++) to[j * inner.value] = nan32();
    }
  }
}

#define SCATTER(T, suffix)                                                                                       \
  extern "C" __global__ void index_scatterscan_##suffix(                                                         \
      const T* __restrict__ x, const int* __restrict__ index, T* __restrict__ y, int elements, Divisor inner,    \
      Divisor extent, int count, int shared) {                                                                   \
    scatterScan(x, index, y, elements, inner, extent, count, shared);                                            \
  }                                                                                                              \
  extern "C" __global__ void index_scatterlines_##suffix(                                                        \
      const T* __restrict__ x, const int* __restrict__ index, float* __restrict__ y, int lines, Divisor inner,   \
      int extent, int count) {                                                                                   \
    scatterLines(x, index, y, lines, inner, extent, count);                                                      \
  }
SCATTER(float, f32)
SCATTER(bf16, bf16)

// sort: the place in y of each element of x, `places` (one past the last) where the index is outside.
extern "C" __global__ void index_sort_places(
    const int* __restrict__ index, int* __restrict__ place, int n, Divisor inner, Divisor count, int extent, int places) {
  for (unsigned e = thread0(); e < n; e += threads()) {
    unsigned line = inner.quotient(e);
    unsigned o = count.quotient(line);
    unsigned at = index[e];
    place[e] = at < extent ? (o * extent + at) * inner.value + (e - line * inner.value) : places;
  }
}

// A block sorts 2048 neighbours: warp w the 256 from 256 w, 32 at a time, so that their order is kept.
const int PER_BLOCK = 2048;
const int DIGITS = 256;

// Keys are taken as unsigned and at most `most`, which thus counts everything outside.
__device__ __forceinline__ unsigned digit(unsigned key, unsigned most, int shift) {
  return min(key, most) >> shift & (DIGITS - 1);
}

// counts[d,b] = number of keys of block b with digit d.
extern "C" __global__ void index_sort_count(
    const int* __restrict__ keys, int* __restrict__ counts, int n, int shift, int most) {
  __shared__ int found[DIGITS];
  found[threadIdx.x] = 0;
  __syncthreads();
  unsigned from = blockIdx.x * PER_BLOCK + threadIdx.x;
#pragma unroll
  for (int k = 0; k < PER_BLOCK / BLOCK; k++) {
    unsigned e = from + k * BLOCK;
    if (e < n) atomicAdd(&found[digit(keys[e], most, shift)], 1);
  }
  __syncthreads();
  counts[threadIdx.x * gridDim.x + blockIdx.x] = found[threadIdx.x];
}

// Exclusive prefix sums of n counts in place: one block of 1024 threads, four counts each at a time.
extern "C" __global__ void index_sort_scan(int* counts, int n) {
  __shared__ int warps[32];
  int lane = threadIdx.x & 31;
  int warp = threadIdx.x >> 5;
  int before = 0;
  for (int from = 0; from < n; from += 4096) {
    int v[4];
    int sum = 0;
#pragma unroll
    for (int k = 0; k < 4; k++) {
      int i = from + threadIdx.x * 4 + k;
      v[k] = i < n ? counts[i] : 0;
      sum += v[k];
    }
    int through = sum;
#pragma unroll
    for (int d = 1; d < 32; d <<= 1) {
      int lower = __shfl_up_sync(0xffffffffu, through, d);
      if (lane >= d) through += lower;
    }
    if (lane == 31) warps[warp] = through;
    __syncthreads();
    int at = before + through - sum;
    int all = 0;
#pragma unroll
    for (int w = 0; w < 32; w++) {
      int s = warps[w];
      if (w < warp) at += s;
      all += s;
    }
    before += all;
#pragma unroll
    for (int k = 0; k < 4; k++) {
      int i = from + threadIdx.x * 4 + k;
      if (i < n) counts[i] = at;
      at += v[k];
    }
    __syncthreads();
  }
}

// Moves (key, number) pairs to their places in the order of this digit, keeping the order of equals. numbers
// is null in the first pass, where pair e has number e.
extern "C" __global__ void index_sort_spread(
    const int* __restrict__ keys, const int* __restrict__ numbers, int* __restrict__ keysOut,
    int* __restrict__ numbersOut, const int* __restrict__ counts, int n, int shift, int most) {
  __shared__ int found[BLOCK / 32][DIGITS];  // of each warp so far; then where its first one goes
  const int steps = PER_BLOCK / BLOCK;
  int lane = threadIdx.x & 31;
  int warp = threadIdx.x >> 5;
#pragma unroll
  for (int w = 0; w < BLOCK / 32; w++) found[w][threadIdx.x] = 0;
  __syncthreads();
  unsigned from = blockIdx.x * PER_BLOCK + warp * (PER_BLOCK / (BLOCK / 32)) + lane;
  int key[steps], rank[steps];
#pragma unroll
  for (int k = 0; k < steps; k++) {
    unsigned e = from + k * 32;
    bool valid = e < n;
    key[k] = valid ? keys[e] : 0;
    unsigned d = digit(key[k], most, shift);
    // Lanes with this lane's digit, by a vote on each of its bits.
    unsigned same = __ballot_sync(0xffffffffu, valid);
#pragma unroll
    for (int bit = 0; bit < 8; bit++) {
      bool set = d >> bit & 1;
      unsigned votes = __ballot_sync(0xffffffffu, set);
      same &= set ? votes : ~votes;
    }
    int lower = __popc(same & ((1u << lane) - 1));
    int so_far = valid ? found[warp][d] : 0;
    __syncwarp();
    if (valid && lower == 0) found[warp][d] = so_far + __popc(same);
    __syncwarp();
    rank[k] = so_far + lower;
  }
  __syncthreads();
  int at = counts[threadIdx.x * gridDim.x + blockIdx.x];
#pragma unroll
  for (int w = 0; w < BLOCK / 32; w++) {
    int mine = found[w][threadIdx.x];
    found[w][threadIdx.x] = at;
    at += mine;
  }
  __syncthreads();
#pragma unroll
  for (int k = 0; k < steps; k++) {
    unsigned e = from + k * 32;
    if (e < n) {
      int to = found[warp][digit(key[k], most, shift)] + rank[k];
      keysOut[to] = key[k];
      numbersOut[to] = numbers ? numbers[e] : e;
    }
  }
}

// y[r,c] = sum of x[numbers[p],c] over the p with keys[p] = r; keys sorted, as unsigned. A block works on
// 256 / (across share) rows: `across` threads along c, `share` threads on every share-th summand, whose sums
// meet in shared memory in a fixed order. Both are powers of two.
template <typename T>
__device__ __forceinline__ void sortedSums(
    const T* __restrict__ x, const int* __restrict__ keys, const int* __restrict__ numbers, T* __restrict__ y, int n,
    int rows, int width, int across, int share) {
  __shared__ float sums[BLOCK];
  int c0 = threadIdx.x & (across - 1);
  int part = threadIdx.x / across & (share - 1);
  int r = blockIdx.x * (BLOCK / (across * share)) + threadIdx.x / (across * share);
  int begin = 0, end = n;
  while (begin < end) {
    int middle = (begin + end) >> 1;
    bool below = static_cast<unsigned>(keys[middle]) < r;
    begin = below ? middle + 1 : begin;
    end = below ? end : middle;
  }
  bool outside = static_cast<unsigned>(keys[n - 1]) >= rows;
  // The same number of steps for all threads of a block: they meet in the barriers.
  for (int from = 0; from < width; from += across) {
    int c = from + c0;
    float sum = 0.f;
    if (r < rows && c < width) {
      for (int p = begin + part; p < n && keys[p] == r; p += share) {
        sum += load(x + (static_cast<long long>(numbers[p]) * width + c));
      }
    }
    sums[threadIdx.x] = sum;
    for (int half = share >> 1; half > 0; half >>= 1) {
      __syncthreads();
      if (part < half) {
        sum += sums[threadIdx.x + half * across];
        sums[threadIdx.x] = sum;
      }
    }
    if (part == 0 && r < rows && c < width) store(y + (r * width + c), outside ? nan32() : sum);
    __syncthreads();
  }
}

#define SORTED(T, suffix)                                                                                        \
  extern "C" __global__ void index_sort_sums_##suffix(                                                           \
      const T* __restrict__ x, const int* __restrict__ keys, const int* __restrict__ numbers, T* __restrict__ y, \
      int n, int rows, int width, int across, int share) {                                                       \
    sortedSums(x, keys, numbers, y, n, rows, width, across, share);                                              \
  }
SORTED(float, f32)
SORTED(bf16, bf16)

// ---- extremum

// The winner so far: NaN before all others, then the larger, then the lower index. The smallest is the
// largest of the negated.
struct Winner {
  float value;
  int at;
  __device__ __forceinline__ void meet(float v, int i) {
    bool nan = v != v, mine = value != value;
    bool tie = nan ? mine : v == value;
    if (tie ? i < at : !mine && (nan || v > value)) value = v, at = i;
  }
};

// x [outer,mid,inner] over mid, columns (o,i) as in reduce.cu: a block is `across` columns wide, its other
// threads share the entries. Long lines are cut into segments; then y and where are [outer,perColumn,inner],
// and a second launch, with `places` to say where values come from, takes the winner of those.
template <typename T>
__device__ __forceinline__ void extremum(
    const T* __restrict__ x, const int* __restrict__ places, T* __restrict__ y, int* __restrict__ where, int count,
    Divisor inner, int mid, int across, int perColumn, int segment, float sign) {
  __shared__ float values[BLOCK];
  __shared__ int indices[BLOCK];
  int tile = blockIdx.x / perColumn;
  int s = blockIdx.x - tile * perColumn;
  int column = tile * across + (threadIdx.x & (across - 1));
  int high = BLOCK / across;
  int first = threadIdx.x / across;
  int o = inner.quotient(column);
  int i = column - o * inner.value;
  int begin = s * segment;
  int end = min(mid - begin, segment) + begin;
  Winner best{0.f, 0};
  if (column < count) {
    // A thread without an entry of its own starts with the segment's last one, twice the same.
    int m = min(begin + first, end - 1);
    int e = (o * mid + m) * inner.value + i;
    best.value = sign * load(x + e);
    best.at = places ? places[e] : m;
#pragma unroll 4
    for (m = begin + first + high; m < end; m += high) {
      e = (o * mid + m) * inner.value + i;
      best.meet(sign * load(x + e), places ? places[e] : m);
    }
  }
  values[threadIdx.x] = best.value;
  indices[threadIdx.x] = best.at;
  for (int half = high >> 1; half > 0; half >>= 1) {
    __syncthreads();
    if (first < half) {
      best.meet(values[threadIdx.x + half * across], indices[threadIdx.x + half * across]);
      values[threadIdx.x] = best.value;
      indices[threadIdx.x] = best.at;
    }
  }
  if (first == 0 && column < count) {
    int e = (o * perColumn + s) * inner.value + i;
    store(y + e, sign * best.value);
    where[e] = best.at;
  }
}

#define EXTREMUM(T, suffix)                                                                                     \
  extern "C" __global__ void index_extremum_##suffix(                                                           \
      const T* __restrict__ x, const int* __restrict__ places, T* __restrict__ y, int* __restrict__ where,      \
      int count, Divisor inner, int mid, int across, int perColumn, int segment, float sign) {                  \
    extremum(x, places, y, where, count, inner, mid, across, perColumn, segment, sign);                         \
  }
EXTREMUM(float, f32)
EXTREMUM(bf16, bf16)

// ---- labels

// One axis: extents of y and x, and twice that of y.
struct Axis {
  Divisor to;
  int from;
  Divisor twice;
  int small;  // whether 2 to from < 2^31
};

__device__ __forceinline__ int nearest(const Axis& a, unsigned o) {
  if (a.small) return a.twice.quotient((2 * o + 1) * a.from);
  return static_cast<int>((2ull * o + 1) * a.from / a.twice.value);
}

// y[n,d,h,w] = x[n, floor((d + 1/2) D / D'), ...].
extern "C" __global__ void index_nearestlabels_i32(
    const int* __restrict__ x, int* __restrict__ y, int elements, Axis d, Axis h, Axis w) {
  for (unsigned e = thread0(); e < elements; e += threads()) {
    unsigned row = w.to.quotient(e);
    unsigned plane = h.to.quotient(row);
    unsigned batch = d.to.quotient(plane);
    int at = batch * d.from + nearest(d, plane - batch * d.to.value);
    at = at * h.from + nearest(h, row - plane * h.to.value);
    at = at * w.from + nearest(w, e - row * w.to.value);
    y[e] = x[at];
  }
}
