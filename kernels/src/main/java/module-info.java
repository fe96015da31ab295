/** CUDA kernels: their sources, the PTX that ships, the catalogue of it, and a simulator. */
module io.med3dinsight.kernels {
  exports io.med3dinsight.kernels.catalogue;
  exports io.med3dinsight.kernels.ptx;
}
