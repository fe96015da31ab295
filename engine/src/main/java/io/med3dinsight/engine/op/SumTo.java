package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.Reduce;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaReduce;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * Sum over the axes along which {@code shape} was broadcast to the input: the gradient of
 * broadcasting.
 */
public record SumTo(Shape shape) implements Op {
  /** {@code x} summed to {@code shape}; {@code x} itself where it has that shape already. */
  public static Tensor shape(Tensor x, Shape shape) {
    return x.shape().equals(shape) ? x : Eager.run1(new SumTo(shape), x);
  }

  @Override
  public TensorType[] infer(TensorType... in) {
    if (!Shape.broadcast(in[0].shape(), shape).equals(in[0].shape())) {
      throw mismatch("a shape that " + shape + " broadcasts to", in);
    }
    return new TensorType[] {new TensorType(in[0].dtype(), shape)};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    Reduce.sum(cpu, in[0], shape, out[0]);
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaReduce.sum(cuda, in[0], out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.NOTHING;
  }

  @Override
  public Tensor[] gradient(Backward b) {
    return new Tensor[] {Eager.run1(new BroadcastTo(b.inputType(0).shape()), b.grad())};
  }
}
