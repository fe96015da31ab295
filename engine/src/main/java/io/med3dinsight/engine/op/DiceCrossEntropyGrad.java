package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.SoftmaxBlocks;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaLoss;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;
import java.util.Arrays;

/**
 * Gradient of {@link DiceCrossEntropy} with respect to the logits. With a_c, b_c the loss's
 * derivatives by sum p_c y_c and sum p_c and e the weight of a voxel's cross-entropy: {@code dz_c =
 * p_c (g_c - sum over k of p_k g_k) + e (p_c - y_c)}, {@code g_c = a_c y_c + b_c}.
 *
 * <p>Inputs logits, labels, derivatives [N,2C+1], incoming gradient [].
 *
 * @param ignoreIndex as in the forward pass
 */
public record DiceCrossEntropyGrad(int ignoreIndex) implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    return new TensorType[] {in[0]};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    int classes = in[0].dim(-1);
    int[] labels = in[1].hostInts();
    int lo = in[1].hostOffset();
    float[] slopes = scaled(in[2], in[3].item());
    float[] dx = out[0].hostFloats();
    int dxo = out[0].hostOffset();
    SoftmaxBlocks blocks = new SoftmaxBlocks(cpu, in[1].size(), classes, in[0].dim(0));
    blocks.run(
        in[0],
        (task, row, n, p, mean) -> {
          int at = task / blocks.tasksPerSegment() * (2 * classes + 1);
          gradient(p, n, classes, labels, lo + row, slopes, at, mean);
          SoftmaxBlocks.turnBack(p, classes, n, dx, dxo + row * classes);
        });
  }

  private static float[] scaled(Tensor slopes, float by) {
    float[] s = slopes.toFloats();
    for (int i = 0; i < s.length; i++) {
      s[i] *= by;
    }
    return s;
  }

  /** Overwrites probabilities by gradients; {@code mean} is room for one value per voxel. */
  private void gradient(
      float[] p, int n, int classes, int[] labels, int lo, float[] slopes, int at, float[] mean) {
    Arrays.fill(mean, 0, n, 0f);
    for (int c = 0; c < classes; c++) {
      float b = slopes[at + classes + c];
      for (int i = 0; i < n; i++) {
        mean[i] += p[c * n + i] * b;
      }
    }
    float e = slopes[at + 2 * classes];
    float[] own = new float[n];
    for (int i = 0; i < n; i++) {
      int y = labels[lo + i];
      if (y != ignoreIndex) {
        float pa = p[y * n + i] * slopes[at + y];
        mean[i] += pa;
        own[i] = pa - e;
      }
    }
    for (int c = 0; c < classes; c++) {
      float b = slopes[at + classes + c] + e;
      for (int i = 0; i < n; i++) {
        p[c * n + i] *= b - mean[i];
      }
    }
    for (int i = 0; i < n; i++) {
      int y = labels[lo + i];
      if (y != ignoreIndex) {
        p[y * n + i] += own[i];
      } else {
        for (int c = 0; c < classes; c++) {
          p[c * n + i] = 0;
        }
      }
    }
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaLoss.diceGradient(cuda, in, out[0], ignoreIndex);
  }

  @Override
  public Saved saved() {
    return Saved.NOTHING;
  }

  @Override
  public Tensor[] gradient(Backward b) {
    throw new IllegalStateException("second derivatives of DiceCrossEntropy are not offered");
  }
}
