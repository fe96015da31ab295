package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.StridedCopy;
import io.med3dinsight.engine.cuda.CudaArrange;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/** The inputs one after the other along one axis. */
public record Concat(int axis) implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    Shape first = in[0].shape();
    int extent = 0;
    for (TensorType t : in) {
      boolean fits = t.shape().rank() == first.rank() && t.dtype() == in[0].dtype();
      if (!fits || !t.shape().with(axis, first.dim(axis)).equals(first)) {
        throw mismatch("tensors that differ along axis " + axis + " only", in);
      }
      extent += t.shape().dim(axis);
    }
    return new TensorType[] {new TensorType(in[0].dtype(), first.with(axis, extent))};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    int[] strides = out[0].shape().strides();
    int a = out[0].shape().axis(axis);
    int at = 0;
    for (Tensor t : in) {
      StridedCopy.scatter(cpu, t, out[0], at * strides[a], strides);
      at += t.dim(a);
    }
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaArrange.concat(cuda, in, out[0].shape().axis(axis), out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.NOTHING;
  }

  @Override
  public Tensor[] gradient(Backward b) {
    Tensor[] g = new Tensor[b.inputCount()];
    int at = 0;
    for (int i = 0; i < g.length; i++) {
      int extent = b.inputType(i).shape().dim(axis);
      g[i] = b.needs(i) ? Eager.run1(new Slice(axis, at, at + extent), b.grad()) : null;
      at += extent;
    }
    return g;
  }
}
