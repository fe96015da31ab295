// 3D convolutions, channels last, as implicit matrix products, and depthwise ones directly.
//
// Layout: source and target [N,D,H,W,C]; weights [kD,kH,kW,Cin/groups,Cout], or with the last two exchanged (the
// distances are arguments). One kernel serves the forward pass and the gradient with respect to the input:
//   target[n, t, c'] = bias[c'] + sum over taps j and channels c of source[n, s(t, j), c] w[j, c, c'],
// rows of the product being the target's voxels, its common dimension (j, c), c fastest. Forward s = t stride - pad +
// j dilation. In the gradient of a strided convolution (a transposed convolution) the voxels t = p (mod stride) see only the
// taps with (p + pad - j dilation) divisible by the stride, so each of the stride^3 phases p is a dense product of its own,
// with s = q + first - j' step along each axis; no multiplication by a zero between the voxels.
//
// Gathering. For each row the block keeps the element of source that tap 0 reads and a mask of bits, one for each
// tap along each axis that stays inside the source; for each k a table holds what has to be added and the bits that must
// be set. So one addition, one AND and one comparison find an element, whatever padding, stride and dilation. The
// table is refilled by all threads together, 128 values of k at a time. The weight gradient is the same with the two exchanged:
// rows are (j, c), the common dimension is the voxels, split over blocks; the parts are added up in order by
// matmul_sum_splits.
//
// Neighbouring taps read the same voxels, so gathered copies go through the L1 cache.
//
// Launch: one-dimensional grid of tilesN * tilesM * phases * groups * splits, n fastest (neighbouring blocks read the same
// voxels); dynamic shared memory: the ring of buffers of common/tiles.cuh, then TABLES bytes.
//
// Reference: Chetlur et al., "cuDNN: Efficient Primitives for Deep Learning" (2014), for the implicit matrix product.
#include "common/tiles.cuh"

// source/target: extents read and written. bit: number of this axis' first bit in the masks, or -1 where every tap is
// inside for every voxel. step: distance of the taps that share a phase.
struct Axis {
  int source, target, kernel, stride, pad, dilation, step, bit;
};

struct Convolution {
  Axis d, h, w;
  int transposed;
  int batch, groups, splits, flags;
  int channels, outputs;          // of one group
  int sourcePitch, targetPitch;   // channels of one voxel
  int weightTap, weightChannel, weightOutput, weightGroup;  // distances in the weights
  int vectorA, vectorB;           // whether 16-byte copies are allowed
  int tilesM;
};

// One axis in one phase: voxel p + q * stride of the target, q < count, reads source q * scale + first + j * delta for the
// taps tap0 + j * step, j < taps.
struct Phase {
  int p, count, spread, scale, first, delta, tap0, step, taps;
};

__device__ __forceinline__ Phase phaseOf(const Axis& a, int transposed, int p) {
  Phase f;
  if (!transposed) {
    return {0, a.target, 1, a.stride, -a.pad, a.dilation, 0, 1, a.kernel};
  }
  f.p = p;
  f.count = p < a.target ? (a.target - p + a.stride - 1) / a.stride : 0;
  f.spread = a.stride;
  f.scale = 1;
  f.tap0 = 0;
  while (f.tap0 < a.kernel && (p + a.pad - f.tap0 * a.dilation) % a.stride != 0) f.tap0++;
  f.step = a.step;
  f.taps = f.tap0 < a.kernel ? (a.kernel - f.tap0 + a.step - 1) / a.step : 0;
  f.first = f.taps > 0 ? (p + a.pad - f.tap0 * a.dilation) / a.stride : 0;
  f.delta = -(a.step * a.dilation / a.stride);
  return f;
}

// Bits of the taps that are inside the source for voxel q.
__device__ __forceinline__ unsigned insideBits(const Axis& a, const Phase& f, int q) {
  if (a.bit < 0) return 0;
  unsigned mask = 0;
  int s = q * f.scale + f.first;
  for (int j = 0; j < f.taps; j++, s += f.delta) {
    if (static_cast<unsigned>(s) < static_cast<unsigned>(a.source)) mask |= 1u << (a.bit + j);
  }
  return mask;
}

__device__ __forceinline__ unsigned tapBit(const Axis& a, int j) { return a.bit < 0 ? 0u : 1u << (a.bit + j); }

// Bit 30 is set in the mask of every voxel that exists; bit 31 in none, so that NOWHERE is never inside.
constexpr unsigned EXISTS = 1u << 30, NOWHERE = 0xffffffffu;

// A voxel or a tap with a channel: offset in source, mask or wanted bits, offset in the second operand.
struct Place {
  int offset;
  unsigned bits;
  int second;
  int unused;
};

// Where voxel number v of a phase reads and (z) writes.
__device__ __forceinline__ Place placeOfVoxel(const Convolution& c, const Phase& d, const Phase& h, const Phase& w,
                                              int v, int voxels) {
  if (v >= voxels) return {0, 0u, -1, 0};
  int qw = v % w.count, rest = v / w.count;
  int qh = rest % h.count;
  rest /= h.count;
  int qd = rest % d.count, n = rest / d.count;
  int from = ((n * c.d.source + qd * d.scale + d.first) * c.h.source + qh * h.scale + h.first) * c.w.source +
             qw * w.scale + w.first;
  int to = ((n * c.d.target + d.p + qd * d.spread) * c.h.target + h.p + qh * h.spread) * c.w.target + w.p +
           qw * w.spread;
  unsigned mask = EXISTS | insideBits(c.d, d, qd) | insideBits(c.h, h, qh) | insideBits(c.w, w, qw);
  return {from * c.sourcePitch, mask, to * c.targetPitch, 0};
}

// What tap and channel number k add to a voxel's offset, and (second) where their weights start.
__device__ __forceinline__ Place placeOfTap(const Convolution& c, const Phase& d, const Phase& h, const Phase& w, int k,
                                            int all) {
  if (k >= all) return {0, NOWHERE, -1, 0};
  int channel = k % c.channels, tap = k / c.channels;
  int jw = tap % w.taps;
  tap /= w.taps;
  int jh = tap % h.taps, jd = tap / h.taps;
  int add = ((jd * d.delta) * c.h.source + jh * h.delta) * c.w.source + jw * w.delta;
  int weight = ((d.tap0 + jd * d.step) * c.h.kernel + h.tap0 + jh * h.step) * c.w.kernel + w.tap0 + jw * w.step;
  return {add * c.sourcePitch + channel, EXISTS | tapBit(c.d, jd) | tapBit(c.h, jh) | tapBit(c.w, jw),
          weight * c.weightTap + channel * c.weightChannel, 0};
}

constexpr int TABLE = 128;  // values of k per refill; two halves

template <class Tile>
struct Tables {
  Place k[2 * TABLE];
  int2 rows[Tile::BM];
  int starts[Tile::BM];
};

template <bool WEIGHTS>
__device__ __forceinline__ bool inside(int2 row, const Place& k) {
  unsigned r = static_cast<unsigned>(row.y);
  return WEIGHTS ? (k.bits & r) == r : (r & k.bits) == k.bits;
}

// Copies the gathered operand of one slice to shared [k][row]; places: the slice's part of the table.
template <class Tile, bool WEIGHTS>
__device__ __forceinline__ void gather(float* s, const float* g, const int2* rows, const Place* places, int channels,
                                       bool vector) {
  constexpr int BM = Tile::BM, BK = Tile::BK, THREADS = Tile::THREADS, KF = Tile::KFAST, PITCH = Tile::PITCH_A;
  int t = opaque(threadIdx.x);
  if (WEIGHTS && vector) {
    constexpr int LINE = BM / 4, STEP = THREADS / LINE;
    static_assert(BK % STEP == 0, "a slice is a whole number of steps");
    int k = t / LINE, row = t % LINE * 4;
    int2 r = rows[row];
    s += k * PITCH + row;
#pragma unroll
    for (int i = 0; i < BK; i += STEP) {
      const Place& place = places[k + i];
      bool valid = inside<WEIGHTS>(r, place);
      copyAsync16Cached(s + i * PITCH, g + (valid ? r.x + place.offset : 0), valid);
    }
  } else if (!WEIGHTS && channels >= KF) {
    constexpr int STEP = THREADS / KF < BM ? THREADS / KF : BM, PARTS = BM / STEP, KSTEP = THREADS / STEP;
    static_assert(BM % STEP == 0 && BK % KSTEP == 0, "a slice is a whole number of steps");
    int k = t % KF + t / (KF * STEP) * KF, row = t / KF % STEP;
    s += k * PITCH + row;
#pragma unroll
    for (int j = 0; j < BK; j += KSTEP) {
      const Place place = places[k + j];
#pragma unroll
      for (int i = 0; i < PARTS; i++) {
        int2 r = rows[row + i * STEP];
        bool valid = inside<WEIGHTS>(r, place);
        copyAsync4(s + j * PITCH + i * STEP, g + (valid ? r.x + place.offset : 0), valid);
      }
    }
  } else {
    constexpr int STEP = THREADS / BM;
    static_assert(STEP > 0 && BK % STEP == 0, "a slice is a whole number of steps");
    int k = t / BM, row = t % BM;
    int2 r = rows[row];
    s += k * PITCH + row;
#pragma unroll 4
    for (int i = 0; i < BK; i += STEP) {
      const Place& place = places[k + i];
      bool valid = inside<WEIGHTS>(r, place);
      copyAsync4(s + i * PITCH, g + (valid ? r.x + place.offset : 0), valid);
    }
  }
}

// The same for bfloat16, in chunks of 8 along k (forward) or along the rows (weight gradient).
template <class Tile, bool WEIGHTS>
__device__ __forceinline__ void gather(char* s, const bf16* g, const int2* rows, const Place* places, int channels,
                                       bool vector) {
  constexpr int CHUNKS = (WEIGHTS ? Tile::BM : Tile::BK) / 8, LINES = WEIGHTS ? Tile::BK : Tile::BM;
  constexpr int THREADS = Tile::THREADS, STEP = THREADS / CHUNKS;
  static_assert(Tile::KA == !WEIGHTS && LINES % STEP == 0 && STEP % 8 == 0, "as the swizzle wants it");
  int t = opaque(threadIdx.x);
  if (vector) {
    int line = t / CHUNKS, chunk = t % CHUNKS;
    s += swizzled<CHUNKS>(line, chunk);
    int fixed = WEIGHTS ? rows[chunk * 8].x : places[chunk * 8].offset;
    unsigned bits = WEIGHTS ? static_cast<unsigned>(rows[chunk * 8].y) : places[chunk * 8].bits;
#pragma unroll
    for (int i = 0; i < LINES; i += STEP) {
      int add = WEIGHTS ? places[line + i].offset : rows[line + i].x;
      unsigned mask = WEIGHTS ? places[line + i].bits : static_cast<unsigned>(rows[line + i].y);
      bool valid = (mask & bits) == bits;
      copyAsync16Cached(s + i * CHUNKS * 16, g + (valid ? fixed + add : 0), valid);
    }
    return;
  }
  // Element by element; neighbouring threads take neighbouring voxels (forward) or neighbouring channels.
#pragma unroll 1
  for (int e = t; e < LINES * CHUNKS; e += THREADS) {
    int line = WEIGHTS ? e / CHUNKS : e % LINES, chunk = WEIGHTS ? e % CHUNKS : e / LINES;
    unsigned v[4];
#pragma unroll
    for (int j = 0; j < 8; j++) {
      int2 r = rows[WEIGHTS ? chunk * 8 + j : line];
      const Place& place = places[WEIGHTS ? line : chunk * 8 + j];
      unsigned x = 0;
      if (inside<WEIGHTS>(r, place)) x = reinterpret_cast<const unsigned short*>(g)[r.x + place.offset];
      v[j / 2] = j % 2 == 0 ? x : v[j / 2] | x << 16;
    }
    *reinterpret_cast<uint4*>(s + swizzled<CHUNKS>(line, chunk)) = make_uint4(v[0], v[1], v[2], v[3]);
  }
}

// Copies the second operand (weights, or the gradient's voxels): column n of row k at g[second + n * columnStride].
template <class Tile>
__device__ __forceinline__ void copySecond(float* s, const float* g, const Place* places, int columns, int columnStride,
                                           bool vector) {
  constexpr int BN = Tile::BN, BK = Tile::BK, THREADS = Tile::THREADS, KF = Tile::KFAST, PITCH = Tile::PITCH_B;
  int t = opaque(threadIdx.x);
  if (columnStride != 1) {
    constexpr int STEP = THREADS / KF < BN ? THREADS / KF : BN, PARTS = BN / STEP, KSTEP = THREADS / STEP;
    static_assert(BN % STEP == 0 && BK % KSTEP == 0, "a slice is a whole number of steps");
    int k = t % KF + t / (KF * STEP) * KF, column = t / KF % STEP;
    s += k * PITCH + column;
#pragma unroll
    for (int j = 0; j < BK; j += KSTEP) {
      int second = places[k + j].second;
#pragma unroll
      for (int i = 0; i < PARTS; i++) {
        bool valid = second >= 0 && column + i * STEP < columns;
        copyAsync4(s + j * PITCH + i * STEP, g + (valid ? second + (column + i * STEP) * columnStride : 0), valid);
      }
    }
  } else if (vector) {
    constexpr int LINE = BN / 4, STEP = THREADS / LINE;
    int k = t / LINE, column = t % LINE * 4;
    s += k * PITCH + column;
#pragma unroll
    for (int i = 0; i < BK; i += STEP) {
      if (BK % STEP == 0 || k + i < BK) {
        int second = places[k + i].second;
        bool valid = second >= 0 && column < columns;
        copyAsync16(s + i * PITCH, g + (valid ? second + column : 0), valid);
      }
    }
  } else {
    constexpr int STEP = THREADS / BN;
    static_assert(STEP > 0 && BK % STEP == 0, "a slice is a whole number of steps");
    int k = t / BN, column = t % BN;
    s += k * PITCH + column;
#pragma unroll 4
    for (int i = 0; i < BK; i += STEP) {
      int second = places[k + i].second;
      bool valid = second >= 0 && column < columns;
      copyAsync4(s + i * PITCH, g + (valid ? second + column : 0), valid);
    }
  }
}

template <class Tile>
__device__ __forceinline__ void copySecond(char* s, const bf16* g, const Place* places, int columns, int columnStride,
                                           bool vector) {
  constexpr int CHUNKS = Tile::BN / 8, STEP = Tile::THREADS / CHUNKS, BK = Tile::BK;
  static_assert(!Tile::KB && (STEP % 8 == 0 || STEP >= BK), "as the swizzle wants it");
  int t = opaque(threadIdx.x);
  int line = t / CHUNKS, chunk = t % CHUNKS, column = chunk * 8;
  s += swizzled<CHUNKS>(line, chunk);
#pragma unroll
  for (int i = 0; i < BK; i += STEP) {
    if (BK % STEP == 0 || line + i < BK) {
      int second = places[line + i].second;
      if (vector) {
        bool valid = second >= 0 && column < columns;
        copyAsync16(s + i * CHUNKS * 16, g + (valid ? second + column : 0), valid);
      } else {
        unsigned v[4];
#pragma unroll
        for (int j = 0; j < 8; j++) {
          unsigned x = 0;
          if (second >= 0 && column + j < columns) x = reinterpret_cast<const unsigned short*>(g)[second + column + j];
          v[j / 2] = j % 2 == 0 ? x : v[j / 2] | x << 16;
        }
        *reinterpret_cast<uint4*>(s + i * CHUNKS * 16) = make_uint4(v[0], v[1], v[2], v[3]);
      }
    }
  }
}

template <class Tile>
__device__ __forceinline__ float* secondOf(float* stage) {
  return stage + Tile::BK * Tile::PITCH_A;
}
template <class Tile>
__device__ __forceinline__ char* secondOf(char* stage) {
  return stage + Tile::BK * Tile::BM * 2;
}

template <class T>
struct Shared {
  typedef char Word;
};
template <>
struct Shared<float> {
  typedef float Word;
};

// WEIGHTS: x gathered times dy, summed over the voxels; otherwise source gathered times weights.
template <class Tile, bool WEIGHTS, class T>
__device__ __forceinline__ void convolve(const T* source, const T* second, const float* bias, void* y,
                                         const Convolution& c) {
  extern __shared__ __align__(16) char shared[];
  typedef typename Shared<T>::Word Word;
  constexpr int BM = Tile::BM, BN = Tile::BN, BK = Tile::BK;
  Tables<Tile>& tables = *reinterpret_cast<Tables<Tile>*>(shared + Tile::STAGES * Tile::STAGE_BYTES);

  int tilesN = (c.outputs + BN - 1) / BN;
  int z = blockIdx.x / tilesN, n0 = blockIdx.x % tilesN * BN;
  int m0 = z % c.tilesM * BM;
  z /= c.tilesM;
  int phases = c.transposed ? c.d.stride * c.h.stride * c.w.stride : 1;
  int phase = z % phases;
  z /= phases;
  int group = z % c.groups, split = z / c.groups;
  Phase w = phaseOf(c.w, c.transposed, phase % c.w.stride);
  Phase h = phaseOf(c.h, c.transposed, phase / c.w.stride % c.h.stride);
  Phase d = phaseOf(c.d, c.transposed, phase / c.w.stride / c.h.stride);
  int voxels = c.batch * d.count * h.count * w.count, taps = d.taps * h.taps * w.taps * c.channels;
  int rows = WEIGHTS ? taps : voxels, all = WEIGHTS ? voxels : taps;
  if (m0 >= rows) return;  // a phase with fewer voxels than the first

  int slicesAll = (all + BK - 1) / BK, each = (slicesAll + c.splits - 1) / c.splits;
  int from = min(slicesAll, split * each), slices = min(slicesAll, from + each) - from;
  auto fill = [&](int part) {  // values of k [part * TABLE, + TABLE) of this split
    for (int i = threadIdx.x; i < TABLE; i += Tile::THREADS) {
      int k = from * BK + part * TABLE + i;
      tables.k[part % 2 * TABLE + i] = WEIGHTS ? placeOfVoxel(c, d, h, w, k, all) : placeOfTap(c, d, h, w, k, all);
    }
  };
  for (int i = threadIdx.x; i < BM; i += Tile::THREADS) {
    Place p = WEIGHTS ? placeOfTap(c, d, h, w, m0 + i, rows) : placeOfVoxel(c, d, h, w, m0 + i, rows);
    tables.rows[i] = make_int2(p.offset, static_cast<int>(p.bits));
    tables.starts[i] = p.second;
  }
  fill(0);
  __syncthreads();

  const T* from1 = source + group * c.channels;
  const T* from2 = second + (WEIGHTS ? group * c.outputs + n0 : group * c.weightGroup + n0 * c.weightOutput);
  Tile core;
  constexpr int PARTS = TABLE / BK;
  walk(
      core, shared, slices,
      [&](int slice, char* stage) {
        const Place* places = tables.k + slice % (2 * PARTS) * BK;
        Word* s = reinterpret_cast<Word*>(stage);
        gather<Tile, WEIGHTS>(s, from1, tables.rows, places, c.channels, c.vectorA);
        copySecond<Tile>(secondOf<Tile>(s), from2, places, c.outputs - n0, WEIGHTS ? 1 : c.weightOutput, c.vectorB);
      },
      [&](int next) {
        if (next % PARTS == 0 && next < slices) fill(next / PARTS);
      });

  long long size = static_cast<long long>(c.batch) * c.d.target * c.h.target * c.w.target * c.targetPitch;
  if (WEIGHTS) size = static_cast<long long>(rows) * c.weightChannel;
  long long first = split * size + static_cast<long long>(group) * c.outputs + n0;
  writeTile(
      core, shared,
      [&](int row) {
        if (WEIGHTS) return m0 + row < rows ? first + static_cast<long long>(m0 + row) * c.weightChannel : -1LL;
        int at = tables.starts[row];
        return at < 0 ? -1LL : first + at;
      },
      c.outputs - n0, bias == nullptr ? nullptr : bias + group * c.outputs + n0, y, c.flags);
}

#define CONVOLUTION(NAME, T, WEIGHTS, BLOCKS, ...)                                                            \
  static_assert(TABLE / __VA_ARGS__::BK >= __VA_ARGS__::STAGES, "the table is filled one slice ahead");       \
  extern "C" __global__ void __launch_bounds__((__VA_ARGS__::THREADS), BLOCKS)                                \
      NAME(const T* source, const T* second, const float* bias, void* y, const __grid_constant__ Convolution c) { \
    convolve<__VA_ARGS__, WEIGHTS>(source, second, bias, y, c);                                               \
  }

typedef FloatTile<128, 64, 8, 8, 16, 3> Float64;
typedef FloatTile<128, 32, 8, 4, 16, 3> Float32;
typedef FloatTile<64, 64, 8, 4, 16, 3> FloatWeights64;
typedef FloatTile<64, 32, 4, 4, 16, 3> FloatWeights32;
CONVOLUTION(conv_gather128x64_f32, float, false, 4, Float64)
CONVOLUTION(conv_gather128x32_f32, float, false, 4, Float32)
CONVOLUTION(conv_weights64x64_f32, float, true, 4, FloatWeights64)
CONVOLUTION(conv_weights64x32_f32, float, true, 4, FloatWeights32)

typedef Tf32Tile<128, 128, 64, 32, 16, 3> Tf32128;
typedef Tf32Tile<128, 64, 64, 32, 16, 3> Tf3264;
typedef Tf32Tile<128, 32, 32, 32, 16, 3> Tf3232;
typedef Tf32Tile<64, 64, 32, 32, 16, 3> Tf32Weights64;
typedef Tf32Tile<64, 32, 32, 16, 16, 3> Tf32Weights32;
CONVOLUTION(conv_gather128x128_tf32, float, false, 2, Tf32128)
CONVOLUTION(conv_gather128x64_tf32, float, false, 4, Tf3264)
CONVOLUTION(conv_gather128x32_tf32, float, false, 4, Tf3232)
CONVOLUTION(conv_weights64x64_tf32, float, true, 4, Tf32Weights64)
CONVOLUTION(conv_weights64x32_tf32, float, true, 4, Tf32Weights32)

typedef HalfTile<128, 128, 64, 32, 32, 3, true, false> Half128;
typedef HalfTile<128, 64, 64, 32, 32, 3, true, false> Half64;
typedef HalfTile<128, 32, 32, 32, 32, 4, true, false> Half32;
typedef HalfTile<64, 64, 32, 32, 32, 4, false, false> HalfWeights64;
typedef HalfTile<64, 32, 32, 16, 32, 4, false, false> HalfWeights32;
CONVOLUTION(conv_gather128x128_bf16, bf16, false, 2, Half128)
CONVOLUTION(conv_gather128x64_bf16, bf16, false, 4, Half64)
CONVOLUTION(conv_gather128x32_bf16, bf16, false, 4, Half32)
CONVOLUTION(conv_weights64x64_bf16, bf16, true, 4, HalfWeights64)
CONVOLUTION(conv_weights64x32_bf16, bf16, true, 4, HalfWeights32)

// ---------------------------------------------------------------- directly

// Source index along an axis, or -1 where the tap meets padding or falls between two voxels.
__device__ __forceinline__ int sourceIndex(const Axis& a, int transposed, int t, int j) {
  if (!transposed) {
    int s = t * a.stride - a.pad + j * a.dilation;
    return s < a.source ? max(s, -1) : -1;
  }
  int u = t + a.pad - j * a.dilation;
  return u >= 0 && u % a.stride == 0 && u / a.stride < a.source ? u / a.stride : -1;
}

// A thread for each result, channels fastest: for groups of few channels and for padded kernels of more than 30
// taps along the axes together. Launch: one-dimensional grid of 256 threads with a grid-stride loop.
template <class T>
__device__ __forceinline__ void direct(const T* source, const T* weights, const float* bias, void* y,
                                       const Convolution& c) {
  long long size = static_cast<long long>(c.batch) * c.d.target * c.h.target * c.w.target * c.targetPitch;
  for (long long i = firstElement(); i < size; i += elementStride()) {
    int channel = static_cast<int>(i) % c.targetPitch, rest = static_cast<int>(i) / c.targetPitch;
    int tw = rest % c.w.target;
    rest /= c.w.target;
    int th = rest % c.h.target;
    rest /= c.h.target;
    int td = rest % c.d.target, n = rest / c.d.target;
    int group = channel / c.outputs;
    const T* from = source + group * c.channels;
    const T* w = weights + (group * c.weightGroup + channel % c.outputs * c.weightOutput);
    float sum = 0.f;
    for (int jd = 0; jd < c.d.kernel; jd++) {
      int sd = sourceIndex(c.d, c.transposed, td, jd);
      for (int jh = 0; sd >= 0 && jh < c.h.kernel; jh++) {
        int sh = sourceIndex(c.h, c.transposed, th, jh);
        for (int jw = 0; sh >= 0 && jw < c.w.kernel; jw++) {
          int sw = sourceIndex(c.w, c.transposed, tw, jw);
          if (sw < 0) continue;
          const T* x = from + static_cast<long long>(((n * c.d.source + sd) * c.h.source + sh) * c.w.source + sw) * c.sourcePitch;
          const T* v = w + ((jd * c.h.kernel + jh) * c.w.kernel + jw) * c.weightTap;
          for (int k = 0; k < c.channels; k++) sum = fmaf(load(x + k), load(v + k * c.weightChannel), sum);
        }
      }
    }
    if (bias != nullptr) sum += bias[channel];
    if (sizeof(T) == 2 && (c.flags & RESULT_BF16)) {
      store(static_cast<bf16*>(y) + i, sum);
    } else {
      static_cast<float*>(y)[i] = sum;
    }
  }
}

// Depthwise, one source channel for each target channel, no stride where transposed: a thread computes STRIP
// neighbouring voxels of one channel, channels fastest, and uses each weight STRIP times. With WINDOW = 3 (stride and
// dilation 1, three taps along the width) it reads the STRIP + 2 voxels under the strip once instead of
// 3 STRIP times.
constexpr int STRIP = 4;

template <class T, int WINDOW>
__device__ __forceinline__ void depthwise(const T* source, const T* weights, const float* bias, T* y,
                                          const Convolution& c) {
  int strips = (c.w.target + STRIP - 1) / STRIP, channels = c.targetPitch;
  long long size = static_cast<long long>(c.batch) * c.d.target * c.h.target * strips * channels;
  Phase d = phaseOf(c.d, c.transposed, 0), h = phaseOf(c.h, c.transposed, 0), w = phaseOf(c.w, c.transposed, 0);
  for (long long i = firstElement(); i < size; i += elementStride()) {
    int channel = static_cast<int>(i) % channels, rest = static_cast<int>(i) / channels;
    int tw = rest % strips * STRIP;
    rest /= strips;
    int th = rest % c.h.target;
    rest /= c.h.target;
    int td = rest % c.d.target, n = rest / c.d.target;
    float sum[STRIP] = {};
    int sw = tw * w.scale + w.first;
#pragma unroll 1
    for (int jd = 0; jd < d.taps; jd++) {
      int sd = td * d.scale + d.first + jd * d.delta;
      if (static_cast<unsigned>(sd) >= static_cast<unsigned>(c.d.source)) continue;
#pragma unroll 1
      for (int jh = 0; jh < h.taps; jh++) {
        int sh = th * h.scale + h.first + jh * h.delta;
        if (static_cast<unsigned>(sh) >= static_cast<unsigned>(c.h.source)) continue;
        const T* line = source + (static_cast<long long>((n * c.d.source + sd) * c.h.source + sh) * c.w.source * channels + channel);
        const T* v = weights + ((jd * c.h.kernel + jh) * c.w.kernel * channels + channel);
        if (WINDOW == 3) {
          // delta is 1 or, transposed, -1; the window starts at its lowest voxel.
          int low = w.delta > 0 ? sw : sw - 2;
          float x[STRIP + 2], f[3];
#pragma unroll
          for (int s = 0; s < STRIP + 2; s++) {
            bool valid = static_cast<unsigned>(low + s) < static_cast<unsigned>(c.w.source);
            x[s] = valid ? load(line + (low + s) * channels) : 0.f;
          }
#pragma unroll
          for (int j = 0; j < 3; j++) f[j] = load(v + (w.delta > 0 ? j : 2 - j) * channels);
#pragma unroll
          for (int s = 0; s < STRIP; s++)
#pragma unroll
            for (int j = 0; j < 3; j++) sum[s] = fmaf(x[s + j], f[j], sum[s]);
        } else {
#pragma unroll 1
          for (int jw = 0; jw < w.taps; jw++) {
            float f = load(v + jw * channels);
#pragma unroll
            for (int s = 0; s < STRIP; s++) {
              int at = sw + s * w.scale + jw * w.delta;
              if (static_cast<unsigned>(at) < static_cast<unsigned>(c.w.source)) {
                sum[s] = fmaf(load(line + at * channels), f, sum[s]);
              }
            }
          }
        }
      }
    }
    float b = bias == nullptr ? 0.f : bias[channel];
    T* to = y + (static_cast<long long>(((n * c.d.target + td) * c.h.target + th) * c.w.target + tw) * channels + channel);
#pragma unroll
    for (int s = 0; s < STRIP; s++) {
      if (tw + s < c.w.target) store(to + s * channels, sum[s] + b);
    }
  }
}

// Weight gradient where groups have few channels or the kernel is too long for the masks: lanes along the target's
// channels, the 8 warps of a block along the rows (n, d, h) of the target, 9 taps in registers. Block 32 x 8, grid
// (target channels / 32) * (taps / 9) * (source channels of a group) * splits; the warps' sums are added up in shared memory
// in order. y: float32 [split, tap, source channel of the group, target channel].
constexpr int TAPS = 9;

template <class T>
__device__ __forceinline__ void directWeights(const T* x, const T* dy, float* y, const Convolution& c) {
  __shared__ float part[8][32];
  int all = c.d.kernel * c.h.kernel * c.w.kernel, chunks = (all + TAPS - 1) / TAPS, blocks = (c.targetPitch + 31) / 32;
  int channel = blockIdx.x % blocks * 32 + threadIdx.x, z = blockIdx.x / blocks;
  int tap0 = z % chunks * TAPS;
  z /= chunks;
  int own = z % c.channels, split = z / c.channels;
  int sourceChannel = channel / c.outputs * c.channels + own;
  bool there = channel < c.targetPitch;
  int lines = c.batch * c.d.target * c.h.target, each = (lines + c.splits - 1) / c.splits;
  int end = min(lines, (split + 1) * each);
  float sum[TAPS] = {};
  for (int line = split * each + threadIdx.y; there && line < end; line += 8) {
    int th = line % c.h.target, td = line / c.h.target % c.d.target, n = line / c.h.target / c.d.target;
    const T* g = dy + (static_cast<long long>(line) * c.w.target * c.targetPitch + channel);
    int from[TAPS];  // element of x under the row's first voxel, or -1 where tap and row meet padding
    int shift[TAPS];
#pragma unroll
    for (int j = 0; j < TAPS; j++) {
      int tap = tap0 + j, jw = tap % c.w.kernel, jh = tap / c.w.kernel % c.h.kernel, jd = tap / c.w.kernel / c.h.kernel;
      int sd = sourceIndex(c.d, 0, td, jd), sh = sourceIndex(c.h, 0, th, jh);
      bool valid = tap < all && sd >= 0 && sh >= 0;
      from[j] = valid ? ((n * c.d.source + sd) * c.h.source + sh) * c.w.source * c.sourcePitch + sourceChannel : -1;
      shift[j] = jw * c.w.dilation - c.w.pad;
    }
    for (int tw = 0; tw < c.w.target; tw++) {
      float v = load(g + tw * c.targetPitch);
#pragma unroll
      for (int j = 0; j < TAPS; j++) {
        int sw = tw * c.w.stride + shift[j];
        if (from[j] >= 0 && static_cast<unsigned>(sw) < static_cast<unsigned>(c.w.source)) {
          sum[j] = fmaf(load(x + (from[j] + sw * c.sourcePitch)), v, sum[j]);
        }
      }
    }
  }
#pragma unroll 1
  for (int j = 0; j < TAPS; j++) {
    float mine = 0.f;
#pragma unroll
    for (int i = 0; i < TAPS; i++) mine = i == j ? sum[i] : mine;
    part[threadIdx.y][threadIdx.x] = mine;
    __syncthreads();
    if (threadIdx.y == 0 && there && tap0 + j < all) {
      float total = 0.f;
#pragma unroll
      for (int w = 0; w < 8; w++) total += part[w][threadIdx.x];
      y[((static_cast<long long>(split) * all + tap0 + j) * c.channels + own) * c.targetPitch + channel] = total;
    }
    __syncthreads();
  }
}

// y[b, j, i] = x[b, i, j], x [batch, rows, columns]. Block 32 x 8, grid (columns / 32, rows / 32, batch) with a stride.
template <class T>
__device__ __forceinline__ void swapLast(const T* x, T* y, int batch, int rows, int columns) {
  __shared__ T tile[32][33];
  for (int b = blockIdx.z; b < batch; b += gridDim.z) {
    const T* from = x + static_cast<long long>(b) * rows * columns;
    T* to = y + static_cast<long long>(b) * rows * columns;
    int column = blockIdx.x * 32 + threadIdx.x, row = blockIdx.y * 32 + threadIdx.y;
    for (int i = 0; i < 32; i += 8) {
      if (column < columns && row + i < rows) tile[threadIdx.y + i][threadIdx.x] = from[(row + i) * columns + column];
    }
    __syncthreads();
    row = blockIdx.y * 32 + threadIdx.x;
    column = blockIdx.x * 32 + threadIdx.y;
    for (int i = 0; i < 32; i += 8) {
      if (row < rows && column + i < columns) to[(column + i) * rows + row] = tile[threadIdx.x][threadIdx.y + i];
    }
    __syncthreads();
  }
}

#define DIRECT(NAME, T)                                                                                              \
  extern "C" __global__ void __launch_bounds__(256)                                                                  \
      conv_direct_##NAME(const T* source, const T* weights, const float* bias, void* y,                              \
                         const __grid_constant__ Convolution c) {                                                    \
    direct(source, weights, bias, y, c);                                                                             \
  }                                                                                                                  \
  extern "C" __global__ void __launch_bounds__(256)                                                                  \
      conv_depthwise_##NAME(const T* source, const T* weights, const float* bias, T* y,                              \
                            const __grid_constant__ Convolution c) {                                                 \
    depthwise<T, 0>(source, weights, bias, y, c);                                                                    \
  }                                                                                                                  \
  extern "C" __global__ void __launch_bounds__(256)                                                                  \
      conv_depthwise3_##NAME(const T* source, const T* weights, const float* bias, T* y,                             \
                             const __grid_constant__ Convolution c) {                                                \
    depthwise<T, 3>(source, weights, bias, y, c);                                                                    \
  }                                                                                                                  \
  extern "C" __global__ void __launch_bounds__(256)                                                                  \
      conv_directweights_##NAME(const T* x, const T* dy, float* y, const __grid_constant__ Convolution c) {       \
    directWeights(x, dy, y, c);                                                                                   \
  }                                                                                                                  \
  extern "C" __global__ void __launch_bounds__(256)                                                                  \
      conv_swap_##NAME(const T* x, T* y, int batch, int rows, int columns) {                                         \
    swapLast(x, y, batch, rows, columns);                                                                            \
  }
DIRECT(f32, float)
DIRECT(bf16, bf16)
