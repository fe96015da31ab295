package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaArrange;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The entries moved along their axes, those that leave at one end coming back at the other: {@code
 * y[i_0, ...] = x[(i_0 - shift_0) mod n_0, ...]}, F32 or I32.
 *
 * @param shifts for each axis, of either sign and any size
 */
public record Roll(List<Integer> shifts) implements Op {
  private static final int GRAIN = 1 << 15;

  public Roll {
    shifts = List.copyOf(shifts);
  }

  @Override
  public TensorType[] infer(TensorType... in) {
    if (shifts.size() != in[0].shape().rank()) {
      throw mismatch("as many shifts as axes", in);
    }
    return new TensorType[] {in[0]};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    if (in[0].size() == 0) {
      return;
    }
    boolean floats = in[0].dtype() == DType.F32;
    Object x = floats ? in[0].hostFloats() : in[0].hostInts();
    Object y = floats ? out[0].hostFloats() : out[0].hostInts();
    Shape s = in[0].shape();
    // Axes at the end that stay where they are make blocks; a row of blocks is copied in two parts.
    int last = s.rank() - 1;
    int block = 1;
    while (last > 0 && shift(s, last) == 0) {
      block *= s.dim(last--);
    }
    int axis = last;
    int row = axis < 0 ? 1 : s.dim(axis) * block;
    int tail = axis < 0 ? 0 : shift(s, axis) * block;
    int xo = in[0].hostOffset();
    int yo = out[0].hostOffset();
    cpu.parallel()
        .range(
            in[0].size() / row,
            Math.max(1, GRAIN / row),
            (from, to) -> {
              for (int r = from; r < to; r++) {
                int source = xo + source(s, axis, r) * row;
                System.arraycopy(x, source, y, yo + r * row + tail, row - tail);
                System.arraycopy(x, source + row - tail, y, yo + r * row, tail);
              }
            });
  }

  private int shift(Shape s, int axis) {
    return Math.floorMod(shifts.get(axis), s.dim(axis));
  }

  /**
   * The row of x that goes to row r of y, rows being numbered over the axes before {@code axes}.
   */
  private int source(Shape s, int axes, int r) {
    int from = 0;
    int stride = 1;
    int rest = r;
    for (int a = axes - 1; a >= 0; a--) {
      from += Math.floorMod(rest % s.dim(a) - shift(s, a), s.dim(a)) * stride;
      stride *= s.dim(a);
      rest /= s.dim(a);
    }
    return from;
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    if (in[0].size() > 0) {
      int[] s = IntStream.range(0, shifts.size()).map(a -> shift(in[0].shape(), a)).toArray();
      CudaArrange.roll(cuda, in[0], s, out[0]);
    }
  }

  @Override
  public Saved saved() {
    return Saved.NOTHING;
  }

  @Override
  public Tensor[] gradient(Backward b) {
    Shape s = b.inputType(0).shape();
    Integer[] back = new Integer[shifts.size()];
    for (int a = 0; a < back.length; a++) {
      // Reduced first: the negative of the smallest int is itself.
      back[a] = s.dim(a) == 0 ? 0 : -shift(s, a);
    }
    return new Tensor[] {Eager.run1(new Roll(List.of(back)), b.grad())};
  }
}
