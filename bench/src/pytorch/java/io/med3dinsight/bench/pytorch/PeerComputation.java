package io.med3dinsight.bench.pytorch;

import io.med3dinsight.bench.Computation;
import io.med3dinsight.bench.Input;
import io.med3dinsight.bench.Workload;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** A {@link Workload} as PyTorch does it, on the same inputs as the engine. */
final class PeerComputation implements AutoCloseable {
  private final Workload workload;
  private final PeerFunctions.Variant variant;
  private final Tensor[] inputs;
  private final Tensor[] leaves;
  private final Tensor seed;

  PeerComputation(Computation ours, PeerFunctions.Variant variant) {
    this.workload = ours.workload();
    this.variant = variant;
    List<Input> in = workload.inputs();
    inputs = new Tensor[in.size()];
    List<Tensor> tracked = new ArrayList<>();
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] =
          PeerTensors.of(
              in.get(i).axes(), ours.input(i), in.get(i).extents(), variant.channelsLast());
      if (in.get(i).gradient()) {
        inputs[i].requires_grad_(true);
        tracked.add(inputs[i]);
      }
    }
    leaves = tracked.toArray(new Tensor[0]);
    seed =
        PeerTensors.of(
            workload.output(), ours.seed(), ours.outputExtents(), variant.channelsLast());
  }

  String label() {
    return variant.label();
  }

  /** The computation alone, without a graph. */
  void forward() {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      variant.function().of(inputs);
    }
  }

  /** The computation and the gradients of its inputs. */
  void forwardBackward() {
    try (PointerScope scope = new PointerScope()) {
      gradients(variant.function().of(inputs));
    }
  }

  private TensorVector gradients(Tensor y) {
    return torch.grad(
        new TensorVector(y),
        new TensorVector(leaves),
        new TensorVector(seed),
        new BoolOptional(false),
        false,
        false);
  }

  /** The result, then the gradient of each input that has one, in the engine's axis order. */
  List<float[]> results() {
    List<float[]> results = new ArrayList<>();
    try (PointerScope scope = new PointerScope()) {
      Tensor y = variant.function().of(inputs);
      results.add(PeerTensors.values(workload.output(), y));
      TensorVector g = gradients(y);
      int next = 0;
      for (Input in : workload.inputs()) {
        if (in.gradient()) {
          results.add(PeerTensors.values(in.axes(), g.get(next++)));
        }
      }
    }
    return results;
  }

  @Override
  public void close() {
    for (Tensor t : inputs) {
      t.close();
    }
    seed.close();
  }
}
