package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Tensor;

/** Launches of pointwise kernels: all tensors of one shape and type. */
public final class CudaElementwise {
  private CudaElementwise() {}

  /** {@code y = f(x)} by the kernel {@code elementwise_name}, which takes these numbers too. */
  public static void unary(CudaBackend cuda, String name, Tensor x, Tensor y, float... numbers) {
    map(cuda, "elementwise_" + name, x.dtype(), y.size(), numbers, x, y);
  }

  /** {@code y = f(a, b)} by the kernel {@code elementwise_name}, which takes these numbers too. */
  public static void binary(
      CudaBackend cuda, String name, Tensor a, Tensor b, Tensor y, float... numbers) {
    map(cuda, "elementwise_" + name, a.dtype(), y.size(), numbers, a, b, y);
  }

  /** {@code a += b}. */
  public static void addTo(CudaBackend cuda, Tensor a, Tensor b) {
    if (a.dtype() != b.dtype()) {
      throw new IllegalArgumentException(
          "cannot add " + b.type() + " to " + a.type() + " in place: convert it first");
    }
    map(cuda, "broadcast_addto", a.dtype(), a.size(), new float[0], a, b);
  }

  /** {@code a *= factor}. */
  public static void scale(CudaBackend cuda, Tensor a, float factor) {
    map(cuda, "broadcast_scale", a.dtype(), a.size(), new float[] {factor}, a);
  }

  /** {@code y = x} as another float type. */
  public static void cast(CudaBackend cuda, Tensor x, Tensor y) {
    int n = x.size();
    if (x.dtype() == y.dtype()) {
      cuda.driver().copy(cuda.address(y), cuda.address(x), (long) n * x.dtype().bytes());
      return;
    }
    cast(cuda, cuda.address(x), y.dtype(), cuda.address(y), n);
  }

  /** {@code n} floats to bfloat16 or the other way. */
  static void cast(CudaBackend cuda, long x, DType type, long y, int n) {
    int packs = (x & 15) == 0 && (y & 15) == 0 ? n / 8 : 0;
    cuda.kernel("arrange_cast", type)
        .over(threads(n, packs, 8))
        .pointer(x)
        .pointer(y)
        .i32(n)
        .i32(packs)
        .run();
  }

  private static void map(
      CudaBackend cuda, String kernel, DType type, int n, float[] numbers, Tensor... tensors) {
    int size = 16 / type.bytes();
    int packs = cuda.aligned16(tensors) ? n / size : 0;
    Launch launch = cuda.kernel(kernel, type).over(threads(n, packs, size));
    for (Tensor t : tensors) {
      launch.buffer(t);
    }
    launch.i32(n).i32(packs);
    for (float v : numbers) {
      launch.f32(v);
    }
    launch.run();
  }

  /**
   * Threads that {@code n} elements ask for, of which the first are {@code packs} of {@code size}.
   */
  static int threads(int n, int packs, int size) {
    return Math.max(packs, n - packs * size);
  }
}
