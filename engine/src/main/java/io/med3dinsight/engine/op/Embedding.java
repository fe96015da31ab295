package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaIndex;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.ShapeException;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;
import java.util.Arrays;

/** Rows of a table: table [V,C], ids [...] of whole numbers in [0, V), result [...,C]. */
public record Embedding() implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    if (in.length != 2 || in[0].shape().rank() != 2 || in[1].dtype() != DType.I32) {
      throw mismatch("a table of floats [V,C] and ids I32", in);
    }
    int[] ids = in[1].shape().toArray();
    int[] e = Arrays.copyOf(ids, ids.length + 1);
    e[ids.length] = in[0].shape().dim(1);
    return new TensorType[] {new TensorType(in[0].dtype(), Shape.of(e))};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    int width = in[0].dim(1);
    float[] table = in[0].hostFloats();
    int[] ids = in[1].hostInts();
    float[] y = out[0].hostFloats();
    for (int i = 0; i < in[1].size(); i++) {
      int id = ids[in[1].hostOffset() + i];
      check(id, in[0].dim(0));
      System.arraycopy(
          table, in[0].hostOffset() + id * width, y, out[0].hostOffset() + i * width, width);
    }
  }

  static void check(int id, int rows) {
    if (id < 0 || id >= rows) {
      throw new ShapeException("id " + id + " is outside a table of " + rows + " rows");
    }
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaIndex.rows(cuda, in[0], in[1], out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.inputs(1);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    int rows = b.inputType(0).shape().dim(0);
    return new Tensor[] {
      b.needs(0) ? Eager.run1(new EmbeddingGrad(rows), b.grad(), b.input(1)) : null, null
    };
  }
}
