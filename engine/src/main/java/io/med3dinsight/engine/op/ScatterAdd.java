package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.AxisLines;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaIndex;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;
import java.util.Arrays;

/**
 * Sums of elements that name the same place along one axis: {@code y[..., j, ...] = sum over the k
 * with index[..., k, ...] = j of x[..., k, ...]}, in the order of k, 0 where there is none. Inputs
 * x F32 and index I32 of one shape, entries in [0, extent).
 *
 * @param extent of the axis in y
 */
public record ScatterAdd(int axis, int extent) implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    boolean typed = in.length == 2 && in[0].dtype().isFloat() && in[1].dtype() == DType.I32;
    if (!typed || !in[0].shape().equals(in[1].shape())) {
      throw mismatch("values of floats and an index I32 of one shape", in);
    }
    return new TensorType[] {new TensorType(in[0].dtype(), in[0].shape().with(axis, extent))};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    AxisLines from = AxisLines.of(in[0].shape(), axis);
    int n = from.inner();
    float[] x = in[0].hostFloats();
    int[] index = in[1].hostInts();
    float[] y = out[0].hostFloats();
    int xo = in[0].hostOffset();
    int io = in[1].hostOffset();
    int yo = out[0].hostOffset();
    from.run(
        cpu,
        from.extent() + extent,
        (o, first, end) -> {
          for (int j = 0; j < extent; j++) {
            int row = yo + (o * extent + j) * n;
            Arrays.fill(y, row + first, row + end, 0f);
          }
          for (int k = 0; k < from.extent(); k++) {
            int row = (o * from.extent() + k) * n;
            for (int i = first; i < end; i++) {
              int at = Gather.check(index[io + row + i], extent);
              y[yo + (o * extent + at) * n + i] += x[xo + row + i];
            }
          }
        });
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaIndex.scatterAdd(cuda, in[0], in[0].shape().axis(axis), in[1], out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.inputs(1);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    return new Tensor[] {Eager.run1(new Gather(axis), b.grad(), b.input(1)), null};
  }
}
