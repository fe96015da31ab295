package io.med3dinsight.engine.op;

import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaTransport;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;
import java.util.Arrays;

/**
 * Gradient of {@link PairwiseDistance} with respect to one side x: {@code dx_i = sum_j g_ij / d_ij
 * (x_i - y_j)}, without the terms whose distance is zero. Inputs: g and d [P,B1,B2], x and y
 * [P,*,E], x of the side asked for.
 *
 * @param columns whether x are the columns of g and d
 */
public record PairwiseDistanceGrad(boolean columns) implements GradientOp {
  @Override
  public TensorType[] infer(TensorType... in) {
    return new TensorType[] {TensorType.f32(in[2].shape())};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    int mine = in[2].dim(1);
    int others = in[3].dim(1);
    int e = in[2].dim(2);
    float[] g = in[0].hostFloats();
    float[] d = in[1].hostFloats();
    float[] x = in[2].hostFloats();
    float[] y = in[3].hostFloats();
    float[] dx = out[0].hostFloats();
    cpu.parallel()
        .range(
            in[2].dim(0) * mine,
            1 + (1 << 15) / Math.max(1, others * e),
            (from, to) -> {
              for (int r = from; r < to; r++) {
                int p = r / mine;
                int xi = in[2].hostOffset() + r * e;
                int o = out[0].hostOffset() + r * e;
                Arrays.fill(dx, o, o + e, 0f);
                for (int j = 0; j < others; j++) {
                  int at = columns ? (p * others + j) * mine + r % mine : r * others + j;
                  float dist = d[in[1].hostOffset() + at];
                  if (dist > 0) {
                    float w = g[in[0].hostOffset() + at] / dist;
                    int yj = in[3].hostOffset() + (p * others + j) * e;
                    for (int i = 0; i < e; i++) {
                      dx[o + i] += w * (x[xi + i] - y[yj + i]);
                    }
                  }
                }
              }
            });
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaTransport.distanceGradient(cuda, in[0], in[1], in[2], in[3], columns, out[0]);
  }
}
