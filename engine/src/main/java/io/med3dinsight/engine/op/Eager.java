package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.ShapeException;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/** Runs ops at once and writes them on the open tape. */
public final class Eager {
  private Eager() {}

  /** Runs an op with one output, which belongs to the current scope. */
  public static Tensor run1(Op op, Tensor... in) {
    return run(op, in)[0];
  }

  /** Runs an op; its outputs belong to the current scope. */
  public static Tensor[] run(Op op, Tensor... in) {
    TensorType[] types = new TensorType[in.length];
    for (int i = 0; i < in.length; i++) {
      types[i] = in[i].type();
    }
    Tensor[] out = op instanceof ViewOp view ? view(view, in[0], types) : compute(op, in, types);
    Tape tape = Tape.current();
    if (tape != null) {
      tape.record(op, in, out);
    }
    return out;
  }

  private static Tensor[] view(ViewOp op, Tensor in, TensorType[] types) {
    TensorType t = op.infer(types)[0];
    return new Tensor[] {in.view(op.start(types[0]), t.shape())};
  }

  private static Tensor[] compute(Op op, Tensor[] in, TensorType[] types) {
    Device device = in[0].device();
    for (Tensor t : in) {
      if (t.device().backend() != device.backend()) {
        throw new ShapeException(
            op.name()
                + " was given tensors on different devices: "
                + device
                + " and "
                + t.device());
      }
    }
    TensorType[] outTypes = op.infer(types);
    Tensor[] out = new Tensor[outTypes.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = Tensor.empty(device, outTypes[i]);
    }
    device.backend().execute(op, in, out);
    return out;
  }
}
