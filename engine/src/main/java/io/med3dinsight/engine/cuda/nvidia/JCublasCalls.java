package io.med3dinsight.engine.cuda.nvidia;

import io.med3dinsight.engine.cuda.Cublas;
import io.med3dinsight.engine.tensor.Arithmetic;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.DeviceException;
import java.util.function.IntSupplier;
import jcuda.Pointer;
import jcuda.cudaDataType;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasGemmAlgo;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasMath;
import jcuda.jcublas.cublasOperation;
import jcuda.jcublas.cublasStatus;
import jcuda.runtime.cudaStream_t;

/**
 * cuBLAS by way of JCublas. Its workspace is given to it once, so that nothing is allocated while a
 * graph is captured and the same product has the same bits each time.
 */
final class JCublasCalls implements Cublas {
  /** What NVIDIA recommends for the newest devices. */
  private static final long WORKSPACE_BYTES = 32 << 20;

  private final JCudaDriver driver;
  private final cublasHandle handle = new cublasHandle();
  private final long workspace;
  private final String version;
  private final Pointer one = Pointer.to(new float[] {1});
  private final Pointer zero = Pointer.to(new float[] {0});

  /**
   * @throws DeviceException when cuBLAS does not start
   */
  JCublasCalls(JCudaDriver driver) {
    this.driver = driver;
    call("starting", () -> JCublas2.cublasCreate(handle));
    workspace = driver.allocate(WORKSPACE_BYTES);
    int[] v = new int[1];
    call("asking for its version", () -> JCublas2.cublasGetVersion(handle, v));
    version = v[0] / 10000 + "." + v[0] / 100 % 100 + "." + v[0] % 100;
    call(
        "choosing a stream",
        () -> JCublas2.cublasSetStream(handle, new cudaStream_t(driver.stream())));
    if (workspace != 0) {
      call(
          "taking its workspace",
          () -> JCublas2.cublasSetWorkspace(handle, Address.of(workspace), WORKSPACE_BYTES));
    }
    // Partial sums of bfloat16 products stay in single precision.
    int math =
        cublasMath.CUBLAS_DEFAULT_MATH
            | cublasMath.CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION;
    call("choosing its arithmetic", () -> JCublas2.cublasSetMathMode(handle, math));
  }

  private void call(String doing, IntSupplier call) {
    int status = driver.exclusively(call);
    if (status != cublasStatus.CUBLAS_STATUS_SUCCESS) {
      throw new DeviceException(
          "cuBLAS failed while " + doing + ": " + cublasStatus.stringFor(status) + ".");
    }
  }

  @Override
  public String version() {
    return version;
  }

  @Override
  public void gemm(Gemm g) {
    int compute =
        g.arithmetic() == Arithmetic.TF32
            ? cublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32
            : cublasComputeType.CUBLAS_COMPUTE_32F;
    call(
        "multiplying matrices",
        () ->
            JCublas2.cublasGemmStridedBatchedEx_new(
                handle,
                operation(g.transposeA()),
                operation(g.transposeB()),
                g.m(),
                g.n(),
                g.k(),
                one,
                Address.of(g.a().address()),
                type(g.a()),
                g.a().lead(),
                g.a().stride(),
                Address.of(g.b().address()),
                type(g.b()),
                g.b().lead(),
                g.b().stride(),
                zero,
                Address.of(g.c().address()),
                type(g.c()),
                g.c().lead(),
                g.c().stride(),
                g.count(),
                compute,
                cublasGemmAlgo.CUBLAS_GEMM_DEFAULT));
  }

  private static int operation(boolean transpose) {
    return transpose ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
  }

  private static int type(Matrix m) {
    return m.dtype() == DType.BF16 ? cudaDataType.CUDA_R_16BF : cudaDataType.CUDA_R_32F;
  }

  @Override
  public void close() {
    call("closing", () -> JCublas2.cublasDestroy(handle));
    if (workspace != 0) {
      driver.free(workspace);
    }
  }
}
