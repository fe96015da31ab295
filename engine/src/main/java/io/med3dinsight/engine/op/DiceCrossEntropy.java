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
 * Cross-entropy minus soft Dice, the loss of nnU-Net (Isensee et al. 2021), in one pass over the
 * logits. With p = softmax(logits) and y the one-hot labels, sums over the voxels of one instance
 * (of the batch for {@code batchDice}):
 *
 * <pre>
 * dice_c = (2 sum p_c y_c + smooth) / max(sum p_c + sum y_c + smooth, 1e-8)
 * loss = ceWeight * mean(-log p_y) - diceWeight * mean over classes (and instances) of dice_c
 * </pre>
 *
 * so that a perfect segmentation has loss -diceWeight. Voxels labelled {@code ignoreIndex} are left
 * out of every sum. A label that is neither a class nor that one is an error on the CPU and makes
 * the loss NaN on CUDA, where values are not read back.
 *
 * <p>Inputs logits [N,...,C], labels I32 [N,...]; outputs loss [], the loss's derivatives with
 * respect to the sums [N,2C+1]: for each class that by sum p_c y_c, for each class that by sum p_c,
 * and ceWeight / number of voxels.
 *
 * @param batchDice whether Dice is taken over the batch as a whole
 * @param includeBackground whether class 0 counts in Dice
 * @param smooth added to numerator and denominator; nnU-Net takes 1e-5
 * @param ignoreIndex label of voxels that do not count
 * @param diceWeight weight of Dice
 * @param ceWeight weight of cross-entropy
 */
public record DiceCrossEntropy(
    boolean batchDice,
    boolean includeBackground,
    float smooth,
    int ignoreIndex,
    float diceWeight,
    float ceWeight)
    implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    Shape x = in[0].shape();
    boolean good = x.rank() >= 2 && in[1].dtype() == DType.I32;
    good = good && Arrays.equals(in[1].shape().toArray(), Arrays.copyOf(x.toArray(), x.rank() - 1));
    if (!good || x.dim(-1) < (includeBackground ? 1 : 2)) {
      throw mismatch("logits [N,...,C] with a foreground class and labels I32 [N,...]", in);
    }
    return new TensorType[] {TensorType.f32(), TensorType.f32(x.dim(0), 2 * x.dim(-1) + 1)};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    int n = in[0].dim(0);
    int classes = in[0].dim(-1);
    SoftmaxBlocks blocks = new SoftmaxBlocks(cpu, in[1].size(), classes, n);
    double[] parts = sums(blocks, in, classes);
    int stride = 3 * classes + 2;
    double[] sums = new double[n * stride];
    for (int i = 0; i < parts.length; i++) {
      sums[i / stride / blocks.tasksPerSegment() * stride + i % stride] += parts[i];
    }
    finish(sums, n, classes, out);
  }

  /** For each task: sums of p y, of p and of y for each class, cross-entropy, number of voxels. */
  private double[] sums(SoftmaxBlocks blocks, Tensor[] in, int classes) {
    int stride = 3 * classes + 2;
    double[] parts = new double[blocks.tasks() * stride];
    float[] x = in[0].hostFloats();
    int xo = in[0].hostOffset();
    int[] labels = in[1].hostInts();
    int lo = in[1].hostOffset();
    blocks.run(
        in[0],
        (task, row, n, p, logSum) -> {
          int at = task * stride;
          for (int i = 0; i < n; i++) {
            int y = SoftmaxBlocks.label(labels, lo, row + i, classes, ignoreIndex);
            if (y == ignoreIndex) {
              for (int c = 0; c < classes; c++) {
                p[c * n + i] = 0;
              }
              continue;
            }
            parts[at + y] += p[y * n + i];
            parts[at + 2 * classes + y]++;
            parts[at + 3 * classes] += logSum[i] - x[xo + (row + i) * classes + y];
            parts[at + 3 * classes + 1]++;
          }
          for (int c = 0; c < classes; c++) {
            parts[at + classes + c] += sum(p, c * n, n);
          }
        });
    return parts;
  }

  private static double sum(float[] p, int o, int n) {
    double a = 0;
    double b = 0;
    int i = 0;
    for (; i + 2 <= n; i += 2) {
      a += p[o + i];
      b += p[o + i + 1];
    }
    return i < n ? a + b + p[o + i] : a + b;
  }

  private void finish(double[] sums, int n, int classes, Tensor[] out) {
    int stride = 3 * classes + 2;
    double ce = 0;
    double count = 0;
    for (int i = 0; i < n; i++) {
      ce += sums[i * stride + 3 * classes];
      count += sums[i * stride + 3 * classes + 1];
    }
    if (batchDice) {
      for (int i = 1; i < n; i++) {
        for (int j = 0; j < 3 * classes; j++) {
          sums[j] += sums[i * stride + j];
        }
      }
    }
    int groups = batchDice ? Math.min(1, n) : n;
    int first = includeBackground ? 0 : 1;
    double share = groups == 0 ? 0 : (double) diceWeight / (groups * (classes - first));
    float[] slopes = new float[n * (2 * classes + 1)];
    double loss = count == 0 ? 0 : ceWeight * ce / count;
    for (int i = 0; i < n; i++) {
      int from = (batchDice ? 0 : i) * stride;
      int to = i * (2 * classes + 1);
      for (int c = first; c < classes; c++) {
        double overlap = 2 * sums[from + c] + smooth;
        double whole = sums[from + classes + c] + sums[from + 2 * classes + c] + smooth;
        double floor = Math.max(whole, 1e-8);
        loss -= i < groups ? share * overlap / floor : 0;
        slopes[to + c] = (float) (-2 * share / floor);
        slopes[to + classes + c] = (float) (whole > 1e-8 ? share * overlap / floor / floor : 0);
      }
      slopes[to + 2 * classes] = (float) (count == 0 ? 0 : ceWeight / count);
    }
    out[0].hostFloats()[out[0].hostOffset()] = (float) loss;
    System.arraycopy(slopes, 0, out[1].hostFloats(), out[1].hostOffset(), slopes.length);
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    int first = includeBackground ? 0 : 1;
    CudaLoss.dice(
        cuda,
        in,
        out,
        new CudaLoss.DiceTerms(batchDice, first, smooth, ignoreIndex, diceWeight, ceWeight));
  }

  @Override
  public Saved saved() {
    return Saved.inputs(0, 1).andOutputs(1);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    Op op = new DiceCrossEntropyGrad(ignoreIndex);
    return new Tensor[] {Eager.run1(op, b.input(0), b.input(1), b.output(1), b.grad()), null};
  }
}
