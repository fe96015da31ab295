package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.tensor.Tensor;

/** Softmax and layer normalisation of rows: which kernel takes which length. */
public final class CudaRows {
  private static final int NARROW = 32;
  private static final int WARP_THREADS = 128;
  private static final int BLOCK_THREADS = 256;

  /** Elements that a thread of the small kernels holds. */
  private static final int HELD = 8;

  private static final int SHORT = 32 * HELD;
  private static final int MIDDLE = 1024;

  /** Longest row of layer norm's gradient that stays in registers. */
  private static final int LONG = 4096;

  /** Shared memory in which a row may be kept, in floats. */
  private static final int CACHE = 12 << 10;

  /** Blocks whose shares of the gradients of gamma and beta are added afterwards. */
  private static final int PARTS = 512;

  private CudaRows() {}

  /** Softmax of x, or its logarithm. */
  public static void softmax(CudaBackend cuda, Tensor x, Tensor y, boolean log) {
    softmax(cuda, "softmax_", log, x, y);
  }

  /** Gradient of softmax, or of its logarithm, of its result y and the incoming gradient g. */
  public static void softmaxGradient(CudaBackend cuda, Tensor y, Tensor g, Tensor dx, boolean log) {
    softmax(cuda, "softmax_gradient", log, y, g, dx);
  }

  private static void softmax(CudaBackend cuda, String name, boolean log, Tensor... t) {
    if (t[0].size() == 0) {
      return;
    }
    int n = t[0].dim(-1);
    int rows = t[0].size() / n;
    int inputs = t.length - 1;
    Launch launch;
    if (n <= NARROW) {
      int tile = WARP_THREADS * n;
      launch = cuda.kernel(name + "narrow", t[0].dtype()).shared(inputs * 4 * (tile + tile / 32));
      buffers(launch, t).grid(blocks(rows, WARP_THREADS)).block(WARP_THREADS).i32(rows).i32(n);
    } else if (n <= SHORT || n <= MIDDLE && wide(cuda, n, t)) {
      int lanes = n <= SHORT ? lanes(n) : 32;
      launch = cuda.kernel(name + (n <= SHORT ? "256" : "1024"), t[0].dtype());
      buffers(launch, t)
          .grid(blocks(rows, WARP_THREADS / lanes))
          .block(WARP_THREADS)
          .i32(rows)
          .i32(n)
          .i32(lanes);
    } else {
      boolean cached = n * inputs <= CACHE;
      launch = cuda.kernel(name + "block", t[0].dtype()).shared(cached ? 4 * n * inputs : 0);
      buffers(launch, t).grid(rows).block(BLOCK_THREADS).i32(n);
      launch.i32(log ? 1 : 0).i32(cached ? 1 : 0).run();
      return;
    }
    launch.i32(log ? 1 : 0).run();
  }

  private static Launch buffers(Launch launch, Tensor... t) {
    for (Tensor each : t) {
      launch.buffer(each);
    }
    return launch;
  }

  private static boolean wide(CudaBackend cuda, int n, Tensor... t) {
    return n * t[0].dtype().bytes() % 16 == 0 && cuda.aligned16(t);
  }

  private static long blocks(int rows, int each) {
    return ((long) rows + each - 1) / each;
  }

  /** Threads of a warp that share a row, a power of two. */
  private static int lanes(int n) {
    int lanes = 1;
    while (lanes * HELD < n) {
      lanes *= 2;
    }
    return lanes;
  }

  /** {@code y = gamma (x - mean) / sqrt(var + epsilon) + beta} along the last axis. */
  public static void layerNorm(
      CudaBackend cuda, Tensor x, Tensor gamma, Tensor beta, float epsilon, Tensor y) {
    if (x.size() == 0) {
      return;
    }
    int n = x.dim(-1);
    int rows = x.size() / n;
    boolean small = n <= SHORT;
    if (small || n <= MIDDLE && wide(cuda, n, x, y, gamma, beta)) {
      int lanes = small ? lanes(n) : 32;
      Launch launch = cuda.kernel(small ? "norm_layer256" : "norm_layer1024", x.dtype());
      buffers(launch, x, gamma, beta, y)
          .grid(blocks(rows, WARP_THREADS / lanes))
          .block(WARP_THREADS)
          .i32(rows)
          .i32(n)
          .i32(lanes)
          .f32(epsilon)
          .run();
    } else {
      boolean cached = n <= CACHE;
      Launch launch = cuda.kernel("norm_layerblock", x.dtype()).shared(cached ? 4 * n : 0);
      buffers(launch, x, gamma, beta, y)
          .grid(rows)
          .block(BLOCK_THREADS)
          .i32(n)
          .f32(epsilon)
          .i32(cached ? 1 : 0)
          .run();
    }
  }

  /** Gradients of {@link #layerNorm}: dx, and those of gamma and beta summed over rows. */
  public static void layerNormGradient(
      CudaBackend cuda,
      Tensor x,
      Tensor gamma,
      Tensor g,
      float epsilon,
      Tensor dx,
      Tensor dgamma,
      Tensor dbeta) {
    int n = x.dim(-1);
    if (n == 0) {
      return;
    }
    int rows = x.size() / n;
    int lanes = n <= SHORT ? lanes(n) : 0;
    int parts = (int) Math.min(PARTS, n <= SHORT ? blocks(rows, WARP_THREADS / lanes) : rows);
    try (DeviceScratch partial = cuda.scratch(Math.max(1, parts) * 8L * n)) {
      String kind = n <= SHORT ? "256" : n <= LONG ? "row" : "block";
      Launch launch = cuda.kernel("norm_layergradient" + kind, x.dtype()).grid(parts);
      buffers(launch, x, gamma, g, dx).buffer(partial).i32(rows).i32(n);
      if (n <= SHORT) {
        launch.block(WARP_THREADS).shared(WARP_THREADS / 32 * 8 * n).i32(lanes);
      } else {
        launch.block(n <= LONG ? (n + 32 * HELD - 1) / (32 * HELD) * 32 : BLOCK_THREADS);
      }
      launch.f32(epsilon).run();
      cuda.kernel("norm_fold_f32")
          .grid((2L * n + 31) / 32)
          .block(1024)
          .buffer(partial)
          .buffer(dgamma)
          .buffer(dbeta)
          .i32(parts)
          .i32(n)
          .run();
    }
  }
}
