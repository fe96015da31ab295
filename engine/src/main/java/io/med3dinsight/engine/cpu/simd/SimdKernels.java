package io.med3dinsight.engine.cpu.simd;

import io.med3dinsight.engine.cpu.ConvDepthwiseKernels;
import io.med3dinsight.engine.cpu.ConvKernels;
import io.med3dinsight.engine.cpu.GemmKernel;
import io.med3dinsight.engine.cpu.Kernels;
import io.med3dinsight.engine.cpu.NormKernels;
import io.med3dinsight.engine.cpu.VectorMath;
import io.med3dinsight.engine.cpu.WinogradKernels;
import jdk.incubator.vector.FloatVector;

/** Inner loops on the Vector API, at the machine's preferred width. */
public final class SimdKernels implements Kernels {
  private final GemmKernel gemm = new SimdGemm();
  private final ConvDepthwiseKernels depthwise = new SimdDepthwise();
  private final ConvKernels convolution = new SimdConvKernels();
  private final WinogradKernels winograd = new SimdWinograd();
  private final VectorMath math = new SimdMath();
  private final NormKernels norm = new SimdNormKernels();

  @Override
  public String name() {
    return "Vector API, " + FloatVector.SPECIES_PREFERRED.vectorBitSize() + " bit";
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
