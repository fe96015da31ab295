package io.med3dinsight.engine.testing;

import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.Kernels;
import io.med3dinsight.engine.op.Op;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A CPU backend with guarded buffers that remembers which ops ran. */
final class ObservedCpuBackend extends CpuBackend {
  static final Set<Class<?>> SEEN = ConcurrentHashMap.newKeySet();

  ObservedCpuBackend(Kernels kernels) {
    super(2, kernels, true);
  }

  @Override
  public void execute(Op op, Tensor[] inputs, Tensor[] outputs) {
    SEEN.add(op.getClass());
    super.execute(op, inputs, outputs);
  }
}
