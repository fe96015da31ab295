package io.med3dinsight.engine.testing;

import io.med3dinsight.engine.tensor.Shape;
import java.util.SplittableRandom;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;

/** A row-major array of doubles: what naive references compute with. */
public final class Nd {
  public final Shape shape;
  public final double[] data;

  public Nd(Shape shape, double[] data) {
    if (shape.size() != data.length) {
      throw new IllegalArgumentException(data.length + " values for shape " + shape);
    }
    this.shape = shape;
    this.data = data;
  }

  public static Nd zeros(int... extents) {
    Shape s = Shape.of(extents);
    return new Nd(s, new double[s.size()]);
  }

  /** Values uniform in [low, high), rounded to float so that both sides see the same numbers. */
  public static Nd uniform(SplittableRandom r, double low, double high, int... extents) {
    Nd a = zeros(extents);
    for (int i = 0; i < a.data.length; i++) {
      a.data[i] = (float) (low + (high - low) * r.nextDouble());
    }
    return a;
  }

  /** Whole numbers uniform in [0, bound). */
  public static Nd integers(SplittableRandom r, int bound, int... extents) {
    Nd a = zeros(extents);
    for (int i = 0; i < a.data.length; i++) {
      a.data[i] = r.nextInt(bound);
    }
    return a;
  }

  public static Nd of(Shape shape, float[] values) {
    double[] d = new double[values.length];
    for (int i = 0; i < d.length; i++) {
      d[i] = values[i];
    }
    return new Nd(shape, d);
  }

  public int dim(int axis) {
    return shape.dim(axis);
  }

  public double get(int... index) {
    return data[offset(index)];
  }

  public void set(double v, int... index) {
    data[offset(index)] = v;
  }

  public void add(double v, int... index) {
    data[offset(index)] += v;
  }

  private int offset(int[] index) {
    int o = 0;
    for (int i = 0; i < index.length; i++) {
      if (index[i] < 0 || index[i] >= shape.dim(i)) {
        throw new IndexOutOfBoundsException("index " + index[i] + " on axis " + i + " of " + shape);
      }
      o = o * shape.dim(i) + index[i];
    }
    return o;
  }

  public Nd map(DoubleUnaryOperator f) {
    double[] d = new double[data.length];
    for (int i = 0; i < d.length; i++) {
      d[i] = f.applyAsDouble(data[i]);
    }
    return new Nd(shape, d);
  }

  /** Elementwise under broadcasting. */
  public static Nd zip(Nd a, Nd b, DoubleBinaryOperator f) {
    Shape s = Shape.broadcast(a.shape, b.shape);
    Nd x = a.broadcast(s);
    Nd y = b.broadcast(s);
    double[] d = new double[s.size()];
    for (int i = 0; i < d.length; i++) {
      d[i] = f.applyAsDouble(x.data[i], y.data[i]);
    }
    return new Nd(s, d);
  }

  public Nd broadcast(Shape to) {
    Nd out = new Nd(to, new double[to.size()]);
    for (int i = 0; i < out.data.length; i++) {
      int rest = i;
      int o = 0;
      int stride = 1;
      for (int axis = 1; axis <= to.rank(); axis++) {
        int at = rest % to.dim(-axis);
        rest /= to.dim(-axis);
        if (axis <= shape.rank()) {
          o += (shape.dim(-axis) == 1 ? 0 : at) * stride;
          stride *= shape.dim(-axis);
        }
      }
      out.data[i] = data[o];
    }
    return out;
  }

  public Nd reshape(int... extents) {
    return new Nd(Shape.of(extents), data);
  }

  public Nd copy() {
    return new Nd(shape, data.clone());
  }

  public float[] floats() {
    float[] f = new float[data.length];
    for (int i = 0; i < f.length; i++) {
      f[i] = (float) data[i];
    }
    return f;
  }

  public int[] ints() {
    int[] f = new int[data.length];
    for (int i = 0; i < f.length; i++) {
      f[i] = (int) data[i];
    }
    return f;
  }
}
