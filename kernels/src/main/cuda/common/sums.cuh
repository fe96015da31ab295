// Sums and maxima over lanes, warps and blocks in a fixed order, the same bits each time.
//
// The xor butterfly leaves one and the same value in every lane: both partners add the same two numbers.
#pragma once

static constexpr unsigned int ALL_LANES = 0xffffffffu;

// Over groups of `lanes` neighbouring lanes, a power of two; all 32 lanes take part.
__device__ __forceinline__ float laneSum(float v, int lanes = 32) {
  for (int o = lanes >> 1; o > 0; o >>= 1) v += __shfl_xor_sync(ALL_LANES, v, o);
  return v;
}
__device__ __forceinline__ float laneMax(float v, int lanes = 32) {
  for (int o = lanes >> 1; o > 0; o >>= 1) v = fmaxf(v, __shfl_xor_sync(ALL_LANES, v, o));
  return v;
}

// Over a block of whole warps, at most 1024 threads; every thread gets the sum. `room` holds 32 floats of shared memory, which
// may be used again after the call.
__device__ __forceinline__ float blockSum(float v, float* room) {
  v = laneSum(v);
  if ((threadIdx.x & 31) == 0) room[threadIdx.x >> 5] = v;
  __syncthreads();
  int warps = (blockDim.x + 31) >> 5;
  v = (threadIdx.x & 31) < warps ? room[threadIdx.x & 31] : 0.f;
  v = laneSum(v);
  __syncthreads();
  return v;
}

// The shared memory that the launch asked for.
__device__ __forceinline__ float* sharedFloats() {
  extern __shared__ float floats[];
  return floats;
}
