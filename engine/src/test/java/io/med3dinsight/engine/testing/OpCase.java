package io.med3dinsight.engine.testing;

import io.med3dinsight.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;

/**
 * One test of an op: inputs, the engine's expression, a naive double-precision reference,
 * tolerances with their reason. {@link OpCaseTest} runs each case forward against the reference and
 * its gradient against central differences of the reference, on every backend, with the inputs as
 * plain tensors and as views at odd offsets.
 *
 * <pre>{@code
 * OpCase.of("add broadcast").input(3, 1, 5).input(4, 1).engine(in -> Eager.run1(new Add(), in)).reference(in -> Nd.zip(in[0], in[1], Double::sum))
 * }</pre>
 */
public final class OpCase {
  public final String name;
  public final List<Nd> inputs = new ArrayList<>();
  public final List<Boolean> integer = new ArrayList<>();
  public Function<Tensor[], Tensor> engine;
  public Function<Nd[], Nd> reference;
  public double tolerance = 1e-5;
  public double gradientTolerance = 2e-4;

  /**
   * The same with inputs and results in BF16, whose own rounding is 2^-9: twice that, and so at
   * most twice the error of a computation that rounds each of its steps.
   */
  public double bf16Tolerance = 0x1p-8;

  /** Three times the rounding of a result. */
  public double bf16GradientTolerance = 0x1.8p-8;

  public boolean bf16 = true;
  public double step = 1e-4;
  public boolean gradient = true;
  public String reason = "float32 rounding";
  private final SplittableRandom random;

  private OpCase(String name) {
    this.name = name;
    this.random = new SplittableRandom(name.hashCode());
  }

  public static OpCase of(String name) {
    return new OpCase(name);
  }

  /** A float input, uniform in [-1, 1). */
  public OpCase input(int... extents) {
    return input(Nd.uniform(random, -1, 1, extents));
  }

  /** A float input, uniform in [low, high). */
  public OpCase inputIn(double low, double high, int... extents) {
    return input(Nd.uniform(random, low, high, extents));
  }

  /** A float input with these values. */
  public OpCase input(Nd values) {
    inputs.add(values);
    integer.add(false);
    return this;
  }

  /** An int input uniform in [0, bound); no gradient is asked for. */
  public OpCase indices(int bound, int... extents) {
    return indices(Nd.integers(random, bound, extents));
  }

  /** An int input with these values. */
  public OpCase indices(Nd values) {
    inputs.add(values);
    integer.add(true);
    return this;
  }

  public OpCase engine(Function<Tensor[], Tensor> f) {
    engine = f;
    return this;
  }

  public OpCase reference(Function<Nd[], Nd> f) {
    reference = f;
    return this;
  }

  /**
   * Largest allowed difference relative to the largest reference value (at least 1), forward and
   * gradient.
   */
  public OpCase tolerance(double forward, double backward, String why) {
    tolerance = forward;
    gradientTolerance = backward;
    reason = why;
    return this;
  }

  /** Tolerances of the same with inputs and results in BF16. */
  public OpCase bf16(double forward, double backward) {
    bf16Tolerance = forward;
    bf16GradientTolerance = backward;
    return this;
  }

  /**
   * For functions whose inputs cannot be BF16, such as steps in place, or that make no sense so.
   */
  public OpCase noBf16() {
    bf16 = false;
    return this;
  }

  /** Step of the central differences; smaller where the function has kinks. */
  public OpCase step(double h) {
    step = h;
    return this;
  }

  /** For functions without a useful gradient. */
  public OpCase noGradient() {
    gradient = false;
    return this;
  }

  @Override
  public String toString() {
    return name;
  }
}
