package io.med3dinsight.nn.layer;

import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import java.util.List;

/** Modules one after another, named 0, 1, 2, ... as in PyTorch. */
public final class Sequential extends Module {
  private final List<Module> parts;

  public Sequential(Setup setup, Module... parts) {
    super(setup);
    this.parts = List.of(parts);
    for (int i = 0; i < parts.length; i++) {
      register(Integer.toString(i), parts[i]);
    }
  }

  @Override
  protected Tensor forward(Tensor x) {
    Tensor y = x;
    for (Module m : parts) {
      y = m.call(y);
    }
    return y;
  }
}
