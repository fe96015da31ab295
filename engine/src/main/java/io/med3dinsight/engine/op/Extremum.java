package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.AxisLines;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaIndex;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * The largest or the smallest value along one axis, which stays with extent 1; of equal values the
 * first, and NaN before all others. Outputs y and the winner's index, I32. All of the gradient goes
 * to the winner.
 *
 * @param largest whether the largest is wanted, else the smallest
 */
public record Extremum(int axis, boolean largest) implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    if (!in[0].dtype().isFloat() || in[0].shape().dim(axis) == 0) {
      throw mismatch("values of floats with at least one entry along axis " + axis, in);
    }
    Shape y = in[0].shape().with(axis, 1);
    return new TensorType[] {new TensorType(in[0].dtype(), y), TensorType.i32(y)};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    AxisLines lines = AxisLines.of(in[0].shape(), axis);
    int n = lines.inner();
    float[] x = in[0].hostFloats();
    float[] y = out[0].hostFloats();
    int[] where = out[1].hostInts();
    int xo = in[0].hostOffset();
    int yo = out[0].hostOffset();
    int wo = out[1].hostOffset();
    lines.run(
        cpu,
        lines.extent(),
        (o, first, end) -> {
          for (int i = first; i < end; i++) {
            y[yo + o * n + i] = x[xo + o * lines.extent() * n + i];
            where[wo + o * n + i] = 0;
          }
          for (int k = 1; k < lines.extent(); k++) {
            int row = xo + (o * lines.extent() + k) * n;
            for (int i = first; i < end; i++) {
              if (wins(x[row + i], y[yo + o * n + i])) {
                y[yo + o * n + i] = x[row + i];
                where[wo + o * n + i] = k;
              }
            }
          }
        });
  }

  private boolean wins(float v, float best) {
    return (largest ? v > best : v < best) || Float.isNaN(v) && !Float.isNaN(best);
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    int a = in[0].shape().axis(axis);
    CudaIndex.extremum(cuda, in[0], a, largest, out[0], out[1]);
  }

  @Override
  public Saved saved() {
    return Saved.outputs(1);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    int extent = b.inputType(0).shape().dim(axis);
    return new Tensor[] {Eager.run1(new ScatterAdd(axis, extent), b.grad(), b.output(1))};
  }
}
