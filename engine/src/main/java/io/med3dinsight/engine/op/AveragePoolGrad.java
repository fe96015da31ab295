package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * Gradient of {@link AveragePool}: a window's gradient is shared by its voxels. Input dy.
 *
 * @param shape of the input of the forward pass
 */
public record AveragePoolGrad(PoolWindow window, boolean includePad, Shape shape) implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    return new TensorType[] {new TensorType(in[0].dtype(), shape)};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    window.pool(cpu, shape, in[0].shape()).averageGradient(in[0], out[0], includePad);
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    window.pool(cuda, shape, in[0].shape()).averageGradient(in[0], out[0], includePad);
  }

  @Override
  public Saved saved() {
    return Saved.NOTHING;
  }

  @Override
  public Tensor[] gradient(Backward b) {
    return new Tensor[] {Eager.run1(new AveragePool(window, includePad), b.grad())};
  }
}
