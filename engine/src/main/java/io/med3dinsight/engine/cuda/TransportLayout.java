package io.med3dinsight.engine.cuda;

/**
 * Where the parts of one transport problem are while a block works on it: in shared memory, or in a
 * slot of scratch memory on the device. The parts come in the order and with the sizes in which the
 * kernels of {@code transport.cu} take them.
 *
 * @param kernel the kernel that solves with these places
 * @param sharedBytes of a block
 * @param scratchBytes of a block
 * @param vectors whether all vectors are in shared memory
 * @param matrix whether the kernel matrix is
 * @param cost whether the cost is, which is then read from its tensor once
 * @param upper whether the matrix of Newton's system is
 */
record TransportLayout(
    String kernel,
    int sharedBytes,
    long scratchBytes,
    boolean vectors,
    boolean matrix,
    boolean cost,
    boolean upper) {
  private static final String EXACT = "transport_solve_f32";
  private static final String COMPACT = "transport_solve_compact_f32";
  private static final String COMPUTED = "transport_solve_computed_f32";

  /**
   * The places for a problem of n rows and m columns, on a device that gives a block this many
   * bytes of shared memory. The cost is kept there if at all possible: with the kernel matrix in
   * double precision, in single precision, or computed from the cost at each use.
   */
  static TransportLayout solver(int n, int m, int budget) {
    long pairs = (long) n * m;
    long fixed = 8L * threads(n, m);
    long vectors = solverVectors(n, m);
    long cost = part(4 * pairs);
    long left = budget - fixed - cost;
    if (vectors + part(8 * pairs) <= left) {
      return of(EXACT, fixed + vectors + part(8 * pairs) + cost, 0, true, true, true, m, budget);
    }
    if (vectors + cost <= left) {
      return of(COMPACT, fixed + vectors + cost + cost, 0, true, true, true, m, budget);
    }
    // The kernel matrix in scratch is Newton's; sweeps do not touch it.
    if (vectors <= left) {
      return of(COMPUTED, fixed + vectors + cost, cost, true, false, true, m, budget);
    }
    if (left >= 0) {
      return of(COMPUTED, fixed + cost, vectors + cost, false, false, true, m, budget);
    }
    boolean fit = fixed + vectors <= budget;
    long shared = fixed + (fit ? vectors : 0);
    return of(COMPACT, shared, (fit ? 0 : vectors) + cost, fit, false, false, m, budget);
  }

  /** The places for the gradient; its plan takes the place of the cost. */
  static TransportLayout gradient(int n, int m, int budget) {
    long shared = 8L * threads(n, m);
    long vectors = gradientVectors(n, m);
    boolean fit = shared + vectors <= budget;
    shared += fit ? vectors : 0;
    boolean upper = shared + upper(m) <= budget;
    shared += upper ? upper(m) : 0;
    long plan = part(4L * n * m);
    boolean held = shared + plan <= budget;
    return new TransportLayout(
        "transport_gradient_f32",
        (int) (shared + (held ? plan : 0)),
        (fit ? 0 : vectors) + (upper ? 0 : upper(m)),
        fit,
        false,
        held,
        upper);
  }

  private static TransportLayout of(
      String kernel,
      long shared,
      long scratch,
      boolean vectors,
      boolean matrix,
      boolean cost,
      int m,
      int budget) {
    boolean upper = shared + upper(m) <= budget;
    return new TransportLayout(
        kernel,
        (int) (shared + (upper ? upper(m) : 0)),
        scratch + (upper ? 0 : upper(m)),
        vectors,
        matrix,
        cost,
        upper);
  }

  /** Threads of a block. */
  static int threads(int n, int m) {
    int wide = Math.max(n, m);
    return wide <= 16 ? 32 : wide <= 32 ? 128 : 256;
  }

  /** The kernels' structure TransportPlan. */
  int[] plan(int problems, int n, int m, int maxIterations) {
    int[] shared = {vectors ? 1 : 0, matrix ? 1 : 0, cost ? 1 : 0, upper ? 1 : 0};
    return new int[] {problems, n, m, maxIterations, shared[0], shared[1], shared[2], shared[3]};
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
}
