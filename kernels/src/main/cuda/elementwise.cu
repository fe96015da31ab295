// Pointwise functions of one tensor, y[i] = f(x[i]), and their gradients, y[i] = f(a[i], b[i]).
//
// Layout: contiguous, all of one shape. Launch: one-dimensional grid-stride loop of 256 threads, at most as
// many blocks as the device holds at once; each thread moves 16 bytes per step ("packs"), then the elements
// after the last whole pack one by one. No shared memory. Bound by memory: bytes read and written once.
//
// exp, log, erf and tanh are CUDA's functions of full float accuracy; where the storage is bf16, whose
// rounding of 2^-9 hides it, the normal distribution is the formula 7.1.26 of Abramowitz and Stegun, which
// shares one exponential between the distribution and its density (a third of the instructions of erff).
#include "common/pack.cuh"

template <typename T, typename F>
__device__ __forceinline__ void map(const T* __restrict__ x, T* __restrict__ y, int n, int packs, F f) {
  const int size = Pack<T>::size;
  for (unsigned i = thread0(); i < packs; i += threads()) {
    float v[size];
    loadPack(x + i * size, v);
#pragma unroll
    for (int k = 0; k < size; k++) v[k] = f(v[k]);
    storePack(y + i * size, v);
  }
#pragma unroll 1
  for (unsigned i = packs * size + thread0(); i < n; i += threads()) store(y + i, f(load(x + i)));
}

template <typename T, typename F>
__device__ __forceinline__ void map(
    const T* __restrict__ a, const T* __restrict__ b, T* __restrict__ y, int n, int packs, F f) {
  const int size = Pack<T>::size;
  for (unsigned i = thread0(); i < packs; i += threads()) {
    float u[size], v[size];
    loadPack(a + i * size, u);
    loadPack(b + i * size, v);
#pragma unroll
    for (int k = 0; k < size; k++) u[k] = f(u[k], v[k]);
    storePack(y + i * size, u);
  }
#pragma unroll 1
  for (unsigned i = packs * size + thread0(); i < n; i += threads()) store(y + i, f(load(a + i), load(b + i)));
}

__device__ __forceinline__ float sigmoid(float x) { return __fdividef(1.f, 1.f + expf(-x)); }

struct Affine {
  float scale, shift;
  __device__ float operator()(float x) const { return x * scale + shift; }
};
struct Exp {
  __device__ float operator()(float x) const { return expf(x); }
};
struct Log {
  __device__ float operator()(float x) const { return logf(x); }
};
struct Sqrt {
  __device__ float operator()(float x) const { return sqrtf(x); }
};
struct Square {
  __device__ float operator()(float x) const { return x * x; }
};
struct Sigmoid {
  __device__ float operator()(float x) const { return sigmoid(x); }
};
struct Tanh {
  __device__ float operator()(float x) const { return tanhf(x); }
};
struct Silu {
  __device__ float operator()(float x) const { return x * sigmoid(x); }
  __device__ float operator()(float x, float g) const {
    float s = sigmoid(x);
    return g * s * (1.f + x * (1.f - s));
  }
};
// Written so that NaN stays NaN, unlike fmaxf and fminf.
struct LeakyRelu {
  float slope;
  __device__ float operator()(float x) const { return x > 0.f ? x : slope * x; }
  __device__ float operator()(float g, float x) const { return x > 0.f ? g : slope * g; }
};
struct Clamp {
  float low, high;
  __device__ float operator()(float x) const { return x < low ? low : x > high ? high : x; }
  __device__ float operator()(float g, float x) const { return x >= low && x <= high ? g : 0.f; }
};

// Phi(x) and its density.
template <typename T>
struct Normal;

template <>
struct Normal<float> {
  float x;
  __device__ float below() const { return 0.5f + 0.5f * erff(x * 0.70710678f); }
  __device__ float density() const { return 0.39894228f * expf(-0.5f * x * x); }
};

template <>
struct Normal<bf16> {
  float x, bell;
  __device__ explicit Normal(float v) : x(v), bell(__expf(-0.5f * v * v)) {}
  __device__ float below() const {
    float t = __fdividef(1.f, 1.f + 0.3275911f * 0.70710678f * fabsf(x));
    float p = 0.254829592f + t * (-0.284496736f + t * (1.421413741f + t * (-1.453152027f + t * 1.061405429f)));
    float tail = 0.5f * p * t * bell;
    return x > 0.f ? 1.f - tail : tail;
  }
  __device__ float density() const { return 0.39894228f * bell; }
};

template <typename T>
struct Gelu {
  __device__ float operator()(float x) const { return x * Normal<T>{x}.below(); }
  __device__ float operator()(float x, float g) const {
    Normal<T> normal{x};
    return g * (normal.below() + x * normal.density());
  }
};

// (1 + tanh(u)) / 2 is sigmoid(2 u): one exponential and one division.
struct GeluTanh {
  static constexpr float linear = 2.f * 0.79788456f;
  static constexpr float cubic = linear * 0.044715f;
  __device__ float operator()(float x) const { return x * sigmoid(x * (linear + cubic * x * x)); }
  __device__ float operator()(float x, float g) const {
    float s = sigmoid(x * (linear + cubic * x * x));
    return g * (s + x * s * (1.f - s) * (linear + 3.f * cubic * x * x));
  }
};

#define UNARY_OF(type, suffix, name, function, ...)                                                               \
  extern "C" __global__ void elementwise_##name##_##suffix(                                                       \
      const type* __restrict__ x, type* __restrict__ y, int n, int packs, ##__VA_ARGS__) {                        \
    typedef type T;                                                                                               \
    map<T>(x, y, n, packs, function);                                                                             \
  }
#define UNARY(name, function, ...)                         \
  UNARY_OF(float, f32, name, function, ##__VA_ARGS__)      \
  UNARY_OF(bf16, bf16, name, function, ##__VA_ARGS__)

#define BINARY_OF(type, suffix, name, function, ...)                                                              \
  extern "C" __global__ void elementwise_##name##_##suffix(                                                       \
      const type* __restrict__ a, const type* __restrict__ b, type* __restrict__ y, int n, int packs,             \
      ##__VA_ARGS__) {                                                                                            \
    typedef type T;                                                                                               \
    map<T>(a, b, y, n, packs, function);                                                                          \
  }
#define BINARY(name, function, ...)                        \
  BINARY_OF(float, f32, name, function, ##__VA_ARGS__)     \
  BINARY_OF(bf16, bf16, name, function, ##__VA_ARGS__)

UNARY(affine, (Affine{scale, shift}), float scale, float shift)
UNARY(exp, Exp())
UNARY(log, Log())
UNARY(sqrt, Sqrt())
UNARY(square, Square())
UNARY(sigmoid, Sigmoid())
UNARY(tanh, Tanh())
UNARY(silu, Silu())
UNARY(gelu, Gelu<T>())
UNARY(gelutanh, GeluTanh())
UNARY(leakyrelu, LeakyRelu{slope}, float slope)
UNARY(clamp, (Clamp{low, high}), float low, float high)

// Of x and the incoming gradient.
BINARY(silugrad, Silu())
BINARY(gelugrad, Gelu<T>())
BINARY(gelutanhgrad, GeluTanh())
// Of the incoming gradient and x.
BINARY(leakyrelugrad, LeakyRelu{slope}, float slope)
BINARY(clampgrad, (Clamp{low, high}), float low, float high)
