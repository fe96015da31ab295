package io.med3dinsight.nn.optim;

import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Parameters that are trained alike.
 *
 * @param parameters by name, in a fixed order
 * @param rateFactor multiplies the learning rate
 * @param weightDecay of these parameters
 */
public record ParameterGroup(
    Map<String, Tensor> parameters, double rateFactor, double weightDecay) {
  public ParameterGroup {
    parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
  }

  /** All parameters of a module with the same decay. */
  public static List<ParameterGroup> all(Module module, double weightDecay) {
    return List.of(new ParameterGroup(module.namedParameters(), 1, weightDecay));
  }

  /** Weight decay for matrices and kernels only: biases, norms and other vectors are left alone. */
  public static List<ParameterGroup> decayMatricesOnly(Module module, double weightDecay) {
    Map<String, Tensor> matrices = new LinkedHashMap<>();
    Map<String, Tensor> vectors = new LinkedHashMap<>();
    module
        .namedParameters()
        .forEach((name, t) -> (t.rank() >= 2 ? matrices : vectors).put(name, t));
    return List.of(new ParameterGroup(matrices, 1, weightDecay), new ParameterGroup(vectors, 1, 0));
  }
}
