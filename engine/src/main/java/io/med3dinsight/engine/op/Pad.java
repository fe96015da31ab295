package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.StridedCopy;
import io.med3dinsight.engine.cuda.CudaArrange;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;
import java.util.Arrays;
import java.util.List;

/**
 * The input with constant entries around it, F32 or I32.
 *
 * @param before entries added in front, for each axis
 * @param after entries added behind, for each axis
 * @param value of the added entries; a whole number for I32
 */
public record Pad(List<Integer> before, List<Integer> after, float value) implements Op {
  public Pad {
    before = List.copyOf(before);
    after = List.copyOf(after);
  }

  /** Padding along one axis of a tensor of this shape. */
  static Pad along(Shape shape, int axis, int before, int after, float value) {
    Integer[] b = new Integer[shape.rank()];
    Arrays.fill(b, 0);
    Integer[] a = b.clone();
    b[shape.axis(axis)] = before;
    a[shape.axis(axis)] = after;
    return new Pad(List.of(b), List.of(a), value);
  }

  @Override
  public TensorType[] infer(TensorType... in) {
    int[] e = in[0].shape().toArray();
    if (before.size() != e.length || after.size() != e.length) {
      throw mismatch("as many paddings as axes", in);
    }
    for (int i = 0; i < e.length; i++) {
      if (before.get(i) < 0 || after.get(i) < 0) {
        throw mismatch("no negative padding", in);
      }
      e[i] = Math.addExact(e[i], Math.addExact(before.get(i), after.get(i)));
    }
    if (in[0].dtype() == DType.I32 && value != (int) value) {
      throw mismatch("a whole number to pad I32 with", in);
    }
    return new TensorType[] {new TensorType(in[0].dtype(), Shape.of(e))};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    int o = out[0].hostOffset();
    if (out[0].dtype() == DType.F32) {
      Arrays.fill(out[0].hostFloats(), o, o + out[0].size(), value);
    } else {
      Arrays.fill(out[0].hostInts(), o, o + out[0].size(), (int) value);
    }
    int[] strides = out[0].shape().strides();
    int start = 0;
    for (int i = 0; i < strides.length; i++) {
      start += before.get(i) * strides[i];
    }
    StridedCopy.scatter(cpu, in[0], out[0], start, strides);
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaArrange.pad(cuda, in[0], before, value, out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.NOTHING;
  }

  @Override
  public Tensor[] gradient(Backward b) {
    Tensor g = b.grad();
    for (int i = 0; i < before.size(); i++) {
      if (before.get(i) + after.get(i) > 0) {
        int from = before.get(i);
        g = Eager.run1(new Slice(i, from, from + b.inputType(0).shape().dim(i)), g);
      }
    }
    return new Tensor[] {g};
  }
}
