package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.StridedCopy;
import io.med3dinsight.engine.cuda.CudaArrange;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/** The indices [from, to) along one axis. */
public record Slice(int axis, int from, int to) implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    int extent = in[0].shape().dim(axis);
    if (from < 0 || to < from || to > extent) {
      throw mismatch("a range within [0, " + extent + ")", in);
    }
    return new TensorType[] {new TensorType(in[0].dtype(), in[0].shape().with(axis, to - from))};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    int[] strides = in[0].shape().strides();
    StridedCopy.gather(cpu, in[0], from * strides[in[0].shape().axis(axis)], strides, out[0]);
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaArrange.slice(cuda, in[0], in[0].shape().axis(axis), from, out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.NOTHING;
  }

  @Override
  public Tensor[] gradient(Backward b) {
    int extent = b.inputType(0).shape().dim(axis);
    Op pad = Pad.along(b.outputType(0).shape(), axis, from, extent - to, 0f);
    return new Tensor[] {Eager.run1(pad, b.grad())};
  }
}
