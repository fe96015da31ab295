package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.StridedCopy;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;
import java.util.Arrays;

/** The input with {@code before} and {@code after} constant entries added along one axis. */
public record PadAxis(int axis, int before, int after, float value) implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    if (before < 0 || after < 0) {
      throw mismatch("no negative padding", in);
    }
    return new TensorType[] {
      TensorType.f32(in[0].shape().with(axis, before + in[0].shape().dim(axis) + after))
    };
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    float[] y = out[0].hostFloats();
    int o = out[0].hostOffset();
    Arrays.fill(y, o, o + out[0].size(), value);
    int[] strides = out[0].shape().strides();
    StridedCopy.scatter(cpu, in[0], out[0], before * strides[out[0].shape().axis(axis)], strides);
  }

  @Override
  public Saved saved() {
    return Saved.NOTHING;
  }

  @Override
  public Tensor[] gradient(Backward b) {
    return new Tensor[] {
      Eager.run1(new Slice(axis, before, before + b.inputType(0).shape().dim(axis)), b.grad())
    };
  }
}
