// Channels-last data [instances, voxels, channels] seen as a matrix whose columns have one channel each.
//
// An instance, `length` = voxels * channels elements, is cut into rows of `width` elements, a multiple of `channels`; the last row
// may be shorter. A thread owns W neighbouring columns for all rows it visits, so that it loads a channel's coefficients once and
// keeps its sums in registers, and reads 16 bytes at a time for any number of channels, 1 and 3 included. Chosen by the host:
//
//   width     a multiple of channels and of W; at most 256 W, but for more than 256 W channels, where it is `channels`
//   W         Wide<T>::N where addresses and the starts of instances are 16-byte aligned, 1 otherwise
//   launch    256 threads; grid x chunks of `chunkRows` rows, y instances, z tiles of 256 W columns
//
// With several tiles a row is one voxel.
#pragma once
#include "common/wide.cuh"

struct Columns {
  int width;
  int chunkRows;
  int length;
  int channels;

  // First of this thread's columns; not below width: nothing to do.
  template <int W>
  __device__ __forceinline__ int column() const {
    return (blockIdx.z * blockDim.x + threadIdx.x) * W;
  }
  __device__ __forceinline__ int firstRow(int chunk) const { return chunk * chunkRows; }
  // Rows of this chunk that are complete end here.
  __device__ __forceinline__ int wholeRows(int chunk) const { return min(firstRow(chunk) + chunkRows, length / width); }
  // Elements of the incomplete last row if it is this chunk's, else 0.
  __device__ __forceinline__ int rest(int chunk) const {
    int whole = length / width;
    return whole >= firstRow(chunk) && whole < firstRow(chunk) + chunkRows ? length - whole * width : 0;
  }
  // Start of this block's instance.
  __device__ __forceinline__ long long instance() const { return static_cast<long long>(blockIdx.y) * length; }
};

// Adds the columns of one channel: cell j of the block's `width` cells becomes the sum of cells j, j + channels, ..., for
// j < channels, in the order of a binary tree. `step` adds a second cell to a first one.
template <typename Step>
__device__ __forceinline__ void fold(int width, int channels, Step step) {
  for (int cells = width / channels; cells > 1;) {
    int half = (cells + 1) / 2;
    int pairs = (cells - half) * channels;
    for (int j = threadIdx.x; j < pairs; j += blockDim.x) step(j, j + half * channels);
    cells = half;
    __syncthreads();
  }
}
