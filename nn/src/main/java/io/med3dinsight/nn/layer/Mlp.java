package io.med3dinsight.nn.layer;

import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Init;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;

/**
 * Two linear layers with an activation between them, named {@code fc1} and {@code fc2} as in timm:
 * x [..., in], y [..., out].
 */
public final class Mlp extends Module {
  private final Linear fc1;
  private final Linear fc2;
  private final Activation activation;

  /** A transformer's: width to hidden to width, with GELU. */
  public Mlp(Setup setup, int width, int hidden) {
    this(setup, width, hidden, width, Activation.gelu());
  }

  public Mlp(Setup setup, int in, int hidden, int out, Activation activation) {
    super(setup);
    fc1 = register("fc1", new Linear(setup, in, hidden, Init.xavierUniform(), Init.zeros()));
    fc2 = register("fc2", new Linear(setup, hidden, out, Init.xavierUniform(), Init.zeros()));
    this.activation = activation;
  }

  /**
   * A transformer's, under other names and with other initial values.
   *
   * @param names of the two linear layers, such as MONAI's {@code linear1} and {@code linear2}
   */
  public Mlp(Setup setup, int width, int hidden, String[] names, Init weight, Init bias) {
    super(setup);
    fc1 = register(names[0], new Linear(setup, width, hidden, weight, bias));
    fc2 = register(names[1], new Linear(setup, hidden, width, weight, bias));
    activation = Activation.gelu();
  }

  @Override
  protected Tensor forward(Tensor x) {
    return fc2.call(activation.apply(fc1.call(x)));
  }
}
