package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.ShapeException;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.Arrays;

/**
 * The batch axes of a matrix product with broadcasting, those that can be walked as one merged, and
 * the distances of neighbouring matrices along each.
 *
 * @param extents outermost axis first
 * @param strideA elements between neighbouring left matrices, 0 where one serves all
 * @param strideB the same of the right
 */
record MatrixBatch(int[] extents, int[] strideA, int[] strideB) {
  /** What a kernel takes. */
  static final int MOST_AXES = 6;

  /** No batch axes: one product. */
  static final MatrixBatch ONE = new MatrixBatch(new int[0], new int[0], new int[0]);

  static MatrixBatch of(Tensor a, Tensor b, Tensor y) {
    int rank = y.rank() - 2;
    int[] extents = new int[rank];
    int[] sa = new int[rank];
    int[] sb = new int[rank];
    int stepA = a.dim(-1) * a.dim(-2);
    int stepB = b.dim(-1) * b.dim(-2);
    int used = rank;
    for (int axis = -3; axis >= -y.rank(); axis--) {
      int e = y.dim(axis);
      int da = extent(a.shape(), axis);
      int db = extent(b.shape(), axis);
      if (e > 1) {
        used--;
        extents[used] = e;
        sa[used] = da == 1 ? 0 : stepA;
        sb[used] = db == 1 ? 0 : stepB;
        if (used + 1 < rank && follows(extents, sa, used) && follows(extents, sb, used)) {
          extents[used + 1] *= e;
          used++;
        }
      }
      stepA *= da;
      stepB *= db;
    }
    if (rank - used > MOST_AXES) {
      throw new ShapeException(
          "MatMul on CUDA broadcasts along at most "
              + MOST_AXES
              + " axes that cannot be merged, but was given "
              + a.type()
              + " and "
              + b.type());
    }
    return new MatrixBatch(
        Arrays.copyOfRange(extents, used, rank),
        Arrays.copyOfRange(sa, used, rank),
        Arrays.copyOfRange(sb, used, rank));
  }

  /** Whether axis i is walked as the continuation of axis i + 1. */
  private static boolean follows(int[] extents, int[] strides, int i) {
    return strides[i] == strides[i + 1] * extents[i + 1];
  }

  private static int extent(Shape s, int axis) {
    return -axis <= s.rank() ? s.dim(axis) : 1;
  }

  int count() {
    int n = 1;
    for (int e : extents) {
      n *= e;
    }
    return n;
  }

  /** Whether all left matrices start at multiples of {@code elements} after the first. */
  boolean leftMultiplesOf(int elements) {
    return Arrays.stream(strideA).allMatch(s -> s % elements == 0);
  }

  boolean rightMultiplesOf(int elements) {
    return Arrays.stream(strideB).allMatch(s -> s % elements == 0);
  }

  /** As the kernels' structures end: rank, extents, strides. */
  void put(int[] into, int at) {
    into[at] = extents.length;
    System.arraycopy(extents, 0, into, at + 1, extents.length);
    System.arraycopy(strideA, 0, into, at + 1 + MOST_AXES, extents.length);
    System.arraycopy(strideB, 0, into, at + 1 + 2 * MOST_AXES, extents.length);
  }
}
