// How a batch of partial transport problems becomes fast: 64 x 64, uniform marginals of 1/64, block coordinate ascent
//   f_i = min(0, log a - LSE_j(g_j + c - C_ij/eps)), g_j likewise, c = log m - LSE_ij(f_i + g_j - C_ij/eps)
// for a number of iterations, in float32.
//
// What is counted on the simulator (see SinkhornLadderTest): bytes from global memory, launches, instructions. transport.cu,
// which ships, is step 3 in double precision, with exact steps for the mass and Newton steps where these converge slowly.
#include "common/launch.cuh"

#define B 64
#define PAIRS (B * B)

// Step 0, naive: three kernels for each iteration, each of which reads the cost matrix: 3 * 16 KiB for each problem and
// iteration. Here the rows, a thread each that walks through its row twice (6 passes for each iteration in all).
// x[i] = min(0, log(1/B) - LSE_j(other_j + c - C/eps)); rowStep, step: distances in C. Block 64, grid problems.
extern "C" __global__ void sinkhorn_naive_side_f32(const float* cost, float* x, const float* other, const float* c, int rowStep,
                                                   int step, float scale) {
  const float* row = cost + blockIdx.x * PAIRS + threadIdx.x * rowStep;
  const float* y = other + blockIdx.x * B;
  float top = -INFINITY, sum = 0.f;
  for (int j = 0; j < B; j++) top = fmaxf(top, y[j] - row[j * step] * scale);
  for (int j = 0; j < B; j++) sum += expf(y[j] - row[j * step] * scale - top);
  x[blockIdx.x * B + threadIdx.x] = fminf(0.f, -logf(static_cast<float>(B)) - (top + logf(sum) + c[blockIdx.x]));
}

// The logarithm of a sum over the threads of a block of 64, given each thread's maximum and sum.
__device__ __forceinline__ float logSum(float top, float sum) {
  __shared__ float tops[2], sums[2];
  for (int w = 16; w > 0; w /= 2) {
    float other = __shfl_xor_sync(0xffffffffu, top, w), part = __shfl_xor_sync(0xffffffffu, sum, w);
    float most = fmaxf(top, other);
    sum = sum * expf(top - most) + part * expf(other - most);
    top = most;
  }
  if (threadIdx.x % 32 == 0) tops[threadIdx.x / 32] = top, sums[threadIdx.x / 32] = sum;
  __syncthreads();
  float most = fmaxf(tops[0], tops[1]);
  float all = sums[0] * expf(tops[0] - most) + sums[1] * expf(tops[1] - most);
  __syncthreads();
  return most + logf(all);
}

// The mass, a block for each problem.
extern "C" __global__ void sinkhorn_naive_mass_f32(const float* cost, const float* f, const float* g, float* c, float logMass,
                                                   float scale) {
  const float* row = cost + blockIdx.x * PAIRS + threadIdx.x * B;
  const float* y = g + blockIdx.x * B;
  float own = f[blockIdx.x * B + threadIdx.x], top = -INFINITY, sum = 0.f;
  for (int j = 0; j < B; j++) top = fmaxf(top, own + y[j] - row[j] * scale);
  for (int j = 0; j < B; j++) sum += expf(own + y[j] - row[j] * scale - top);
  float all = logSum(top, sum);
  if (threadIdx.x == 0) c[blockIdx.x] = logMass - all;
}

// Step 1, one kernel for each iteration: a block reads its cost matrix once, to shared memory (rows 65 apart, so that rows
// and columns are both free of bank conflicts), and does all three steps: 16 KiB for each problem and iteration. Step 2 is
// the same kernel with all iterations in its loop: 16 KiB for each problem, once, and one launch. Block 64, grid problems.
extern "C" __global__ void sinkhorn_block_f32(const float* cost, float* f, float* g, float* c, int iterations, float logMass,
                                              float scale) {
  __shared__ float x[B][B + 1], sf[B], sg[B];
  int t = threadIdx.x;
  for (int i = 0; i < B; i++) x[i][t] = -cost[blockIdx.x * PAIRS + i * B + t] * scale;
  sf[t] = f[blockIdx.x * B + t];
  sg[t] = g[blockIdx.x * B + t];
  float mass = c[blockIdx.x], share = -logf(static_cast<float>(B));
  __syncthreads();
  for (int iteration = 0; iteration < iterations; iteration++) {
    float top = -INFINITY, sum = 0.f;
    for (int j = 0; j < B; j++) top = fmaxf(top, sg[j] + x[t][j]);
    for (int j = 0; j < B; j++) sum += expf(sg[j] + x[t][j] - top);
    sf[t] = fminf(0.f, share - (top + logf(sum) + mass));
    __syncthreads();
    top = -INFINITY, sum = 0.f;
    for (int i = 0; i < B; i++) top = fmaxf(top, sf[i] + x[i][t]);
    for (int i = 0; i < B; i++) sum += expf(sf[i] + x[i][t] - top);
    sg[t] = fminf(0.f, share - (top + logf(sum) + mass));
    // The column's sum gives the mass as well: log sum_j exp(g_j) sum_i.
    mass = logMass - logSum(sg[t] + top, sum);
  }
  f[blockIdx.x * B + t] = sf[t];
  g[blockIdx.x * B + t] = sg[t];
  if (t == 0) c[blockIdx.x] = mass;
}

// Step 3, multipliers: exp(-C/eps) is taken once, an iteration is two products with vectors: no exponential, which were 4
// for each pair and iteration, one multiply-add instead. u, v, w = exp(f), exp(g), exp(c) stay in range for cost / eps up
// to some 80; transport.cu moves them into the exponent when they leave it. Block 64, grid problems.
extern "C" __global__ void sinkhorn_products_f32(const float* cost, float* f, float* g, float* c, int iterations, float logMass,
                                                 float scale) {
  __shared__ float k[B][B + 1], u[B], v[B];
  int t = threadIdx.x;
  for (int i = 0; i < B; i++) k[i][t] = expf(-cost[blockIdx.x * PAIRS + i * B + t] * scale);
  u[t] = expf(f[blockIdx.x * B + t]);
  v[t] = expf(g[blockIdx.x * B + t]);
  float w = expf(c[blockIdx.x]);
  __syncthreads();
  for (int iteration = 0; iteration < iterations; iteration++) {
    float sum = 0.f;
    for (int j = 0; j < B; j++) sum = fmaf(k[t][j], v[j], sum);
    u[t] = fminf(1.f, 1.f / (B * w * sum));
    __syncthreads();
    sum = 0.f;
    for (int i = 0; i < B; i++) sum = fmaf(k[i][t], u[i], sum);
    v[t] = fminf(1.f, 1.f / (B * w * sum));
    w = expf(logMass - logSum(0.f, v[t] * sum));
  }
  f[blockIdx.x * B + t] = logf(u[t]);
  g[blockIdx.x * B + t] = logf(v[t]);
  if (t == 0) c[blockIdx.x] = logf(w);
}
