package io.med3dinsight.network;

import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import java.util.ArrayList;
import java.util.List;

/** The contracting half of a UNet: one block a stage, each entered with its stride. */
public final class UNetEncoder extends Module implements Encoder3d {
  private final UNetConfig config;
  private final List<ResidualBlock> stages = new ArrayList<>();

  public UNetEncoder(Setup setup, UNetConfig config) {
    super(setup);
    this.config = config;
    int in = config.inputChannels();
    for (int i = 0; i < config.stages(); i++) {
      int out = config.channels()[i];
      stages.add(
          register(
              "stage" + i,
              new ResidualBlock(
                  setup,
                  in,
                  out,
                  config.kernels()[i],
                  config.strides()[i],
                  config.convolutions(),
                  config.residual())));
      in = out;
    }
  }

  @Override
  public Tensor[] features(Tensor x) {
    Tensor[] f = new Tensor[stages.size()];
    Tensor y = x;
    for (int i = 0; i < f.length; i++) {
      y = stages.get(i).call(y);
      f[i] = y;
    }
    return f;
  }

  @Override
  public int[] channels() {
    return config.channels().clone();
  }
}
