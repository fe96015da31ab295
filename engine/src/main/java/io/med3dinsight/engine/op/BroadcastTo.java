package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.Broadcast;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaBroadcast;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;
import java.util.Arrays;

/** The input repeated along axes of extent 1 until it has {@code shape}. */
public record BroadcastTo(Shape shape) implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    if (!Shape.broadcast(in[0].shape(), shape).equals(shape)) {
      throw mismatch("a shape that broadcasts to " + shape, in);
    }
    return new TensorType[] {new TensorType(in[0].dtype(), shape)};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    Broadcast.binary(
        cpu,
        in[0],
        in[0],
        out[0],
        (a, ao, as, b, bo, bs, y, yo, n) -> {
          if (as == 0) {
            Arrays.fill(y, yo, yo + n, a[ao]);
          } else {
            System.arraycopy(a, ao, y, yo, n);
          }
        });
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaBroadcast.to(cuda, in[0], out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.NOTHING;
  }

  @Override
  public Tensor[] gradient(Backward b) {
    return new Tensor[] {SumTo.shape(b.grad(), b.inputType(0).shape())};
  }
}
