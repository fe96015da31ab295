package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.op.Attention;
import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Random attention of two batch entries and a number of heads. */
final class AttentionProblem {
  private static final int BATCH = 2;

  /** What the mask lets be seen. */
  enum Mask {
    NONE,
    /** Some keys, the same for all queries of a batch entry. */
    KEYS,
    /** Some keys for each query, none for each fifth query. */
    QUERIES
  }

  final float[] q;
  final float[] k;
  final float[] v;
  final float[] g;
  final float[] bias;
  final int[] mask;
  private final int headsPerEntry;
  private final int t;
  private final int s;
  private final int d;
  private final int dv;
  private final Mask masked;

  AttentionProblem(int heads, int t, int s, int d, int dv, boolean withBias, Mask masked) {
    this.headsPerEntry = heads;
    this.t = t;
    this.s = s;
    this.d = d;
    this.dv = dv;
    this.masked = masked;
    SplittableRandom r = new SplittableRandom(31L * t + s + d);
    q = uniform(r, 2, heads() * t * d);
    k = uniform(r, 2, heads() * s * d);
    v = uniform(r, 1, heads() * s * dv);
    g = uniform(r, 1, heads() * t * dv);
    bias = withBias ? uniform(r, 1, heads * t * s) : null;
    mask = masked == Mask.NONE ? null : new int[masked == Mask.KEYS ? BATCH * s : t * s];
    for (int i = 0; mask != null && i < mask.length; i++) {
      mask[i] = masked == Mask.QUERIES && i / s % 5 == 0 ? 0 : r.nextInt(3);
    }
  }

  private static float[] uniform(SplittableRandom r, double range, int n) {
    float[] x = new float[n];
    for (int i = 0; i < n; i++) {
      x[i] = (float) r.nextDouble(-range, range);
    }
    return x;
  }

  int heads() {
    return BATCH * headsPerEntry;
  }

  int t() {
    return t;
  }

  int s() {
    return s;
  }

  int d() {
    return d;
  }

  int dv() {
    return dv;
  }

  float scale() {
    return (float) (1 / Math.sqrt(d));
  }

  int biasAt(int head, int i, int j) {
    return (head % headsPerEntry * t + i) * s + j;
  }

  boolean sees(int head, int i, int j) {
    return mask == null
        || mask[masked == Mask.KEYS ? head / headsPerEntry * s + j : i * s + j] != 0;
  }

  /** Outputs and gradients: y, log sums, dq, dk, dv, dbias. */
  float[][] run(Device device, DType dtype) {
    try (Scope scope = Scope.open()) {
      List<Tensor> in = inputs(device, dtype);
      Tensor[] out = Eager.run(op(), in.toArray(new Tensor[0]));
      in.add(out[0]);
      in.add(out[1]);
      in.add(Tensor.of(device, g, BATCH, headsPerEntry, t, dv).cast(dtype));
      Tensor[] grads = Eager.run(derivative(), in.toArray(new Tensor[0]));
      float[][] values = new float[2 + grads.length][];
      values[0] = out[0].toFloats();
      values[1] = out[1].toFloats();
      for (int i = 0; i < grads.length; i++) {
        values[2 + i] = grads[i].toFloats();
      }
      return values;
    }
  }

  List<Tensor> inputs(Device device, DType dtype) {
    List<Tensor> in = new ArrayList<>();
    in.add(Tensor.of(device, q, BATCH, headsPerEntry, t, d).cast(dtype));
    in.add(Tensor.of(device, k, BATCH, headsPerEntry, s, d).cast(dtype));
    in.add(Tensor.of(device, v, BATCH, headsPerEntry, s, dv).cast(dtype));
    if (bias != null) {
      in.add(Tensor.of(device, bias, headsPerEntry, t, s));
    }
    if (masked == Mask.KEYS) {
      in.add(Tensor.of(device, mask, BATCH, 1, 1, s));
    } else if (masked == Mask.QUERIES) {
      in.add(Tensor.of(device, mask, t, s));
    }
    return in;
  }

  Attention op() {
    return new Attention(scale(), bias != null, mask != null);
  }

  Attention.Derivative derivative() {
    return new Attention.Derivative(scale(), bias != null, mask != null, bias != null);
  }

  @Override
  public String toString() {
    return heads()
        + " heads, "
        + t
        + " queries, "
        + s
        + " keys, widths "
        + d
        + " and "
        + dv
        + (bias == null ? "" : ", bias")
        + (mask == null ? "" : ", mask of " + masked);
  }
}
