package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaElementwise;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.DeviceException;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * The same numbers as another float type: F32 to BF16 rounds to nearest, ties to even; BF16 to F32
 * is exact.
 */
public record Cast(DType dtype) implements Op {
  public Cast {
    if (!dtype.isFloat()) {
      throw new IllegalArgumentException(
          "Cast converts between float types, not to " + dtype + ".");
    }
  }

  @Override
  public TensorType[] infer(TensorType... in) {
    if (!in[0].dtype().isFloat()) {
      throw mismatch("a float tensor", in);
    }
    return new TensorType[] {new TensorType(dtype, in[0].shape())};
  }

  @Override
  public Precision precision() {
    return Precision.EXACT;
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    throw new DeviceException("Tensors of type BF16 exist on CUDA devices only.");
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaElementwise.cast(cuda, in[0], out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.NOTHING;
  }

  @Override
  public Tensor[] gradient(Backward b) {
    return new Tensor[] {b.grad().cast(b.inputType(0).dtype())};
  }
}
