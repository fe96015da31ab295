package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.AxisLines;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaIndex;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.ShapeException;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * Elements picked along one axis: {@code y[..., k, ...] = x[..., index[..., k, ...], ...]}. Inputs
 * x F32 and index I32 of equal extents but along the axis, entries in [0, extent of x); y has the
 * shape of index.
 */
public record Gather(int axis) implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    boolean typed = in.length == 2 && in[0].dtype().isFloat() && in[1].dtype() == DType.I32;
    if (!typed || !differOnlyAlong(axis, in[0].shape(), in[1].shape())) {
      throw mismatch(
          "values of floats and an index I32 that differ along axis " + axis + " only", in);
    }
    return new TensorType[] {new TensorType(in[0].dtype(), in[1].shape())};
  }

  static boolean differOnlyAlong(int axis, Shape a, Shape b) {
    return a.rank() == b.rank() && a.with(axis, b.dim(axis)).equals(b);
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    AxisLines from = AxisLines.of(in[0].shape(), axis);
    AxisLines to = AxisLines.of(in[1].shape(), axis);
    int n = from.inner();
    float[] x = in[0].hostFloats();
    int[] index = in[1].hostInts();
    float[] y = out[0].hostFloats();
    int xo = in[0].hostOffset();
    int io = in[1].hostOffset();
    int yo = out[0].hostOffset();
    to.run(
        cpu,
        to.extent(),
        (o, first, end) -> {
          for (int k = 0; k < to.extent(); k++) {
            int row = (o * to.extent() + k) * n;
            for (int i = first; i < end; i++) {
              int at = check(index[io + row + i], from.extent());
              y[yo + row + i] = x[xo + (o * from.extent() + at) * n + i];
            }
          }
        });
  }

  static int check(int index, int extent) {
    if (index < 0 || index >= extent) {
      throw new ShapeException(
          "index "
              + index
              + " is outside an axis of "
              + extent
              + " entries: expected 0 or more and less than that");
    }
    return index;
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaIndex.gather(cuda, in[0], in[0].shape().axis(axis), in[1], out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.inputs(1);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    int extent = b.inputType(0).shape().dim(axis);
    return new Tensor[] {Eager.run1(new ScatterAdd(axis, extent), b.grad(), b.input(1)), null};
  }
}
