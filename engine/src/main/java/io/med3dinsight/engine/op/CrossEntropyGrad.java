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
 * Gradient of {@link CrossEntropy} with respect to the logits. Inputs logits, labels, class
 * weights, sum of weights, incoming gradient []; softmax is computed again, which is cheaper than
 * keeping it.
 *
 * @param ignoreIndex as in the forward pass
 * @param smoothing as in the forward pass
 */
public record CrossEntropyGrad(int ignoreIndex, float smoothing) implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    return new TensorType[] {in[0]};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    int classes = in[0].dim(-1);
    CrossEntropy.Rows r = new CrossEntropy.Rows(in, classes);
    float total = in[3].item();
    float scale = total == 0 ? 0 : in[4].item() / total;
    float all = 0;
    for (float w : r.weights) {
      all += w;
    }
    float smooth = smoothing / classes;
    float allWeights = all;
    float[] dx = out[0].hostFloats();
    int dxo = out[0].hostOffset();
    new SoftmaxBlocks(cpu, in[1].size(), classes, 1)
        .run(
            in[0],
            (task, row, n, p, logSum) -> {
              for (int i = 0; i < n; i++) {
                int y = r.labels[r.lo + row + i];
                int o = dxo + (row + i) * classes;
                if (y == ignoreIndex) {
                  Arrays.fill(dx, o, o + classes, 0f);
                  continue;
                }
                float hard = (1 - smoothing) * r.weights[y];
                for (int c = 0; c < classes; c++) {
                  float pc = p[c * n + i];
                  dx[o + c] = scale * (pc * (hard + smooth * allWeights) - smooth * r.weights[c]);
                }
                dx[o + y] -= scale * hard;
              }
            });
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaLoss.crossEntropyGradient(cuda, in, out[0], ignoreIndex, smoothing);
  }

  @Override
  public Saved saved() {
    return Saved.NOTHING;
  }

  @Override
  public Tensor[] gradient(Backward b) {
    throw new IllegalStateException("second derivatives of CrossEntropy are not offered");
  }
}
