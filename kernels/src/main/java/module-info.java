/** CUDA kernel sources' home: compiled kernels, their catalogue, and the PTX simulator. */
module io.med3dinsight.kernels {
  exports io.med3dinsight.kernels.ptx;
}
