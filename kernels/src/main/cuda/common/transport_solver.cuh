// Solves one entropic partial transport problem in one thread block; see transport.cu for the problem and the precision,
// and the engine's PartialTransport for the algorithm, which this follows step by step.
#pragma once
#include "common/transport.cuh"
#include <math_constants.h>

#define INF CUDART_INF
#define LIMIT 1e150
#define FIRST_NEWTON 8
#define NEWTON_WORTH 24
#define ROUNDING 1e-13
#define COOLING 4.0
#define COOLING_SWEEPS 60
#define PIN_ROUNDS 12

__device__ __forceinline__ double bounded(double value, double cap) { return fmax(1 / LIMIT, fmin(fmin(value, cap), LIMIT)); }

// exp(x) with the precision of a float, for x whose own rounding as a float would be felt: only the fraction of the power of two is
// taken in single precision. Zero below the smallest normal float.
__device__ __forceinline__ float shortExp(double x) {
  double y = x * 1.4426950408889634074;
  double whole = rint(y);
  float part = exp2f(static_cast<float>(y - whole));
  int n = min(static_cast<int>(whole), 127);
  return n < -126 ? 0.f : part * __int_as_float((n + 127) << 23);
}

// Entries of a kernel matrix that is in no memory: computed from the costs at each use, always with the same bits.
struct Computed {
  const float* cost;
  const double *alpha, *beta;
  double gamma, scale;
  int m;

  __device__ __forceinline__ double operator()(int i, int j) const {
    return shortExp(-cost[i * m + j] * scale + (alpha[i] + gamma) + beta[j]);
  }
};

// K: how the kernel matrix is stored. Without HELD it is not: sweeps compute its entries, and k is where Newton steps, which use each
// entry many times, put them.
template <typename K, bool HELD>
struct Solver {
  int n, m, maxIterations;
  const float* cost;
  K* k;
  double *u, *s, *capU, *alpha, *a, *nextU, *rowH, *rowShift, *rowRhs, *rowSum, *rowActive;
  double *v, *t, *capV, *beta, *b, *nextV, *columnH, *columnShift, *columnRhs, *columnActive, *columnWork;
  double* parts;
  ActiveSystem<K> system;
  double epsilon, scale, mass, gamma, w, violation;  // scale: 1 / (epsilon * heat)
  bool rowsFree, columnsFree;
  int iterations, newtonSteps;

  // Multipliers beyond this are moved into the potentials, before float entries of the kernel that underflowed matter.
  __device__ static constexpr double absorbAt() { return sizeof(K) == 8 ? 1e50 : 1e8; }
  // Range of cost / epsilon from which on epsilon is lowered in steps.
  __device__ static constexpr double wide() { return sizeof(K) == 8 ? 200 : 80; }

  __device__ __forceinline__ void place(Places& p, bool inShared, bool upperShared) {
    double** rows[] = {&u, &s, &capU, &alpha, &a, &nextU, &rowH, &rowShift, &rowRhs, &rowSum, &rowActive};
    double** columns[] = {&v, &t, &capV, &beta, &b, &nextV, &columnH, &columnShift, &columnRhs, &columnActive, &columnWork};
#pragma unroll
    for (int i = 0; i < 11; i++) {
      *rows[i] = reinterpret_cast<double*>(p.take(inShared, n * 8LL));
      *columns[i] = reinterpret_cast<double*>(p.take(inShared, m * 8LL));
    }
    system.place(p, inShared, upperShared, n, m);
    parts = system.parts;
  }

  __device__ __forceinline__ Stored<K> stored() const { return {k, m}; }

  __device__ __forceinline__ auto entries() const {
    if constexpr (HELD) {
      return stored();
    } else {
      return Computed{cost, alpha, beta, gamma, scale, m};
    }
  }

  // ---- one sweep

  // The multiplier at which sum_i min(bound_i, w cap_i s_i) is the mass: Newton from the left on a concave piecewise linear
  // function, which ends in finitely many steps.
  __device__ __forceinline__ double massMultiplier(const double* sums, const double* cap, const double* bound, int count) const {
    double next = 0;
    for (int round = 0; round <= count; round++) {
      double full = 0, slope = 0;
      for (int i = threadIdx.x % 32; i < count; i += 32) {
        double open = sums[i] > 0 ? cap[i] * sums[i] : 0;
        bool is = next * open >= bound[i];
        full += is ? bound[i] : 0;
        slope += is ? 0 : open;
      }
      full = across(full);
      slope = across(slope);
      double w1 = bounded((mass - full) / slope, LIMIT);
      if (!(w1 > next)) break;
      next = w1;
    }
    return next;
  }

  // Rows and mass together, then columns and mass together; returns the largest relative change of a row sum.
  __device__ __forceinline__ double sweep() {
    bool held = !rowsFree && !columnsFree;
    rowPass(entries(), n, m, v, s);
    double before = w, worst = 0;
    if (held) w = massMultiplier(s, capU, a, n);
    for (int i = threadIdx.x % 32; i < n; i += 32) {
      double next = bounded(a[i] / (s[i] * w), capU[i]);
      worst = fmax(worst, s[i] * fabs(next * w - u[i] * before) / a[i]);
      if (mine(i)) nextU[i] = next;
    }
    worst = acrossMax(worst);
    __syncthreads();
    double* swap = u;
    u = nextU;
    nextU = swap;
    columnPass(entries(), n, m, u, t, parts);
    if (held) w = massMultiplier(t, capV, b, m);
    for (int j = threadIdx.x; j < m; j += blockDim.x) v[j] = bounded(b[j] / (t[j] * w), capV[j]);
    __syncthreads();
    return worst;
  }

  __device__ __forceinline__ bool outgrown() const {
    double low = w, high = w;
    for (int i = threadIdx.x % 32; i < n; i += 32) low = fmin(low, u[i]), high = fmax(high, u[i]);
    for (int j = threadIdx.x % 32; j < m; j += 32) low = fmin(low, v[j]), high = fmax(high, v[j]);
    return acrossMin(low) < 1 / absorbAt() || acrossMax(high) > absorbAt();
  }

  // Moves the multipliers into the potentials.
  __device__ __forceinline__ void absorb() {
    __syncthreads();
    for (int i = threadIdx.x; i < n; i += blockDim.x) {
      alpha[i] = u[i] == capU[i] ? 0 : alpha[i] + log(u[i]);
      u[i] = 1;
    }
    for (int j = threadIdx.x; j < m; j += blockDim.x) {
      beta[j] = v[j] == capV[j] ? 0 : beta[j] + log(v[j]);
      v[j] = 1;
    }
    gamma += log(w);
    w = 1;
    __syncthreads();
  }

  __device__ __forceinline__ double exponent(int i, int j) const {
    return -cost[i * m + j] * scale + (alpha[i] + gamma) + beta[j];
  }

  __device__ __forceinline__ void kernel() {
    if constexpr (HELD) {
      for (int i = threadIdx.x / 32; i < n; i += blockDim.x / 32) {
        for (int j = threadIdx.x % 32; j < m; j += 32) k[i * m + j] = static_cast<K>(exp(exponent(i, j)));
      }
    }
    for (int i = threadIdx.x; i < n; i += blockDim.x) capU[i] = rowsFree ? INF : exp(-alpha[i]);
    for (int j = threadIdx.x; j < m; j += blockDim.x) capV[j] = columnsFree ? INF : exp(-beta[j]);
    __syncthreads();
  }

  // ---- Newton steps

  // Puts what sweeps compute into memory.
  __device__ __forceinline__ void keepEntries() {
    if constexpr (!HELD) {
      auto x = entries();
      for (int i = threadIdx.x / 32; i < n; i += blockDim.x / 32) {
        for (int j = threadIdx.x % 32; j < m; j += 32) k[i * m + j] = static_cast<K>(x(i, j));
      }
      __syncthreads();
    }
  }

  // Fills the dual's gradient and the active sets; returns the plan's mass.
  __device__ __forceinline__ double residuals() {
    rowPass(stored(), n, m, v, s);
    columnPass(stored(), n, m, u, t, parts);
    double sum = 0;
    for (int i = threadIdx.x % 32; i < n; i += 32) sum += s[i] * w * u[i];
    for (int i = threadIdx.x; i < n; i += blockDim.x) {
      double r = s[i] * w * u[i];
      rowSum[i] = r;
      rowH[i] = a[i] - r;
      rowActive[i] = u[i] < capU[i] || a[i] - r < 0 ? 1 : 0;
      rowShift[i] = 0;
      rowRhs[i] = a[i] - r;
      // The plan's factor of row i; nextU is free between sweeps.
      nextU[i] = u[i] * w;
    }
    for (int j = threadIdx.x; j < m; j += blockDim.x) {
      double h = b[j] - t[j] * w * v[j];
      columnH[j] = h;
      columnActive[j] = v[j] < capV[j] || h < 0 ? 1 : 0;
      columnShift[j] = 0;
      columnRhs[j] = h;
    }
    __syncthreads();
    return across(sum);
  }

  // Deactivates potentials that d would carry above zero and sends them to zero exactly; returns how many.
  __device__ __forceinline__ int pin(const double* p, const double* cap, const double* d, double* active, double* shift, int count) {
    double pinned = 0;
    for (int i = threadIdx.x % 32; i < count; i += 32) {
      if (active[i] != 0 && p[i] * exp(d[i]) > cap[i] * (1 + 1e-12)) pinned += 1;
    }
    pinned = across(pinned);
    __syncthreads();
    for (int i = threadIdx.x; i < count; i += blockDim.x) {
      if (active[i] != 0 && p[i] * exp(d[i]) > cap[i] * (1 + 1e-12)) {
        active[i] = 0;
        shift[i] = log(cap[i] / p[i]);
      }
    }
    __syncthreads();
    return static_cast<int>(pinned);
  }

  // Newton's direction within the bounds; returns the mass' part.
  __device__ __forceinline__ double direction(double now) {
    system.x = stored();
    system.row = nextU;
    system.column = v;
    system.rowSum = rowSum;
    system.rowActive = rowActive;
    system.columnActive = columnActive;
    double massX = 0, massRhs = mass - now;
    for (int round = 0; round < PIN_ROUNDS; round++) {
      massX = system.solve(rowRhs, columnRhs, massRhs);
      int pinned = pin(u, capU, system.rowX, rowActive, rowShift, n) + pin(v, capV, system.columnX, columnActive, columnShift, m);
      if (pinned == 0) break;
      if (round == PIN_ROUNDS - 1) break;
      // What the pinned ones change in the equations of the others.
      massRhs = mass - now;
      double held = 0;
      for (int i = threadIdx.x % 32; i < n; i += 32) held += rowShift[i] * rowSum[i];
      for (int j = threadIdx.x % 32; j < m; j += 32) held += columnShift[j] * (t[j] * w * v[j]);
      massRhs -= across(held);
      for (int j = threadIdx.x; j < m; j += blockDim.x) columnWork[j] = v[j] * columnShift[j];
      __syncthreads();
      rowPass(stored(), n, m, columnWork, rowRhs);
      for (int i = threadIdx.x; i < n; i += blockDim.x) rowRhs[i] = rowH[i] - nextU[i] * rowRhs[i];
      // rowX is free until the next solution.
      for (int i = threadIdx.x; i < n; i += blockDim.x) system.rowX[i] = nextU[i] * rowShift[i];
      __syncthreads();
      columnPass(stored(), n, m, system.rowX, columnRhs, parts);
      for (int j = threadIdx.x; j < m; j += blockDim.x) columnRhs[j] = columnH[j] - v[j] * columnRhs[j];
      __syncthreads();
    }
    return massX;
  }

  // One projected Newton step with halving; false when it would not raise the dual.
  __device__ __forceinline__ bool newton() {
    keepEntries();
    double now = residuals();
    double massX = direction(now);
    for (double step = 1; step > 0.05; step /= 2) {
      double gain = 0;
      for (int i = threadIdx.x % 32; i < n; i += 32) {
        double next = bounded(u[i] * exp(step * (system.rowX[i] + rowShift[i])), capU[i]);
        gain += a[i] * log(next / u[i]);
        if (mine(i)) nextU[i] = next;
      }
      for (int j = threadIdx.x % 32; j < m; j += 32) {
        double next = bounded(v[j] * exp(step * (system.columnX[j] + columnShift[j])), capV[j]);
        gain += b[j] * log(next / v[j]);
        if (mine(j)) nextV[j] = next;
      }
      gain = mass * step * massX + across(gain);
      double nextW = w * exp(step * massX);
      __syncthreads();
      columnPass(stored(), n, m, nextU, t, parts);
      double after = 0;
      for (int j = threadIdx.x % 32; j < m; j += 32) after += t[j] * nextV[j] * nextW;
      after = across(after);
      bool rises = gain - (after - now) >= -1e-15;
      __syncthreads();
      if (rises) {
        double* swap = u;
        u = nextU;
        nextU = swap;
        swap = v;
        v = nextV;
        nextV = swap;
        w = nextW;
        return true;
      }
    }
    return false;
  }

  // ---- the whole ascent

  __device__ __forceinline__ void ascend(int most, double tolerance) {
    double last = INF, rate = 0;
    int nextNewton = FIRST_NEWTON;
    while (iterations < most) {
      violation = sweep();
      iterations++;
      // Only two sweeps in a row tell how fast sweeps converge.
      rate = last < INF ? fmin(0.9999, violation / last) : rate;
      last = violation;
      double remaining = violation / (1 - rate);
      if (iterations > 1 && (remaining <= tolerance || violation <= ROUNDING)) return;
      if (outgrown()) {
        absorb();
        kernel();
      }
      bool slow = log(tolerance / remaining) < NEWTON_WORTH * log(rate);
      if (slow && iterations >= nextNewton && iterations < most) {
        iterations++;
        if (newton()) {
          newtonSteps++;
          last = INF;
        } else {
          nextNewton = iterations + FIRST_NEWTON;
        }
      }
    }
  }

  // Costs that span far more than epsilon are approached from above: solutions for larger epsilon, roughly, each the start
  // of the next. Row potentials start so that each row's cheapest partner has the weight 1, moved below zero. s holds the rows'
  // smallest costs, low and high the smallest and the largest of all.
  __device__ __forceinline__ void solve(double tolerance, double low, double high) {
    iterations = newtonSteps = 0;
    violation = 0;
    double heat = 1;
    while ((high - low) / epsilon / heat > wide()) heat *= COOLING;
    scale = 1 / (epsilon * heat);
    double top = -INF;
    for (int i = threadIdx.x % 32; i < n; i += 32) top = fmax(top, s[i] * scale);
    gamma = acrossMax(top);
    for (int i = threadIdx.x; i < n; i += blockDim.x) alpha[i] = s[i] * scale - gamma, u[i] = 1;
    for (int j = threadIdx.x; j < m; j += blockDim.x) beta[j] = 0, v[j] = 1;
    w = 1;
    __syncthreads();
    // One loop for rough and final ascents, so that the compiler has one copy of them.
    while (true) {
      bool last = heat <= 1;
      kernel();
      ascend(last ? maxIterations : min(maxIterations, iterations + COOLING_SWEEPS), last ? tolerance : 1e-3);
      absorb();
      if (last) break;
      for (int i = threadIdx.x; i < n; i += blockDim.x) alpha[i] *= COOLING;
      for (int j = threadIdx.x; j < m; j += blockDim.x) beta[j] *= COOLING;
      gamma *= COOLING;
      scale *= COOLING;
      heat /= COOLING;
      __syncthreads();
    }
    if (rowsFree) gamma += settle(alpha, n);
    if (columnsFree) gamma += settle(beta, m);
  }

  // Potentials of a side whose bounds are equations, strictly below zero; returns what they were moved by.
  __device__ __forceinline__ double settle(double* p, int count) {
    double top = -INF;
    for (int i = threadIdx.x % 32; i < count; i += 32) top = fmax(top, p[i]);
    top = acrossMax(top);
    __syncthreads();
    for (int i = threadIdx.x; i < count; i += blockDim.x) p[i] -= top + 1;
    __syncthreads();
    return top + 1;
  }
};
