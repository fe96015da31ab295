package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.AxisMap;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaResize;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * Gradient of {@link Resize}: the transposed map. Input dy.
 *
 * @param shape of the input of the forward pass, [N,D,H,W,C]
 */
public record ResizeGrad(Resize.Mode mode, Shape shape) implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    return new TensorType[] {new TensorType(in[0].dtype(), shape)};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    AxisMap[] maps = Resize.maps(mode, shape, in[0].shape());
    for (int a = 0; a < 3; a++) {
      maps[a] = maps[a].transposed(shape.dim(a + 1));
    }
    AxisMap.apply(cpu, in[0], maps, out[0]);
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    new CudaResize(cuda, mode.ordinal(), shape, in[0].shape()).gradient(in[0], out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.NOTHING;
  }

  @Override
  public Tensor[] gradient(Backward b) {
    Shape dy = b.inputType(0).shape();
    Op op = new Resize(mode, dy.dim(1), dy.dim(2), dy.dim(3));
    return new Tensor[] {Eager.run1(op, b.grad())};
  }
}
