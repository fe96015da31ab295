package io.med3dinsight.engine.cpu;

/** Plain loops, written so that the JIT compiler vectorises what it can. */
final class ScalarKernels implements Kernels {
  private final GemmKernel gemm = new ScalarGemm();
  private final ConvDepthwiseKernels depthwise = new ScalarDepthwise();
  private final ConvKernels convolution = new ScalarConvKernels();
  private final WinogradKernels winograd = new ScalarWinograd();
  private final VectorMath math = new ScalarMath();
  private final NormKernels norm = new ScalarNormKernels();

  @Override
  public String name() {
    return "scalar";
  }

  @Override
  public GemmKernel gemm() {
    return gemm;
  }

  @Override
  public VectorMath math() {
    return math;
  }

  @Override
  public ConvKernels convolution() {
    return convolution;
  }

  @Override
  public WinogradKernels winograd() {
    return winograd;
  }

  @Override
  public NormKernels norm() {
    return norm;
  }

  @Override
  public ConvDepthwiseKernels depthwise() {
    return depthwise;
  }
}
