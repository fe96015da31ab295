package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.tensor.ShapeException;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * One primitive: shape rule, computation and gradient in one record, whose components are its
 * attributes, so that the record is the key of every cache. Ops hold no tensors and no state.
 */
public interface Op {
  /**
   * Types of the outputs for these inputs. An op with no output changes its inputs in place
   * (optimiser steps).
   *
   * @throws ShapeException naming the op and the inputs, when they do not fit
   */
  TensorType[] infer(TensorType... inputs);

  /**
   * Computes on the CPU. Inputs may be views at any offset; outputs are contiguous, of undefined
   * contents, every element of which must be written.
   */
  void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out);

  /**
   * Computes on a CUDA device: queues kernels and returns. Inputs may be views at any offset;
   * outputs are contiguous, of undefined contents, every element of which must be written. Nothing
   * is read back, so that a whole training step can be captured as a graph.
   */
  void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out);

  /** What happens to inputs of reduced precision. */
  default Precision precision() {
    return Precision.SINGLE;
  }

  /** Bit i for each input i that stays in single precision, whatever the others are. */
  default int singles() {
    return 0;
  }

  /**
   * The seed of the random stream that the op draws from, null where it draws nothing. A step that
   * holds such an op can be captured as a graph where the capture knows the stream.
   */
  default Long stream() {
    return null;
  }

  /** What {@link #gradient} reads; everything else may be freed after the forward pass. */
  Saved saved();

  /**
   * Gradient of the loss with respect to each input, given that with respect to the outputs; null
   * where there is none or where {@link Backward#needs} says that nobody asks. Written in other
   * ops.
   */
  Tensor[] gradient(Backward b);

  /** Name in messages. */
  default String name() {
    return getClass().getSimpleName();
  }

  /** An error that names this op and its inputs. */
  default ShapeException mismatch(String expected, TensorType... inputs) {
    StringBuilder sb = new StringBuilder(this + " expects " + expected + ", but was given ");
    for (int i = 0; i < inputs.length; i++) {
      sb.append(i == 0 ? "" : ", ").append(inputs[i]);
    }
    return new ShapeException(sb.toString());
  }
}
