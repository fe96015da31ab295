package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.SoftmaxBlocks;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaLoss;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;
import java.util.Arrays;

/**
 * Mean cross-entropy of softmax, as in PyTorch: with {@code l = -log softmax(logits)}, {@code loss
 * = sum over rows of ((1 - s) w[y] l[y] + s/C sum over c of w[c] l[c]) / sum over rows of w[y]},
 * rows labelled {@code ignoreIndex} left out; 0 where none is left. A label that is neither a class
 * nor that one is an error on the CPU and makes the loss NaN on CUDA, where values are not read
 * back.
 *
 * <p>Inputs logits [...,C], labels I32 [...], class weights w [C]; outputs loss [], sum of weights
 * [].
 *
 * @param ignoreIndex label of rows that do not count
 * @param smoothing s, label smoothing in [0, 1]
 */
public record CrossEntropy(int ignoreIndex, float smoothing) implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    Shape x = in[0].shape();
    boolean good = x.rank() > 0 && x.dim(-1) > 0 && in[1].dtype() == DType.I32;
    good = good && Arrays.equals(in[1].shape().toArray(), Arrays.copyOf(x.toArray(), x.rank() - 1));
    if (!good || !in[2].shape().equals(Shape.of(x.dim(-1)))) {
      throw mismatch("logits [...,C], labels I32 [...] and class weights [C]", in);
    }
    return new TensorType[] {TensorType.f32(), TensorType.f32()};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    int classes = in[0].dim(-1);
    int rows = in[1].size();
    SoftmaxBlocks blocks = new SoftmaxBlocks(cpu, rows, classes, 1);
    double[] loss = new double[blocks.tasks()];
    double[] weight = new double[blocks.tasks()];
    Rows r = new Rows(in, classes);
    blocks.run(
        in[0],
        (task, row, n, p, logSum) -> {
          for (int i = 0; i < n; i++) {
            int y = SoftmaxBlocks.label(r.labels, r.lo, row + i, classes, ignoreIndex);
            if (y != ignoreIndex) {
              loss[task] += r.loss(row + i, y, logSum[i], smoothing);
              weight[task] += r.weights[y];
            }
          }
        });
    double sum = ordered(loss);
    double total = ordered(weight);
    out[0].hostFloats()[out[0].hostOffset()] = (float) (total == 0 ? 0 : sum / total);
    out[1].hostFloats()[out[1].hostOffset()] = (float) total;
  }

  private static double ordered(double[] parts) {
    double sum = 0;
    for (double p : parts) {
      sum += p;
    }
    return sum;
  }

  /** The inputs, unpacked. */
  static final class Rows {
    final float[] x;
    final int xo;
    final int[] labels;
    final int lo;
    final float[] weights;

    Rows(Tensor[] in, int classes) {
      x = in[0].hostFloats();
      xo = in[0].hostOffset();
      labels = in[1].hostInts();
      lo = in[1].hostOffset();
      weights =
          Arrays.copyOfRange(in[2].hostFloats(), in[2].hostOffset(), in[2].hostOffset() + classes);
    }

    double loss(int row, int y, float logSum, float smoothing) {
      int o = xo + row * weights.length;
      double l = (1.0 - smoothing) * weights[y] * (logSum - x[o + y]);
      if (smoothing != 0) {
        double all = 0;
        for (int c = 0; c < weights.length; c++) {
          all += weights[c] * (logSum - x[o + c]);
        }
        l += smoothing / weights.length * all;
      }
      return l;
    }
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaLoss.crossEntropy(cuda, in, out, ignoreIndex, smoothing);
  }

  @Override
  public Saved saved() {
    return Saved.inputs(0, 1, 2).andOutputs(1);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    Op op = new CrossEntropyGrad(ignoreIndex, smoothing);
    Tensor dx = Eager.run1(op, b.input(0), b.input(1), b.input(2), b.output(1), b.grad());
    return new Tensor[] {dx, null, null};
  }
}
