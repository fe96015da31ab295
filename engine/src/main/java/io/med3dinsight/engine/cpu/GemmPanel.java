package io.med3dinsight.engine.cpu;

/**
 * One block of a matrix product, {@code C[m,n] (+)= A[m,k] B[k,n]} with {@code n} at most {@link
 * GemmKernel#columns} and {@code k} at most {@link #DEPTH}. A mutable parameter block, reused from
 * one call to the next within a task.
 */
public final class GemmPanel {
  /** Largest {@code k} of a block: a panel of B of this depth stays in the first-level cache. */
  public static final int DEPTH = 256;

  /**
   * Distance between the packed rows of A when they lie row by row. A constant, so that the tiles'
   * addresses have constant displacements; 17 cache lines, so that rows do not fall on the same
   * cache set.
   */
  public static final int ROW_STRIDE = DEPTH + 16;

  /** Rows are packed in multiples of this; those beyond {@code m} may hold anything. */
  public static final int ROW_MULTIPLE = 4;

  /** Floats needed for {@link #tile}. */
  public static final int TILE = 8 * 512;

  public int m;
  public int n;
  public int k;
  public float[] a;
  public int ao;

  /**
   * Whether element (i, p) of A is at {@code ao + p * lda + i} rather than {@code ao + i *
   * ROW_STRIDE + p}.
   */
  public boolean aByColumns;

  public int lda;
  public float[] b;

  /**
   * Element (p, j) of B is at {@code bo + p * ldb + j}; readable up to the next multiple of the
   * vector length in j.
   */
  public int bo;

  public int ldb;
  public float[] c;
  public int co;
  public int ldc;

  /** Whether the product is added to what C holds. */
  public boolean add;

  /** Room for tiles that stick out of C. */
  public float[] tile;

  public int to;
}
