package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.Broadcast;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaBroadcast;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/** Product of two tensors element by element, {@code y = a b}, under broadcasting. */
public record Mul() implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    return new TensorType[] {
      new TensorType(in[0].dtype(), Shape.broadcast(in[0].shape(), in[1].shape()))
    };
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    Broadcast.binary(cpu, in[0], in[1], out[0], Mul::rows);
  }

  private static void rows(
      float[] a, int ao, int as, float[] b, int bo, int bs, float[] y, int yo, int n) {
    if (as == 1 && bs == 1) {
      for (int i = 0; i < n; i++) {
        y[yo + i] = a[ao + i] * b[bo + i];
      }
    } else if (as == 1) {
      float s = b[bo];
      for (int i = 0; i < n; i++) {
        y[yo + i] = a[ao + i] * s;
      }
    } else {
      for (int i = 0; i < n; i++) {
        y[yo + i] = a[ao + i * as] * b[bo + i * bs];
      }
    }
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaBroadcast.binary(cuda, "mul", in[0], in[1], out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.inputs(0, 1);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    Tensor[] g = new Tensor[2];
    if (b.needs(0)) {
      g[0] = SumTo.shape(b.grad().mul(b.input(1)), b.inputType(0).shape());
    }
    if (b.needs(1)) {
      g[1] = SumTo.shape(b.grad().mul(b.input(0)), b.inputType(1).shape());
    }
    return g;
  }
}
