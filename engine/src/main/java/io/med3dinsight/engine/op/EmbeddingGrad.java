package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaIndex;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;
import java.util.Arrays;

/**
 * Adds rows [...,C] to the rows of a table [rows,C] that the ids [...] name, in the order of the
 * ids.
 */
public record EmbeddingGrad(int rows) implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    return new TensorType[] {new TensorType(in[0].dtype(), Shape.of(rows, in[0].shape().dim(-1)))};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    int width = out[0].dim(1);
    float[] g = in[0].hostFloats();
    int[] ids = in[1].hostInts();
    float[] y = out[0].hostFloats();
    int yo = out[0].hostOffset();
    Arrays.fill(y, yo, yo + out[0].size(), 0f);
    for (int i = 0; i < in[1].size(); i++) {
      int id = ids[in[1].hostOffset() + i];
      Embedding.check(id, rows);
      cpu.kernels().math().axpy(1f, g, in[0].hostOffset() + i * width, y, yo + id * width, width);
    }
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaIndex.addRows(cuda, in[0], in[1], out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.inputs(1);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    return new Tensor[] {Eager.run1(new Embedding(), b.grad(), b.input(1)), null};
  }
}
