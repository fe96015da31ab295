package io.med3dinsight.bench;

import io.med3dinsight.engine.autograd.Gradients;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** A {@link Workload} with its inputs on a device, ready to run. */
public final class Computation implements AutoCloseable {
  private static final long SEED = 2024;

  private final Workload workload;
  private final Scope scope = Scope.detached();
  private final Tensor[] inputs;
  private final Tensor seed;

  public Computation(Workload workload, Device device) {
    this(workload, device, DType.F32);
  }

  /**
   * @param storage type of the inputs, but for those of one axis, which are parameters and stay in
   *     single precision
   */
  public Computation(Workload workload, Device device, DType storage) {
    this.workload = workload;
    SplittableRandom random = new SplittableRandom(SEED);
    inputs = new Tensor[workload.inputs().size()];
    try (Scope s = Scope.open()) {
      for (int i = 0; i < inputs.length; i++) {
        Input in = workload.inputs().get(i);
        Tensor t = Tensor.of(device, in.values(random), in.extents());
        inputs[i] = scope.adopt(t.cast(t.rank() > 1 ? storage : DType.F32));
        if (in.gradient()) {
          inputs[i].requireGrad();
        }
      }
      Tensor y = workload.function().of(inputs);
      int[] extents = y.shape().toArray();
      float[] g = Input.of(Input.Axes.SAME, extents).values(random);
      seed = scope.adopt(Tensor.of(device, g, extents).cast(y.dtype()));
    }
  }

  public Workload workload() {
    return workload;
  }

  /** The inputs' values, in their order. */
  public float[] input(int i) {
    return inputs[i].toFloats();
  }

  /** The gradient of the result that the backward pass starts from. */
  public float[] seed() {
    return seed.toFloats();
  }

  public int[] outputExtents() {
    return seed.shape().toArray();
  }

  /** The computation alone. */
  public void forward() {
    try (Scope s = Scope.open()) {
      workload.function().of(inputs);
    }
  }

  /** The computation and the gradients of its inputs. */
  public void forwardBackward() {
    try (Scope s = Scope.open();
        Tape tape = Tape.open()) {
      tape.gradients(workload.function().of(inputs), seed);
    }
  }

  /** The result, then the gradient of each input that has one. */
  public List<float[]> results() {
    List<float[]> results = new ArrayList<>();
    try (Scope s = Scope.open();
        Tape tape = Tape.open()) {
      Tensor y = workload.function().of(inputs);
      results.add(y.toFloats());
      Gradients g = tape.gradients(y, seed);
      for (Tensor in : inputs) {
        if (in.requiresGrad()) {
          results.add(g.of(in).toFloats());
        }
      }
    }
    return results;
  }

  @Override
  public void close() {
    scope.close();
  }
}
