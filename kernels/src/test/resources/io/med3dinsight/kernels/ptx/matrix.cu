// Tensor-core instructions, ldmatrix, cp.async and packed arithmetic.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_pipeline_primitives.h>

// c[16][8] = a[16][16] b[16][8] with a row-major and b given as [n][k], loaded by ldmatrix.
extern "C" __global__ void mma_bf16(const __nv_bfloat16* a, const __nv_bfloat16* b, float* c) {
  __shared__ __align__(16) __nv_bfloat16 sa[16 * 16], sb[8 * 16];
  int t = threadIdx.x;
  for (int i = t; i < 256; i += 32) sa[i] = a[i];
  for (int i = t; i < 128; i += 32) sb[i] = b[i];
  __syncwarp();
  unsigned pa = __cvta_generic_to_shared(sa + (t % 16) * 16 + t / 16 * 8);
  unsigned pb = __cvta_generic_to_shared(sb + (t % 8) * 16 + (t / 8 & 1) * 8);
  unsigned x[4], y[2];
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];" : "=r"(x[0]), "=r"(x[1]), "=r"(x[2]), "=r"(x[3]) : "r"(pa));
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0,%1}, [%2];" : "=r"(y[0]), "=r"(y[1]) : "r"(pb));
  float d[4] = {0, 0, 0, 0};
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(x[0]), "r"(x[1]), "r"(x[2]), "r"(x[3]), "r"(y[0]), "r"(y[1]));
  for (int i = 0; i < 4; i++) c[(t / 4 + 8 * (i / 2)) * 8 + 2 * (t % 4) + i % 2] = d[i];
}
// The same from b row-major [k][n], transposed by ldmatrix; two products of depth 8.
extern "C" __global__ void mma_bf16_k8(const __nv_bfloat16* a, const __nv_bfloat16* b, float* c) {
  __shared__ __align__(16) __nv_bfloat16 sa[16 * 16], sb[16 * 8];
  int t = threadIdx.x;
  for (int i = t; i < 256; i += 32) sa[i] = a[i];
  for (int i = t; i < 128; i += 32) sb[i] = b[i];
  __syncwarp();
  float d[4] = {0, 0, 0, 0};
  for (int k = 0; k < 16; k += 8) {
    unsigned pa = __cvta_generic_to_shared(sa + (t % 16) * 16 + k);
    unsigned pb = __cvta_generic_to_shared(sb + (k + t % 8) * 8);
    unsigned x[2], y;
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0,%1}, [%2];" : "=r"(x[0]), "=r"(x[1]) : "r"(pa));
    asm volatile("ldmatrix.sync.aligned.m8n8.x1.trans.shared.b16 {%0}, [%1];" : "=r"(y) : "r"(pb));
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(x[0]), "r"(x[1]), "r"(y));
  }
  for (int i = 0; i < 4; i++) c[(t / 4 + 8 * (i / 2)) * 8 + 2 * (t % 4) + i % 2] = d[i];
}
__device__ unsigned tf32(float x) {
  unsigned r;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(r) : "f"(x));
  return r;
}
// c[16][8] = a[16][12] b[12][8]: one product of depth 8, one of depth 4.
extern "C" __global__ void mma_tf32(const float* a, const float* b, float* c) {
  int t = threadIdx.x, g = t / 4, q = t % 4;
  float d[4] = {0, 0, 0, 0};
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
               : "r"(tf32(a[g * 12 + q])), "r"(tf32(a[(g + 8) * 12 + q])), "r"(tf32(a[g * 12 + q + 4])), "r"(tf32(a[(g + 8) * 12 + q + 4])),
                 "r"(tf32(b[q * 8 + g])), "r"(tf32(b[(q + 4) * 8 + g])));
  asm volatile("mma.sync.aligned.m16n8k4.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
               : "r"(tf32(a[g * 12 + q + 8])), "r"(tf32(a[(g + 8) * 12 + q + 8])), "r"(tf32(b[(q + 8) * 8 + g])));
  for (int i = 0; i < 4; i++) c[(g + 8 * (i / 2)) * 8 + 2 * q + i % 2] = d[i];
}
// f16 inputs and accumulators, fragments loaded directly.
extern "C" __global__ void mma_f16(const __half* a, const __half* b, __half* c) {
  int t = threadIdx.x, g = t / 4, q = t % 4;
  const unsigned* pa = (const unsigned*)a;  // pairs, 8 per row
  const unsigned* pb = (const unsigned*)b;  // [n][k]
  unsigned d0 = 0, d1 = 0;
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f16.f16.f16.f16 {%0,%1}, {%2,%3,%4,%5}, {%6,%7}, {%0,%1};" : "+r"(d0), "+r"(d1)
               : "r"(pa[g * 8 + q]), "r"(pa[(g + 8) * 8 + q]), "r"(pa[g * 8 + q + 4]), "r"(pa[(g + 8) * 8 + q + 4]), "r"(pb[g * 8 + q]), "r"(pb[g * 8 + q + 4]));
  ((unsigned*)c)[g * 4 + q] = d0;
  ((unsigned*)c)[(g + 8) * 4 + q] = d1;
}
// Reverses rows of 128 floats, two stages of cp.async deep; floats beyond n arrive as zero.
extern "C" __global__ void staged(const float* in, float* out, int rows, int n) {
  __shared__ __align__(16) float s[2][128];
  int t = threadIdx.x;
  auto fetch = [&](int row) {
    if (row < rows) {
      int left = n - (row * 128 + 4 * t);
      int bytes = left >= 4 ? 16 : left > 0 ? 4 * left : 0;
      unsigned to = __cvta_generic_to_shared(&s[row & 1][4 * t]);
      asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(in + row * 128 + 4 * t), "r"(bytes) : "memory");
    }
    __pipeline_commit();
  };
  fetch(0);
  for (int row = 0; row < rows; row++) {
    fetch(row + 1);
    __pipeline_wait_prior(1);
    __syncthreads();
    for (int k = 0; k < 4; k++) out[row * 128 + t + 32 * k] = s[row & 1][127 - t - 32 * k];
    __syncthreads();
  }
}
extern "C" __global__ void packed(const __nv_bfloat162* a, const __nv_bfloat162* b, __nv_bfloat162* o, const float* f, int n) {
  int i = threadIdx.x;
  o[i] = __hadd2(a[i], b[i]);
  o[n + i] = __hmul2(a[i], b[i]);
  o[2 * n + i] = __hfma2(a[i], b[i], a[i]);
  o[3 * n + i] = __floats2bfloat162_rn(f[2 * i], f[2 * i + 1]);
  o[4 * n + i] = __hmax2(a[i], b[i]);
  o[5 * n + i] = __hsub2(a[i], b[i]);
}
