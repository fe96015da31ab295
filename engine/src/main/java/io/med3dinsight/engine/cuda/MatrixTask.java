package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Tensor;

/**
 * A matrix product as the kernels see it: y [batch, m, n] = op(a) op(b) + bias.
 *
 * @param a m x k, or k x m where {@code transposeA}
 * @param b k x n, or n x k where {@code transposeB}
 * @param bias [n], F32, or null
 */
record MatrixTask(
    int m,
    int n,
    int k,
    Tensor a,
    boolean transposeA,
    Tensor b,
    boolean transposeB,
    MatrixBatch batch,
    Tensor bias,
    Tensor y) {
  boolean halves() {
    return a.dtype() == DType.BF16;
  }

  /** Elements of 16 bytes. */
  int vector() {
    return 16 / a.dtype().bytes();
  }

  /** Whether the rows of a in memory start at multiples of 16 bytes after the first. */
  boolean evenLeft() {
    return (transposeA ? m : k) % vector() == 0 && batch.leftMultiplesOf(vector());
  }

  boolean evenRight() {
    return (transposeB ? k : n) % vector() == 0 && batch.rightMultiplesOf(vector());
  }

  /** {@code nn}, {@code nt}, {@code tn} or {@code tt}. */
  String layout() {
    return (transposeA ? "t" : "n") + (transposeB ? "t" : "n");
  }

  long size() {
    return (long) batch.count() * m * n;
  }
}
