package io.med3dinsight.engine.op;

import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * An op whose only output is the same memory under another shape: nothing is computed or copied.
 */
public interface ViewOp extends Op {
  /** First element of the view within the input. */
  int start(TensorType input);

  @Override
  default void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    throw new IllegalStateException(name() + " is a view and is never executed");
  }

  @Override
  default void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    throw new IllegalStateException(name() + " is a view and is never executed");
  }
}
