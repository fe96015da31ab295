package io.med3dinsight.engine.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * Extents of a tensor, outermost axis first. Activations are channels last, [N,D,H,W,C]: N batch, D
 * H W depth height width, C channels. A scalar has rank 0; extents may be zero.
 */
public final class Shape {
  private final int[] extents;
  private final int size;

  private Shape(int[] extents) {
    long count = 1;
    for (int e : extents) {
      if (e < 0) {
        throw new ShapeException("negative extent in shape " + Arrays.toString(extents));
      }
      count = Math.multiplyExact(count, (long) e);
    }
    if (count > Integer.MAX_VALUE - 64) {
      throw new ShapeException(
          "shape "
              + Arrays.toString(extents)
              + " has "
              + count
              + " elements; a tensor holds at most 2^31 - 65; use a smaller batch or patch");
    }
    this.extents = extents;
    this.size = (int) count;
  }

  /** The shape with these extents. */
  public static Shape of(int... extents) {
    return new Shape(extents.clone());
  }

  public int rank() {
    return extents.length;
  }

  /** Number of elements, 1 for a scalar. */
  public int size() {
    return size;
  }

  /** Extent of an axis; negative axes count from the end. */
  public int dim(int axis) {
    return extents[axis(axis)];
  }

  /** The axis as a number in [0, rank), given that -1 names the last. */
  public int axis(int axis) {
    int a = axis < 0 ? axis + extents.length : axis;
    if (a < 0 || a >= extents.length) {
      throw new ShapeException("axis " + axis + " does not exist in shape " + this);
    }
    return a;
  }

  public int[] toArray() {
    return extents.clone();
  }

  /** Row-major strides in elements. */
  public int[] strides() {
    int[] s = new int[extents.length];
    int step = 1;
    for (int i = s.length - 1; i >= 0; i--) {
      s[i] = step;
      step *= Math.max(1, extents[i]);
    }
    return s;
  }

  /** Product of the extents from axis {@code from} (inclusive) to {@code to} (exclusive). */
  public int product(int from, int to) {
    int p = 1;
    for (int i = from; i < to; i++) {
      p *= extents[i];
    }
    return p;
  }

  /** This shape with one axis' extent replaced. */
  public Shape with(int axis, int extent) {
    int[] e = extents.clone();
    e[axis(axis)] = extent;
    return new Shape(e);
  }

  /**
   * The shape both operands take under NumPy broadcasting: axes are matched from the last, an
   * extent of 1 stretches.
   *
   * @throws ShapeException where two extents differ and neither is 1
   */
  public static Shape broadcast(Shape a, Shape b) {
    int rank = Math.max(a.rank(), b.rank());
    int[] e = new int[rank];
    for (int i = 0; i < rank; i++) {
      int x = i < rank - a.rank() ? 1 : a.extents[i - rank + a.rank()];
      int y = i < rank - b.rank() ? 1 : b.extents[i - rank + b.rank()];
      if (x != y && x != 1 && y != 1) {
        throw new ShapeException("shapes " + a + " and " + b + " cannot be broadcast together");
      }
      e[i] = x == 1 ? y : x;
    }
    return new Shape(e);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Shape s && Arrays.equals(extents, s.extents);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(extents);
  }

  @Override
  public String toString() {
    return Arrays.stream(extents)
        .mapToObj(String::valueOf)
        .collect(Collectors.joining(",", "[", "]"));
  }
}
