// Ordinary kernels whose results tests compare with Java.
struct Layout {
  int rank;
  int extent[8];
  int stride[8];
};
__constant__ float weights[4] = {1, 2, 3, 4};
extern __shared__ float dynamic[];

// Gathers by strides; the struct is indexed dynamically, so that it goes through local memory.
extern "C" __global__ void strided(const float* in, float* out, Layout p, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  int offset = 0, rest = i;
  for (int d = p.rank - 1; d >= 0; --d) {
    offset += (rest % p.extent[d]) * p.stride[d];
    rest /= p.extent[d];
  }
  out[i] = in[offset];
}
extern "C" __global__ void functions(const float* in, float* out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float x = in[i];
  out[i] = expf(x);
  out[n + i] = logf(x);
  out[2 * n + i] = tanhf(x);
  out[3 * n + i] = erff(x);
  out[4 * n + i] = sinf(x * 1e6f);
  out[5 * n + i] = powf(x, 1.3f);
  out[6 * n + i] = 1 / sqrtf(x);
  out[7 * n + i] = log1pf(x);
  out[8 * n + i] = (float)sin((double)x * 1e7);
  out[9 * n + i] = fmodf(x, 0.3f);
}
extern "C" __global__ void sum(const float* in, float* out, int n) {
  __shared__ float warps[32];
  float s = 0;
  for (int i = threadIdx.x; i < n; i += blockDim.x) s += in[i] * weights[i & 3];
  for (int o = 16; o; o >>= 1) s += __shfl_xor_sync(~0u, s, o);
  if ((threadIdx.x & 31) == 0) warps[threadIdx.x >> 5] = s;
  __syncthreads();
  if (threadIdx.x < 32) {
    s = threadIdx.x < blockDim.x / 32 ? warps[threadIdx.x] : 0;
    for (int o = 16; o; o >>= 1) s += __shfl_down_sync(~0u, s, o);
    if (threadIdx.x == 0) out[0] = s;
  }
}
// Transposes tiles in dynamic shared memory; the padding of a row is an argument, to show bank conflicts.
extern "C" __global__ void transpose(const float* in, float* out, int rows, int columns, int pitch) {
  int x = blockIdx.x * 32 + threadIdx.x, y = blockIdx.y * 32 + threadIdx.y;
  for (int j = 0; j < 32; j += 8)
    if (x < columns && y + j < rows) dynamic[(threadIdx.y + j) * pitch + threadIdx.x] = in[(y + j) * columns + x];
  __syncthreads();
  x = blockIdx.y * 32 + threadIdx.x;
  y = blockIdx.x * 32 + threadIdx.y;
  for (int j = 0; j < 32; j += 8)
    if (x < rows && y + j < columns) out[(y + j) * rows + x] = dynamic[threadIdx.x * pitch + threadIdx.y + j];
}
__noinline__ __device__ float average(const float* v, int n, float scale) {
  float s = 0;
  for (int i = 0; i < n; i++) s += v[i];
  return s / n * scale;
}
extern "C" __global__ void calls(const float* in, const int* count, float* out) {
  int i = threadIdx.x;
  out[i] = i & 1 ? average(in, count[i], 2) : average(in + 1, count[i], 3) + 1;
}
// A generic pointer to shared or global memory.
extern "C" __global__ void generic(const float* in, float* out) {
  __shared__ float s[64];
  s[threadIdx.x] = in[threadIdx.x] * 10;
  __syncthreads();
  const float* p = in[threadIdx.x] > 3 ? s : in;
  out[threadIdx.x] = p[63 - threadIdx.x];
}
extern "C" __global__ void votes(const int* in, unsigned* out) {
  int i = threadIdx.x, v = in[i];
  out[i] = __ballot_sync(~0u, v > 4);
  out[32 + i] = __any_sync(~0u, v == 7) + 2 * __all_sync(~0u, v < 100);
  out[64 + i] = __match_any_sync(~0u, v);
  out[96 + i] = __reduce_add_sync(~0u, v);
  out[128 + i] = __shfl_up_sync(~0u, v, 3, 8);
  out[160 + i] = __shfl_sync(~0u, v, i + 1, 16);
  out[192 + i] = __syncthreads_count(v & 1);
  unsigned half = i < 16 ? 0xffff : 0xffff0000;
  out[224 + i] = i < 16 ? __reduce_max_sync(half, (unsigned)v) : __reduce_min_sync(half, (unsigned)v);
}
extern "C" __global__ void histogram(const int* in, int* bins, unsigned long long* total, float* sum, int n) {
  __shared__ int local[16];
  if (threadIdx.x < 16) local[threadIdx.x] = 0;
  __syncthreads();
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x) {
    atomicAdd(local + in[i], 1);
    atomicAdd(total, (unsigned long long)in[i]);
    atomicAdd(sum, 0.5f);
  }
  __syncthreads();
  if (threadIdx.x < 16) atomicAdd(bins + threadIdx.x, local[threadIdx.x]);
}
extern "C" __global__ void nested(const int* in, int* out) {
  int i = threadIdx.x, v = in[i], r = 0;
  while (v > 1) {
    if (v & 1) {
      v = 3 * v + 1;
      if (r > 50) { r += 1000; break; }
    } else {
      v >>= 1;
    }
    r++;
  }
  out[i] = r + __popc(__activemask()) * 0;
}
extern "C" __global__ void bytes(const unsigned char* in, unsigned char* out, const short* h, short* o, int n) {
  int i = threadIdx.x;
  if (i < n) {
    out[i] = in[i] * 3 + 1;
    o[i] = h[i] - 5;
  }
}
