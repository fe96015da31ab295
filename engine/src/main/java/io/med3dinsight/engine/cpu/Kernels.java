package io.med3dinsight.engine.cpu;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Inner loops that exist twice: as scalar loops and on the Vector API. Which one runs is chosen
 * once per backend, and forced by the property {@code med3dinsight.simd} = {@code on} or {@code
 * off}.
 */
public interface Kernels {
  /** Name for logs: {@code scalar} or {@code Vector API, 512 bit}. */
  String name();

  /** Blocks of matrix products. */
  GemmKernel gemm();

  /** Functions over arrays. */
  VectorMath math();

  /** Register tiles of the convolution. */
  ConvKernels convolution();

  /** Transforms of Winograd's convolution. */
  WinogradKernels winograd();

  /** Normalisations. */
  NormKernels norm();

  /** Register tiles of the depthwise convolution. */
  ConvDepthwiseKernels depthwise();

  /** Scalar loops, always there. */
  static Kernels scalar() {
    return new ScalarKernels();
  }

  /**
   * The Vector API implementation.
   *
   * @throws IllegalStateException when the JVM runs without {@code --add-modules
   *     jdk.incubator.vector}
   */
  static Kernels simd() {
    try {
      return (Kernels)
          Class.forName("io.med3dinsight.engine.cpu.simd.SimdKernels")
              .getDeclaredConstructor()
              .newInstance();
    } catch (ReflectiveOperationException | LinkageError e) {
      throw new IllegalStateException(
          "The Vector API is not there: start Java with --add-modules jdk.incubator.vector.", e);
    }
  }

  /**
   * What the property asks for; without it the Vector API where it is there, else scalar loops,
   * said in one log line.
   */
  static Kernels best() {
    Logger log = LoggerFactory.getLogger(Kernels.class);
    String asked = System.getProperty("med3dinsight.simd", "auto");
    switch (asked) {
      case "off":
        return scalar();
      case "on":
        return simd();
      case "auto":
        break;
      default:
        throw new IllegalArgumentException(
            "med3dinsight.simd is '" + asked + "': expected on, off or auto");
    }
    try {
      return simd();
    } catch (IllegalStateException e) {
      log.warn("{} Computing with scalar loops, several times slower.", e.getMessage());
      return scalar();
    }
  }
}
