package io.med3dinsight.bench;

import io.med3dinsight.engine.tensor.Tensor;
import java.util.List;

/**
 * A computation to measure: what it starts from and the engine's way to do it.
 *
 * @param name short, for the command line
 * @param title for tables, with the engine's axis order
 * @param output axis order of the result
 * @param inputs what it starts from
 * @param function the computation
 */
public record Workload(
    String name, String title, Input.Axes output, List<Input> inputs, Function function) {
  /** Computes a tensor from the inputs. */
  @FunctionalInterface
  public interface Function {
    Tensor of(Tensor[] in);
  }

  public Workload {
    inputs = List.copyOf(inputs);
  }
}
