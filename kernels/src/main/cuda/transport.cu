// Entropic partial optimal transport, a batch of problems, its implicit gradient, and its costs.
//
//   P = argmin <P,C> + eps * sum P log P   s.t.  P1 <= a, P^T 1 <= b, 1^T P 1 = mass, P >= 0
//   P_ij = exp(-C_ij/eps + f_i + g_j + c),  f <= 0, g <= 0
//
// One thread block solves one problem from start to end; a block that is done takes the next. Block coordinate ascent on
// the dual in the log domain (Benamou et al. 2015, section 5), each block of unknowns to its maximum, with projected
// Newton steps on the active potentials where sweeps are slow; the same steps in the same order as the engine's
// PartialTransport, where they are explained.
//
// Double precision, because the fixed point is met to the last digits only as the sums are: where costs are aligned, sweeps
// contract by 0.9999 and float32's rounding of a sum (1e-7) would be an error of 1e-3 in the plan, and Newton's system is
// as ill-conditioned. Sums, multipliers, potentials and the linear system are double; the kernel matrix exp(...) is double
// where that fits, float32 beyond: rounding it once is a change of the costs in their own last digit.
//
// Where things are, decided by the engine (TransportLayout) by the shared memory that the device gives a block, for the largest square
// problems that fit with 99 KiB (compute capability 8.6, 8.9, 12.x), 163 KiB (8.0) and 227 KiB (9.0, 10.0):
//
//   in shared memory                         bytes                99 KiB  163 KiB  227 KiB  kernel
//   vectors, kernel matrix in double, cost   12 B^2 + 244 B            81      107      128  transport_solve_f32
//   vectors, kernel matrix in float, cost     8 B^2 + 244 B            97      128      155  transport_solve_compact_f32
//   vectors, cost                             4 B^2 + 244 B           129      174      211  transport_solve_computed_f32
//   cost                                      4 B^2                   157      203      240  transport_solve_computed_f32
//   vectors                                   244 B                   any, until those go to scratch too: transport_solve_compact_f32
//
// to which 8 bytes for each thread are added, and Newton's matrix of 8 (B+1)^2 where that fits as well (64, 84, 100). In all rows but the
// last the cost is read from its tensor once. What is not in shared memory is in scratch, one slot for each resident block, which the
// second-level cache holds.
//
// Where the cost is all that fits, an entry of the kernel matrix is computed at each use, as exp of the same sum as elsewhere but to a
// float's precision: three conversions and a special function where a stored entry takes one conversion, but no traffic beyond the
// block. Newton steps, which use each entry B times, first put them into scratch.
//
// In the last row the kernel matrix is streamed from scratch, 4 bytes for each pair in each pass, and the cost is read three times: for
// its bounds, for the kernel matrix, for the plan; and once more each time that multipliers outgrow float's range or epsilon is
// lowered. Fewer would need the bounds before the first pass.
//
// 256 x 256 float32 costs are 256 KiB, more than any block has (227), vectors (63 KiB) or no. What was weighed: the part beyond
// 240 x 240 in registers, 31 for each of 256 threads, but the solver takes 240 of the 255 there are; costs in 24-bit fixed point for each
// row (192 KiB), where one very large entry in a row, as marks a forbidden pair, would take the others' digits; costs in bf16, an error
// of 1e-2 in the plan; a cluster of two blocks, each with half the rows in its shared memory: fits, on 9.0 and later only, with two
// cluster barriers for each sweep, and what that gains over the second-level cache only a GPU can tell.
// Launch: 32 to 256 threads; grid.x = number of slots.
#include "common/transport_solver.cuh"

extern __shared__ __align__(16) unsigned char memory[];

// Sizes and places. shared* says which parts are in shared memory.
struct TransportPlan {
  int problems, n, m, maxIterations;
  int sharedVectors, sharedKernel, sharedCost, sharedUpper;
};

// Where one problem's operands are.
struct TransportTensors {
  const float *cost, *a, *b;
  float *plan, *logPlan, *f, *g, *c, *report;
};

#define SMALLEST_FLOAT 1.17549435e-38f

// Rounds to float without losing that the potential is active.
__device__ __forceinline__ float negative(double p) { return p < 0 ? fminf(static_cast<float>(p), -SMALLEST_FLOAT) : 0.f; }

// Copies a marginal, 1/n without one; returns its sum, or NaN where an entry is not positive and finite.
__device__ __forceinline__ double marginal(const float* from, double* to, int n) {
  bool good = true;
  double sum = 0;
  for (int i = threadIdx.x % 32; i < n; i += 32) {
    double p = from == nullptr ? 1.0 / n : from[i];
    good = good && p > 0 && p < INF;
    sum += p;
    if (mine(i)) to[i] = p;
  }
  sum = across(sum);
  return __all_sync(0xffffffffu, good) ? sum : CUDART_NAN;
}

template <typename S>
__device__ __forceinline__ void writeSolution(S& x, const TransportTensors& o, bool good) {
  int n = x.n, m = x.m;
  double spoil = good ? 0 : CUDART_NAN;
  for (int i = threadIdx.x / 32; i < n; i += blockDim.x / 32) {
    for (int j = threadIdx.x % 32; j < m; j += 32) {
      double l = good ? x.exponent(i, j) : spoil;
      o.logPlan[i * m + j] = static_cast<float>(l);
      o.plan[i * m + j] = static_cast<float>(exp(l));
    }
  }
  for (int i = threadIdx.x; i < n; i += blockDim.x) o.f[i] = good ? negative(x.alpha[i]) : CUDART_NAN_F;
  for (int j = threadIdx.x; j < m; j += blockDim.x) o.g[j] = good ? negative(x.beta[j]) : CUDART_NAN_F;
  if (threadIdx.x == 0) {
    *o.c = static_cast<float>(good ? x.gamma : spoil);
    o.report[0] = good ? x.iterations : 0;
    o.report[1] = good ? x.newtonSteps : 0;
    o.report[2] = static_cast<float>(good ? x.violation : spoil);
  }
}

// Problems that the CPU refuses (a cost that is not finite, a marginal that is not positive, more mass than a marginal
// holds) get NaN: a kernel cannot complain.
template <typename S>
__device__ __forceinline__ void solveOne(S& x, float* sharedCost, const TransportTensors& o, double mass, double tolerance) {
  int n = x.n, m = x.m;
  double low = INF, high = -INF;
  for (int i = threadIdx.x / 32; i < n; i += blockDim.x / 32) {
    double least = INF;
    for (int j = threadIdx.x % 32; j < m; j += 32) {
      float c = o.cost[i * m + j];
      if (sharedCost != nullptr) sharedCost[i * m + j] = c;
      bool finite = c - c == 0;
      least = fmin(least, finite ? c : -INF);
      high = fmax(high, finite ? c : INF);
    }
    least = acrossMin(least);
    low = fmin(low, least);
    if (threadIdx.x % 32 == 0) x.s[i] = least;
  }
  high = acrossMax(high);
  int warps = blockDim.x / 32;
  if (threadIdx.x % 32 == 0) x.parts[threadIdx.x / 32] = low, x.parts[warps + threadIdx.x / 32] = high;
  double sumA = marginal(o.a, x.a, n), sumB = marginal(o.b, x.b, m);
  __syncthreads();
  for (int i = 0; i < warps; i++) low = fmin(low, x.parts[i]), high = fmax(high, x.parts[warps + i]);
  double limit = fmin(sumA, sumB);
  bool good = high - low < INF && mass <= limit * (1 + 1e-6) && sumA > 0 && sumB > 0;
  x.cost = sharedCost != nullptr ? sharedCost : o.cost;
  x.mass = fmin(mass, limit);
  x.rowsFree = x.mass >= sumA * (1 - 1e-6);
  x.columnsFree = x.mass >= sumB * (1 - 1e-6);
  for (int i = threadIdx.x; i < n && x.rowsFree; i += blockDim.x) x.a[i] *= x.mass / sumA;
  for (int j = threadIdx.x; j < m && x.columnsFree; j += blockDim.x) x.b[j] *= x.mass / sumB;
  __syncthreads();
  if (good) x.solve(tolerance, low, high);
  writeSolution(x, o, good);
  __syncthreads();
}

template <typename K, bool HELD>
__device__ __forceinline__ void solve(TransportTensors o, unsigned char* scratch, long long slot, const TransportPlan& p, double epsilon,
                                      double mass, double tolerance) {
  Solver<K, HELD> x;
  x.n = p.n;
  x.m = p.m;
  x.epsilon = epsilon;
  x.maxIterations = p.maxIterations;
  Places places = {memory, scratch + blockIdx.x * slot};
  x.place(places, p.sharedVectors, p.sharedUpper);
  long long pairs = static_cast<long long>(p.n) * p.m;
  x.k = reinterpret_cast<K*>(places.take(p.sharedKernel, pairs * sizeof(K)));
  float* cost = p.sharedCost ? reinterpret_cast<float*>(places.take(true, pairs * 4)) : nullptr;
  for (int i = blockIdx.x; i < p.problems; i += gridDim.x) {
    TransportTensors at = {o.cost + i * pairs,
                           o.a == nullptr ? o.a : o.a + static_cast<long long>(i) * p.n,
                           o.b == nullptr ? o.b : o.b + static_cast<long long>(i) * p.m,
                           o.plan + i * pairs,
                           o.logPlan + i * pairs,
                           o.f + static_cast<long long>(i) * p.n,
                           o.g + static_cast<long long>(i) * p.m,
                           o.c + i,
                           o.report + 3LL * i};
    solveOne(x, cost, at, mass, tolerance);
  }
}

#define SOLVE(NAME, K, HELD)                                                                                                       \
  extern "C" __global__ void __launch_bounds__(256, 1) NAME(                                                                       \
      const float* cost, const float* a, const float* b, float* plan, float* logPlan, float* f, float* g, float* c, float* report, \
      unsigned char* scratch, long long slot, const __grid_constant__ TransportPlan p, double epsilon, double mass,                \
      double tolerance) {                                                                                                          \
    solve<K, HELD>({cost, a, b, plan, logPlan, f, g, c, report}, scratch, slot, p, epsilon, mass, tolerance);                      \
  }
SOLVE(transport_solve_f32, double, true)
SOLVE(transport_solve_compact_f32, float, true)
SOLVE(transport_solve_computed_f32, float, false)

// Implicit gradient: G = dL/dplan o plan + dL/dlogPlan, (A^T diag(plan) A) lambda = A^T G over the active potentials and the
// mass, dL/dC = -(G - plan o (A lambda)) / epsilon. The plan is kept in shared memory where it fits (sharedCost).
struct Weighted {
  const float *plan, *ofPlan, *ofLog;  // either gradient may be null

  __device__ __forceinline__ double operator()(long long i) const {
    double g = ofPlan == nullptr ? 0 : static_cast<double>(ofPlan[i]) * plan[i];
    return ofLog == nullptr ? g : g + ofLog[i];
  }
};

struct GradientVectors {
  double *rowH, *rowSum, *rowActive, *ones, *columnH, *columnActive;
};

__device__ __forceinline__ void gradientOne(ActiveSystem<float>& system, const GradientVectors& v, const Weighted& g, const float* f,
                                            const float* columnPotentials, float* out, double epsilon) {
  int n = system.n, m = system.m;
  for (int i = threadIdx.x / 32; i < n; i += blockDim.x / 32) {
    double h = 0, sum = 0;
    for (int j = threadIdx.x % 32; j < m; j += 32) {
      h += g(static_cast<long long>(i) * m + j);
      sum += g.plan[i * m + j];
    }
    h = across(h);
    sum = across(sum);
    if (threadIdx.x % 32 == 0) {
      v.rowH[i] = h;
      v.rowSum[i] = sum;
      v.rowActive[i] = f[i] < 0 ? 1 : 0;
    }
  }
  for (int j = threadIdx.x; j < m; j += blockDim.x) {
    double h = 0;
    for (int i = 0; i < n; i++) h += g(static_cast<long long>(i) * m + j);
    v.columnH[j] = h;
    v.columnActive[j] = columnPotentials[j] < 0 ? 1 : 0;
  }
  __syncthreads();
  double massX = system.solve(v.rowH, v.columnH, total(v.rowH, n));
  for (int i = threadIdx.x / 32; i < n; i += blockDim.x / 32) {
    double x = system.rowX[i] + massX;
    for (int j = threadIdx.x % 32; j < m; j += 32) {
      double held = g.plan[i * m + j] * (x + system.columnX[j]);
      out[i * m + j] = static_cast<float>((held - g(static_cast<long long>(i) * m + j)) / epsilon);
    }
  }
  __syncthreads();
}

extern "C" __global__ void __launch_bounds__(256, 1)
    transport_gradient_f32(const float* plan, const float* f, const float* g, const float* ofPlan, const float* ofLog, float* out,
                           unsigned char* scratch, long long slot, const __grid_constant__ TransportPlan p, double epsilon) {
  Places places = {memory, scratch + blockIdx.x * slot};
  ActiveSystem<float> system;
  system.place(places, p.sharedVectors, p.sharedUpper, p.n, p.m);
  GradientVectors v;
  v.rowH = places.doubles(p.sharedVectors, p.n);
  v.rowSum = places.doubles(p.sharedVectors, p.n);
  v.rowActive = places.doubles(p.sharedVectors, p.n);
  v.columnH = places.doubles(p.sharedVectors, p.m);
  v.columnActive = places.doubles(p.sharedVectors, p.m);
  v.ones = places.doubles(p.sharedVectors, max(p.n, p.m));
  for (int i = threadIdx.x; i < max(p.n, p.m); i += blockDim.x) v.ones[i] = 1;
  system.row = system.column = v.ones;
  system.rowSum = v.rowSum;
  system.rowActive = v.rowActive;
  system.columnActive = v.columnActive;
  long long pairs = static_cast<long long>(p.n) * p.m;
  float* held = p.sharedCost ? reinterpret_cast<float*>(places.take(true, pairs * 4)) : nullptr;
  for (int i = blockIdx.x; i < p.problems; i += gridDim.x) {
    Weighted w = {plan + i * pairs, ofPlan == nullptr ? ofPlan : ofPlan + i * pairs, ofLog == nullptr ? ofLog : ofLog + i * pairs};
    if (held != nullptr) {
      for (int j = threadIdx.x; j < pairs; j += blockDim.x) held[j] = w.plan[j];
      w.plan = held;
    }
    __syncthreads();
    system.x = {w.plan, p.m};
    gradientOne(system, v, w, f + static_cast<long long>(i) * p.n, g + static_cast<long long>(i) * p.m, out + i * pairs, epsilon);
  }
}
