// What all attention kernels share: the shape of the problem and where a head's operands are.
#pragma once
#include "common/launch.cuh"

// Leading axes of an attention that were not merged with a neighbour.
#define ATTENTION_AXES 6

// q [heads, t, d], k [heads, s, d], v [heads, s, dv]; one head of one batch entry is called a head.
// Bias and mask: [..., t or 1, s], an element at stride . (leading indices) + row * rowStride + column.
struct AttentionShape {
  int heads, t, s, d, dv;
  int aligned;  // whether all rows of q, k, v, y, g start at multiples of a vector load
  int biasRow, maskRow;  // row strides: s, or 0 where all queries share a row
  int rank;
  int extent[ATTENTION_AXES], biasStride[ATTENTION_AXES], maskStride[ATTENTION_AXES];
};

// How heads share a bias. Axes with shared = 1 are those that the bias is broadcast along.
// A part sums `each` of the `units` = sharing heads (times blocks of queries, where queries share a row too).
struct BiasSharing {
  int sharing, units, each;
  int shared[ATTENTION_AXES];
};

__device__ __forceinline__ int leadingOffset(const AttentionShape& a, const int* stride, int head) {
  int offset = 0;
#pragma unroll 1
  for (int i = a.rank - 1; i >= 0; i--) {
    offset += head % a.extent[i] * stride[i];
    head /= a.extent[i];
  }
  return offset;
}

// The r-th of the heads that use matrix `group` of the bias.
__device__ __forceinline__ int sharingHead(const AttentionShape& a, const BiasSharing& b, int group, int r) {
  int head = 0;
  int stride = 1;
#pragma unroll 1
  for (int i = a.rank - 1; i >= 0; i--) {
    bool shared = b.shared[i] != 0;
    int rest = shared ? r : group;
    head += rest % a.extent[i] * stride;
    rest /= a.extent[i];
    r = shared ? rest : r;
    group = shared ? group : rest;
    stride *= a.extent[i];
  }
  return head;
}

// The two additions to a score. Null pointers where there is none.
struct Additions {
  const float* bias;
  const int* mask;
  int biasRow, maskRow;

  __device__ __forceinline__ Additions(const AttentionShape& a, const float* b, const int* m, int head)
      : bias(b == nullptr ? b : b + leadingOffset(a, a.biasStride, head)),
        mask(m == nullptr ? m : m + leadingOffset(a, a.maskStride, head)),
        biasRow(a.biasRow),
        maskRow(a.maskRow) {}

  // The score of a query and a key, minus infinity where it may not be seen.
  __device__ __forceinline__ float apply(float score, int row, int column) const {
    if (bias != nullptr) score += bias[row * biasRow + column];
    if (mask != nullptr && mask[row * maskRow + column] == 0) score = -INFINITY;
    return score;
  }
};
