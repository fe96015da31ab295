package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.StridedCopy;
import io.med3dinsight.engine.cuda.CudaArrange;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;
import java.util.List;

/** Axes in another order: axis i of the result is axis {@code order[i]} of the input. */
public record Permute(List<Integer> order) implements Op {
  public Permute {
    order = List.copyOf(order);
  }

  @Override
  public TensorType[] infer(TensorType... in) {
    Shape s = in[0].shape();
    boolean[] seen = new boolean[s.rank()];
    int[] e = new int[s.rank()];
    if (order.size() != s.rank()) {
      throw mismatch("a tensor of rank " + order.size(), in);
    }
    for (int i = 0; i < e.length; i++) {
      int a = s.axis(order.get(i));
      if (seen[a]) {
        throw mismatch("each axis once", in);
      }
      seen[a] = true;
      e[i] = s.dim(a);
    }
    return new TensorType[] {new TensorType(in[0].dtype(), Shape.of(e))};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    int[] from = in[0].shape().strides();
    int[] strides = new int[from.length];
    for (int i = 0; i < strides.length; i++) {
      strides[i] = from[in[0].shape().axis(order.get(i))];
    }
    StridedCopy.gather(cpu, in[0], 0, strides, out[0]);
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    int[] axes = order.stream().mapToInt(in[0].shape()::axis).toArray();
    CudaArrange.permute(cuda, in[0], axes, out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.NOTHING;
  }

  @Override
  public Tensor[] gradient(Backward b) {
    Integer[] inverse = new Integer[order.size()];
    for (int i = 0; i < inverse.length; i++) {
      inverse[b.inputType(0).shape().axis(order.get(i))] = i;
    }
    return new Tensor[] {Eager.run1(new Permute(List.of(inverse)), b.grad())};
  }
}
