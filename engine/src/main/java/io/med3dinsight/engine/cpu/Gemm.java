package io.med3dinsight.engine.cpu;

import java.util.Arrays;

/**
 * Matrix products {@code C (+)= op(A) op(B)} in single precision, by the usual blocking (Goto and
 * van de Geijn, Anatomy of High-Performance Matrix Multiplication, 2008): B is packed into panels
 * once, blocks of A are packed by the task that needs them. Cutting depends on the sizes alone, so
 * results are the same bits for any number of threads.
 */
public final class Gemm {
  /**
   * A matrix in row-major memory.
   *
   * @param stride distance between neighbouring stored rows
   * @param transposed whether the operand is the transpose of what is stored
   */
  public record Matrix(float[] data, int offset, int stride, boolean transposed) {
    public static Matrix of(float[] data, int offset, int stride) {
      return new Matrix(data, offset, stride, false);
    }

    public Matrix transpose() {
      return new Matrix(data, offset, stride, !transposed);
    }

    /** The matrix from {@code row} on. */
    Matrix rows(int row) {
      return new Matrix(data, at(row, 0), stride, transposed);
    }

    int at(int row, int column) {
      return transposed ? offset + column * stride + row : offset + row * stride + column;
    }
  }

  private static final int KC = GemmPanel.DEPTH;
  private static final int MC = 96;

  /** Floats of a packed block of A. */
  private static final int A_BLOCK = MC * GemmPanel.ROW_STRIDE;

  /** Columns of B packed at a time hold at most this many floats. */
  private static final int B_LIMIT = 1 << 24;

  /** Multiplications that are worth a task. */
  private static final long TASK = 1 << 20;

  private static final int MIN_TASKS = 16;
  private static final int SPLIT_DEPTH = 2048;
  private static final int MAX_SPLITS = 64;

  private Gemm() {}

  /**
   * {@code C = op(A) op(B)}, or {@code C += op(A) op(B)} with {@code add}, on all threads.
   *
   * @param m rows of op(A) and C
   * @param n columns of op(B) and C
   * @param k columns of op(A), rows of op(B)
   * @param c not transposed
   */
  public static void multiply(
      CpuBackend cpu, int m, int n, int k, Matrix a, Matrix b, Matrix c, boolean add) {
    if (m == 0 || n == 0) {
      return;
    }
    if ((long) m * n * k <= TASK) {
      serial(cpu, m, n, k, a, b, c, add);
    } else if (k >= 2 * SPLIT_DEPTH && (long) blocks(m, MC) * blocks(n, 128) < MIN_TASKS) {
      splitDepth(cpu, m, n, k, a, b, c, add);
    } else {
      int nr = cpu.kernels().gemm().columns();
      int width = Math.max(nr, B_LIMIT / k / nr * nr);
      for (int j = 0; j < n; j += width) {
        columns(cpu, m, Math.min(width, n - j), k, a, part(b, 0, j), part(c, 0, j), add);
      }
    }
  }

  /** {@link #multiply} on the calling thread only, for use within tasks. */
  public static void serial(
      CpuBackend cpu, int m, int n, int k, Matrix a, Matrix b, Matrix c, boolean add) {
    if (m == 0 || n == 0) {
      return;
    }
    GemmKernel kernel = cpu.kernels().gemm();
    try (Scratch s = cpu.scratch(workspace(kernel, m, n, k))) {
      serial(kernel, s.floats(), s.base(), m, n, k, a, b, c, add);
    }
  }

  /**
   * Floats of workspace that {@link #serial(GemmKernel, float[], int, int, int, int, Matrix,
   * Matrix, Matrix, boolean)} needs.
   */
  static int workspace(GemmKernel kernel, int m, int n, int k) {
    return blockWorkspace(m) + PackedB.size(kernel, n, k);
  }

  static void serial(
      GemmKernel kernel,
      float[] work,
      int wo,
      int m,
      int n,
      int k,
      Matrix a,
      Matrix b,
      Matrix c,
      boolean add) {
    if (m == 0 || n == 0) {
      return;
    }
    int packedB = wo + blockWorkspace(m);
    PackedB pb = PackedB.of(kernel, m, n, k, b, work, packedB);
    pb.pack(0, n);
    block(kernel, work, wo, 0, m, 0, n, k, a, pb, c, add);
  }

  private static void columns(
      CpuBackend cpu, int m, int n, int k, Matrix a, Matrix b, Matrix c, boolean add) {
    GemmKernel kernel = cpu.kernels().gemm();
    int nr = kernel.columns();
    boolean inPlace = PackedB.inPlace(kernel, m, n, b);
    try (Scratch s = cpu.scratch(inPlace ? 0 : PackedB.size(kernel, n, k))) {
      PackedB pb = PackedB.of(kernel, m, n, k, b, s.floats(), s.base());
      if (!inPlace) {
        int panels = Math.max(1, (1 << 16) / Math.max(1, k * nr));
        cpu.parallel().range(blocks(n, nr), panels, (f, t) -> pb.pack(f * nr, Math.min(n, t * nr)));
      }
      int rows =
          MC * (int) Math.max(1, Math.min(TASK / ((long) MC * n * Math.max(1, k)), blocks(m, MC)));
      int rowTasks = blocks(m, rows);
      int width = blocks(n, nr) * nr;
      while (rowTasks * blocks(n, width) < MIN_TASKS && width > 4 * nr) {
        width = blocks(width / 2, nr) * nr;
      }
      int w = width;
      cpu.parallel()
          .run(
              rowTasks * blocks(n, w),
              t -> {
                int i = t % rowTasks * rows;
                int j = t / rowTasks * w;
                try (Scratch sa = cpu.scratch(GemmPanel.TILE + A_BLOCK)) {
                  block(
                      kernel,
                      sa.floats(),
                      sa.base(),
                      i,
                      Math.min(m, i + rows),
                      j,
                      Math.min(n, j + w),
                      k,
                      a,
                      pb,
                      c,
                      add);
                }
              });
    }
  }

  /**
   * Few outputs and a long sum: the sum is cut into chunks, whose results are added up in their
   * order.
   */
  private static void splitDepth(
      CpuBackend cpu, int m, int n, int k, Matrix a, Matrix b, Matrix c, boolean add) {
    int chunk = Math.max(SPLIT_DEPTH, blocks(blocks(k, MAX_SPLITS), KC) * KC);
    int chunks = blocks(k, chunk);
    try (Scratch s = cpu.scratch(chunks * m * n)) {
      float[] parts = s.floats();
      int base = s.base();
      cpu.parallel()
          .run(
              chunks,
              t -> {
                int p = t * chunk;
                Matrix out = Matrix.of(parts, base + t * m * n, n);
                serial(cpu, m, n, Math.min(chunk, k - p), part(a, 0, p), part(b, p, 0), out, false);
              });
      for (int i = 0; i < m; i++) {
        int to = c.at(i, 0);
        if (!add) {
          Arrays.fill(c.data, to, to + n, 0f);
        }
        for (int t = 0; t < chunks; t++) {
          int from = base + (t * m + i) * n;
          for (int j = 0; j < n; j++) {
            c.data[to + j] += parts[from + j];
          }
        }
      }
    }
  }

  /** Floats of workspace that {@link #block} needs for products of at most {@code m} rows. */
  static int blockWorkspace(int m) {
    return GemmPanel.TILE + Math.min(MC, blocks(m, 8) * 8) * GemmPanel.ROW_STRIDE;
  }

  /**
   * Rows i0 to i1 and columns j0 to j1 of the product; {@code work} has room for a tile and a block
   * of A.
   */
  static void block(
      GemmKernel kernel,
      float[] work,
      int wo,
      int i0,
      int i1,
      int j0,
      int j1,
      int k,
      Matrix a,
      PackedB b,
      Matrix c,
      boolean add) {
    GemmPanel g = new GemmPanel();
    g.tile = work;
    g.to = wo;
    g.c = c.data;
    g.ldc = c.stride;
    if (k == 0 && !add) {
      for (int i = i0; i < i1; i++) {
        Arrays.fill(c.data, c.at(i, j0), c.at(i, j0) + j1 - j0, 0f);
      }
    }
    for (int i = i0; i < i1; i += MC) {
      g.m = Math.min(MC, i1 - i);
      for (int p = 0; p < k; p += KC) {
        g.k = Math.min(KC, k - p);
        g.add = add || p > 0;
        left(g, a, i, p, work, wo + GemmPanel.TILE);
        for (int j = j0; j < j1; j += kernel.columns()) {
          g.n = Math.min(kernel.columns(), j1 - j);
          b.select(g, p, j);
          g.co = c.at(i, j);
          kernel.multiply(g);
        }
      }
    }
  }

  /** Points the block at A, in place where its rows lie side by side close enough, else packed. */
  private static void left(GemmPanel g, Matrix a, int i, int p, float[] work, int wo) {
    if (a.transposed && a.stride <= 128 && g.m % GemmPanel.ROW_MULTIPLE == 0) {
      g.a = a.data;
      g.ao = a.at(i, p);
      g.lda = a.stride;
      g.aByColumns = true;
      return;
    }
    g.a = work;
    g.ao = wo;
    g.aByColumns = a.transposed;
    int from = a.at(i, p);
    if (a.transposed) {
      g.lda = blocks(g.m, 8) * 8;
      for (int q = 0; q < g.k; q++) {
        System.arraycopy(a.data, from + q * a.stride, work, wo + q * g.lda, g.m);
      }
    } else {
      for (int r = 0; r < g.m; r++) {
        System.arraycopy(a.data, from + r * a.stride, work, wo + r * GemmPanel.ROW_STRIDE, g.k);
      }
    }
  }

  private static Matrix part(Matrix x, int row, int column) {
    return new Matrix(x.data, x.at(row, column), x.stride, x.transposed);
  }

  private static int blocks(int n, int size) {
    return (n + size - 1) / size;
  }
}
