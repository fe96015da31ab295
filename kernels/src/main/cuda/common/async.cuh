// Asynchronous copies from global to shared memory (cp.async, compute capability 8.0).
//
// A copy of zero bytes writes zeros and reads nothing: that is how the ragged edges of tiles and the
// padding of convolutions come to be zero without a branch.
#pragma once

__device__ __forceinline__ unsigned sharedAddress(const void* p) {
  return static_cast<unsigned>(__cvta_generic_to_shared(p));
}

// 4 bytes, or zeros.
__device__ __forceinline__ void copyAsync4(void* shared, const void* global, bool valid) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;\n" ::"r"(sharedAddress(shared)), "l"(global),
               "r"(valid ? 4 : 0)
               : "memory");
}

// 16 bytes, or zeros; both addresses multiples of 16.
__device__ __forceinline__ void copyAsync16(void* shared, const void* global, bool valid) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;\n" ::"r"(sharedAddress(shared)), "l"(global),
               "r"(valid ? 16 : 0)
               : "memory");
}

// The same through the L1 cache, for what this block reads again soon.
__device__ __forceinline__ void copyAsync16Cached(void* shared, const void* global, bool valid) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 16, %2;\n" ::"r"(sharedAddress(shared)), "l"(global),
               "r"(valid ? 16 : 0)
               : "memory");
}

__device__ __forceinline__ void commitCopies() { asm volatile("cp.async.commit_group;\n" ::: "memory"); }

// Waits until at most PENDING of the groups committed by this thread are still under way.
template <int PENDING>
__device__ __forceinline__ void awaitCopies() {
  asm volatile("cp.async.wait_group %0;\n" ::"n"(PENDING) : "memory");
}
