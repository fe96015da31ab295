package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.tensor.Tensor;

/** Partial transport and its costs on CUDA; see {@code transport.cu} and {@code cost.cu}. */
public final class CudaTransport {
  /** Problems under way at a time where they need scratch memory, for each multiprocessor. */
  private static final int SLOTS = 2;

  private CudaTransport() {}

  private static int slots(CudaBackend cuda, int problems, TransportLayout places) {
    return places.scratchBytes() == 0
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
    TransportLayout p = TransportLayout.solver(n, m, cuda.properties().sharedBytesPerBlock());
    int slots = slots(cuda, problems, p);
    try (DeviceScratch scratch = cuda.scratch(p.scratchBytes() * slots)) {
      Launch launch =
          cuda.kernel(p.kernel())
              .grid(slots)
              .block(TransportLayout.threads(n, m))
              .shared(p.sharedBytes())
              .buffer(in[0])
              .buffer(in.length > 1 ? in[1] : null)
              .buffer(in.length > 1 ? in[2] : null);
      for (Tensor t : out) {
        launch.buffer(t);
      }
      launch
          .buffer(scratch)
          .i64(p.scratchBytes())
          .i32s(p.plan(problems, n, m, maxIterations))
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
    TransportLayout p = TransportLayout.gradient(n, m, cuda.properties().sharedBytesPerBlock());
    int slots = slots(cuda, problems, p);
    try (DeviceScratch scratch = cuda.scratch(p.scratchBytes() * slots)) {
      cuda.kernel(p.kernel())
          .grid(slots)
          .block(TransportLayout.threads(n, m))
          .shared(p.sharedBytes())
          .buffer(in[0])
          .buffer(in[1])
          .buffer(in[2])
          .buffer(ofPlan)
          .buffer(ofLogPlan)
          .buffer(out)
          .buffer(scratch)
          .i64(p.scratchBytes())
          .i32s(p.plan(problems, n, m, 0))
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
