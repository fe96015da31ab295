package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.tensor.Tensor;

/** Partial transport and its costs on CUDA; see {@code transport.cu} and {@code cost.cu}. */
public final class CudaTransport {
  private static final int SHARED = 99 << 10;

  /** Problems under way at a time where they need scratch memory, for each multiprocessor. */
  private static final int SLOTS = 2;

  private CudaTransport() {}

  /**
   * Where the parts of a problem go, in the order and with the sizes that the kernels take them.
   */
  private static final class Places {
    private final int budget;
    int shared;
    long scratch;

    Places(CudaBackend cuda, int threads) {
      budget = Math.min(SHARED, cuda.properties().sharedBytesPerBlock());
      shared = 8 * threads;
    }

    /** 1 where the part fits into what is left of shared memory, 0 where it is put elsewhere. */
    int add(long bytes, boolean needsScratch) {
      if (shared + bytes <= budget) {
        shared += (int) bytes;
        return 1;
      }
      scratch += needsScratch ? bytes : 0;
      return 0;
    }
  }

  private static long part(long bytes) {
    return (bytes + 15) / 16 * 16;
  }

  private static long systemVectors(int n, int m) {
    return 3 * part(8L * n) + part(8L * m) + 4 * part(8L * (m + 1)) + part(4L * (m + 1));
  }

  private static long solverVectors(int n, int m) {
    return 11 * (part(8L * n) + part(8L * m)) + systemVectors(n, m);
  }

  private static long gradientVectors(int n, int m) {
    return systemVectors(n, m) + 3 * part(8L * n) + 2 * part(8L * m) + part(8L * Math.max(n, m));
  }

  private static long upper(int m) {
    return part(8L * (m + 1) * (m + 1));
  }

  private static int threads(int n, int m) {
    int wide = Math.max(n, m);
    return wide <= 16 ? 32 : wide <= 32 ? 128 : 256;
  }

  private static int slots(CudaBackend cuda, int problems, Places places) {
    return places.scratch == 0
        ? problems
        : Math.min(problems, SLOTS * cuda.properties().multiprocessors());
  }

  /**
   * Solves a batch of problems.
   *
   * @param in cost [P,n,m], then both marginals if they are given
   * @param out plan, log plan, f, g, c, report
   */
  public static void solve(
      CudaBackend cuda,
      Tensor[] in,
      Tensor[] out,
      double epsilon,
      double mass,
      int maxIterations,
      double tolerance) {
    int problems = in[0].dim(0);
    int n = in[0].dim(1);
    int m = in[0].dim(2);
    int threads = threads(n, m);
    long pairs = (long) n * m;
    Places p = new Places(cuda, threads);
    int vectors = p.add(solverVectors(n, m), true);
    boolean exact = p.shared + part(8 * pairs) <= p.budget;
    int kernel = p.add(part((exact ? 8 : 4) * pairs), true);
    int cost = p.add(part(4 * pairs), false);
    int upper = p.add(upper(m), true);
    int slots = slots(cuda, problems, p);
    try (DeviceScratch scratch = cuda.scratch(p.scratch * slots)) {
      Launch launch =
          cuda.kernel(exact ? "transport_solve_f32" : "transport_solve_compact_f32")
              .grid(slots)
              .block(threads)
              .shared(p.shared)
              .buffer(in[0])
              .buffer(in.length > 1 ? in[1] : null)
              .buffer(in.length > 1 ? in[2] : null);
      for (Tensor t : out) {
        launch.buffer(t);
      }
      launch
          .buffer(scratch)
          .i64(p.scratch)
          .i32s(problems, n, m, maxIterations, vectors, kernel, cost, upper)
          .f64(epsilon)
          .f64(mass)
          .f64(tolerance)
          .run();
    }
  }

  /**
   * Implicit gradient.
   *
   * @param in plan, f, g
   * @param ofPlan gradient with respect to the plan, or null
   * @param ofLogPlan gradient with respect to the log plan, or null
   */
  public static void gradient(
      CudaBackend cuda, Tensor[] in, Tensor ofPlan, Tensor ofLogPlan, Tensor out, double epsilon) {
    int problems = in[0].dim(0);
    int n = in[0].dim(1);
    int m = in[0].dim(2);
    int threads = threads(n, m);
    Places p = new Places(cuda, threads);
    int vectors = p.add(gradientVectors(n, m), true);
    int upper = p.add(upper(m), true);
    int plan = p.add(part(4L * n * m), false);
    int slots = slots(cuda, problems, p);
    try (DeviceScratch scratch = cuda.scratch(p.scratch * slots)) {
      cuda.kernel("transport_gradient_f32")
          .grid(slots)
          .block(threads)
          .shared(p.shared)
          .buffer(in[0])
          .buffer(in[1])
          .buffer(in[2])
          .buffer(ofPlan)
          .buffer(ofLogPlan)
          .buffer(out)
          .buffer(scratch)
          .i64(p.scratch)
          .i32s(problems, n, m, 0, vectors, 0, plan, upper)
          .f64(epsilon)
          .run();
    }
  }

  /** Distances {@code |u_i - v_j|}: u [P,B1,E], v [P,B2,E], d [P,B1,B2]. */
  public static void distance(CudaBackend cuda, Tensor u, Tensor v, Tensor d) {
    long blocks = blocks(u.dim(1), 32) * blocks(v.dim(1), 32);
    cuda.kernel("cost_distance_f32")
        .grid(u.dim(0) * blocks)
        .block(256)
        .buffer(u)
        .buffer(v)
        .buffer(d)
        .i32(u.dim(1))
        .i32(v.dim(1))
        .i32(u.dim(2))
        .run();
  }

  /**
   * Gradient of distances with respect to x, the rows or the columns of g and d; y is the other
   * side.
   */
  public static void distanceGradient(
      CudaBackend cuda, Tensor g, Tensor d, Tensor x, Tensor y, boolean columns, Tensor dx) {
    int mine = x.dim(1);
    int others = y.dim(1);
    cuda.kernel("cost_gradient_f32")
        .grid(x.dim(0) * blocks(mine, 16) * blocks(x.dim(2), 64))
        .block(256)
        .buffer(g)
        .buffer(d)
        .buffer(x)
        .buffer(y)
        .buffer(dx)
        .i32(mine)
        .i32(others)
        .i32(x.dim(2))
        .i32(columns ? 1 : others)
        .i32(columns ? mine : 1)
        .run();
  }

  private static long blocks(int n, int block) {
    return (n + block - 1L) / block;
  }
}
