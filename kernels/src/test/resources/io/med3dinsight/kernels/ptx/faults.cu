// Kernels with one planted fault each; the comment "planted" in the PTX comes just before the faulty instruction.
#include <cuda_pipeline_primitives.h>

#define PLANTED asm volatile("// planted" ::: "memory")
#define T threadIdx.x

extern "C" __global__ void past_the_end(float* out, int n) {
  int i = blockIdx.x * blockDim.x + T;
  PLANTED;
  *(volatile float*)(out + i) = 1;  // no i < n
}
extern "C" __global__ void before_the_start(const float* in, float* out) {
  PLANTED;
  out[T] = *(volatile const float*)(in + T - 1);
}
extern "C" __global__ void misaligned(const char* in, float* out) {
  PLANTED;
  out[T] = *(volatile const float*)(in + 4 * T + (T == 7 ? 2 : 0));
}
extern "C" __global__ void misaligned_vector(const float* in, float4* out) {
  float4 v;
  PLANTED;
  asm volatile("ld.global.v4.f32 {%0,%1,%2,%3}, [%4];" : "=f"(v.x), "=f"(v.y), "=f"(v.z), "=f"(v.w) : "l"(in + 4 * T));
  out[T] = v;
}
extern "C" __global__ void unwritten_global(const float* in, float* out) {
  PLANTED;
  out[T] = *(volatile const float*)(in + T);
}
extern "C" __global__ void unwritten_shared(float* out) {
  __shared__ float s[64];
  if (T != 5) s[T] = T;
  __syncthreads();
  PLANTED;
  out[T] = *(volatile float*)(s + T);
}
extern "C" __global__ void unwritten_local(float* out, int k) {
  volatile float local[8];
  for (int i = 0; i < 7; i++) local[(i + k) & 7] = i;
  PLANTED;
  out[T] = local[(T + k) & 7];
}
extern "C" __global__ void shared_past_the_end(float* out) {
  __shared__ float s[64];
  PLANTED;
  *(volatile float*)(s + T + 1) = T;
  __syncthreads();
  out[T] = s[T];
}
extern "C" __global__ void race_shared(float* out) {
  __shared__ float s[64];
  s[T] = 0;
  __syncthreads();
  PLANTED;
  *(volatile float*)(s + T) = T;
  out[T] = s[T ^ 32];  // the first warp reads what the second then writes
}
extern "C" __global__ void race_lanes(float* out) {
  __shared__ float s[32];
  *(volatile float*)(s + T) = T;
  PLANTED;
  out[T] = *(volatile float*)(s + (T ^ 1));
}
extern "C" __global__ void no_race_lanes(float* out) {
  __shared__ float s[32];
  s[T] = T;
  __syncwarp();
  float v = s[T ^ 1];
  __syncwarp();
  s[T] = v + 1;
  __syncwarp();
  out[T] = s[T ^ 3];
}
extern "C" __global__ void race_same_instruction(float* out) {
  PLANTED;
  *(volatile float*)out = 1;
}
extern "C" __global__ void race_write_after_read(float* out) {
  __shared__ float s[64];
  s[T] = T;
  __syncthreads();
  float v = s[T ^ 1];
  PLANTED;
  *(volatile float*)(s + T) = v;
  out[T] = v;
}
extern "C" __global__ void race_blocks(float* data, float* out) {
  int i = blockIdx.x * blockDim.x + T;
  PLANTED;
  *(volatile float*)(data + i) = i;
  out[i] = data[i ^ 64];  // the first block reads what the second then writes
}
extern "C" __global__ void race_bytes(unsigned char* data) {
  PLANTED;
  *(volatile unsigned char*)(data + T - (T == 9)) = 1;
}
extern "C" __global__ void atomics_do_not_race(int* sum, int n) {
  for (int i = T; i < n; i += blockDim.x) atomicAdd(sum, i);
}
extern "C" __global__ void divergent_exit(float* out) {
  if (T >= 48) return;
  out[T] = T;
  PLANTED;
  __syncthreads();
  out[T] += 1;
}
extern "C" __global__ void divergent_branch(float* out) {
  if (T < 32) {
    asm volatile("// planted\n\tbar.sync 0;" ::: "memory");
    out[T] = 1;
  } else {
    asm volatile("bar.sync 1;" ::: "memory");
    out[T] = 2;
  }
}
extern "C" __global__ void bad_mask(int* out) {
  int v = T;
  PLANTED;
  out[T] = __shfl_xor_sync(0x0000ffff, v, 1);
}
extern "C" __global__ void absent_source(int* out) {
  int v = T;
  PLANTED;
  out[T] = __shfl_xor_sync(0xffffffff, v, 16);
}
extern "C" __global__ void warp_deadlock(int* out) {
  int v = T;
  if (T < 16) {
    PLANTED;
    v = __shfl_xor_sync(0xffffffff, v, 1);
    out[T] = v;
  } else {
    asm volatile("bar.sync 0;" ::: "memory");
  }
}
extern "C" __global__ void zero_division(const int* in, int* out) {
  int d = in[T];
  PLANTED;
  asm volatile("div.s32 %0, %1, %2;" : "=r"(out[T]) : "r"(100), "r"(d));
}
extern "C" __global__ void endless(volatile int* flag) {
  while (*flag == 0) {
  }
}
extern "C" __global__ void constant_store(float* out) {
  asm volatile("{ .reg .b64 p; cvta.param.u64 p, constant_store_param_0;\n// planted\n st.u32 [p], 1; }" ::: "memory");
  out[T] = 1;
}
extern "C" __global__ void early_async(const float4* in, float4* out) {
  __shared__ float4 s[32];
  __pipeline_memcpy_async(s + T, in + T, 16);
  __pipeline_commit();
  PLANTED;
  out[T].x = *(volatile float*)(s + T);
  __pipeline_wait_prior(0);
}
extern "C" __global__ void async_without_barrier(const float* in, float* out) {
  __shared__ float s[64];
  s[T] = 0;
  __syncthreads();
  PLANTED;
  __pipeline_memcpy_async(s + T, in + T, 4);
  __pipeline_commit();
  __pipeline_wait_prior(0);
  out[T] = s[T ^ 32];  // the first warp reads where the second then copies to
}
extern "C" __global__ void trapped(int* out) {
  if (out[T] == 3) __trap();
}
