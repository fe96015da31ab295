package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.tensor.Arithmetic;

/**
 * How a CUDA device is used.
 *
 * @param arithmetic of products
 * @param deterministic whether only algorithms are used that give the same bits each time
 * @param libraries whether cuBLAS and cuDNN are used where they can be loaded; own kernels
 *     otherwise
 * @param workspaceBytes the most that one convolution may use as scratch memory
 */
public record CudaOptions(
    Arithmetic arithmetic, boolean deterministic, boolean libraries, long workspaceBytes) {
  /** Single precision, deterministic, libraries where they are, 1 GiB of workspace. */
  public static final CudaOptions DEFAULT = new CudaOptions(Arithmetic.FP32, true, true, 1L << 30);

  public CudaOptions with(Arithmetic a) {
    return new CudaOptions(a, deterministic, libraries, workspaceBytes);
  }

  /** The same, with the project's own kernels only. */
  public CudaOptions ownKernels() {
    return new CudaOptions(arithmetic, deterministic, false, workspaceBytes);
  }
}
