package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.Reduce;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaPool;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;
import java.util.Arrays;

/** Mean over the voxels of each instance: [N,...,C] to [N,C]. */
public record GlobalAveragePool() implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    Shape x = in[0].shape();
    if (x.rank() < 2 || NormShapes.voxels(x) == 0) {
      throw mismatch("activations [N,...,C] with at least one voxel", in);
    }
    return new TensorType[] {new TensorType(in[0].dtype(), Shape.of(x.dim(0), x.dim(-1)))};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    Reduce.sum(cpu, in[0], perInstance(in[0].shape()), out[0]);
    float share = 1f / NormShapes.voxels(in[0].shape());
    float[] y = out[0].hostFloats();
    int yo = out[0].hostOffset();
    for (int i = 0; i < out[0].size(); i++) {
      y[yo + i] *= share;
    }
  }

  /** [N,1,...,1,C]. */
  private static Shape perInstance(Shape x) {
    int[] e = new int[x.rank()];
    Arrays.fill(e, 1);
    e[0] = x.dim(0);
    e[e.length - 1] = x.dim(-1);
    return Shape.of(e);
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaPool.global(cuda, NormShapes.voxels(in[0].shape()), in[0], out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.NOTHING;
  }

  @Override
  public Tensor[] gradient(Backward b) {
    Shape x = b.inputType(0).shape();
    Tensor share = b.grad().mul(1f / NormShapes.voxels(x));
    return new Tensor[] {Eager.run1(new BroadcastTo(x), share.reshape(perInstance(x).toArray()))};
  }
}
