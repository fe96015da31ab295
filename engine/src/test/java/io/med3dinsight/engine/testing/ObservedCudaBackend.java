package io.med3dinsight.engine.testing;

import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaDriver;
import io.med3dinsight.engine.cuda.CudaOptions;
import io.med3dinsight.engine.cuda.SimulatedDriver;
import io.med3dinsight.engine.op.Op;
import io.med3dinsight.engine.tensor.Arithmetic;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.kernels.ptx.SimulatorOptions;

/** A CUDA backend that remembers which ops ran, every tensor in memory of its own. */
final class ObservedCudaBackend extends CudaBackend {
  ObservedCudaBackend(CudaDriver driver, CudaOptions options) {
    super(driver, options, true);
  }

  /** The simulator with all its checks, own kernels only. */
  static Device simulated(Arithmetic arithmetic) {
    SimulatedDriver driver = new SimulatedDriver(SimulatorOptions.defaults().withHostThreads(2));
    CudaOptions options = CudaOptions.DEFAULT.ownKernels().with(arithmetic);
    return Device.of(new ObservedCudaBackend(driver, options));
  }

  @Override
  public void execute(Op op, Tensor[] inputs, Tensor[] outputs) {
    ObservedCpuBackend.SEEN.add(op.getClass());
    super.execute(op, inputs, outputs);
  }
}
