package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.tensor.Arithmetic;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.DeviceException;
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
  public static Tensor[] run(Op op, Tensor... given) {
    Tensor[] in = converted(op, given);
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

  /** The inputs in the float types that the op wants; what is converted is recorded as such. */
  private static Tensor[] converted(Op op, Tensor[] in) {
    Precision rule = op.precision();
    if (rule == Precision.EXACT || op instanceof ViewOp) {
      return in;
    }
    boolean reduced = false;
    for (Tensor t : in) {
      reduced |= t.dtype() == DType.BF16;
    }
    if (rule == Precision.PRODUCT) {
      reduced |= in[0].device().backend().arithmetic() == Arithmetic.BF16;
    }
    if (!reduced) {
      return in;
    }
    DType wanted = rule == Precision.SINGLE ? DType.F32 : DType.BF16;
    Tensor[] result = in.clone();
    for (int i = 0; i < in.length; i++) {
      if (in[i].dtype().isFloat()) {
        result[i] = in[i].cast((op.singles() >> i & 1) != 0 ? DType.F32 : wanted);
      }
    }
    return result;
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
    try {
      for (int i = 0; i < out.length; i++) {
        out[i] = Tensor.empty(device, outTypes[i]);
      }
      device.backend().execute(op, in, out);
    } catch (DeviceException e) {
      // Which of a network's many steps it was, memory's running out above all.
      throw new DeviceException("In " + op.name() + ": " + e.getMessage(), e);
    }
    return out;
  }
}
