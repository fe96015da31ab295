package io.med3dinsight.encoder2d;

import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.layer.Conv3d;
import io.med3dinsight.nn.layer.GroupNorm;
import io.med3dinsight.nn.layer.Linear;
import java.util.ArrayList;
import java.util.List;

/**
 * Slices [N,1,S,S,4] to vectors [N,width]: three 3x3 convolutions of stride 2, each with group norm
 * and leaky ReLU, then one linear layer over the whole grid that is left. An average over the grid
 * would lose on which side something lies, which is what texts tell.
 */
final class SliceTower extends Module {
  private static final int[] KERNEL = {1, 3, 3};
  private static final int[] STRIDE = {1, 2, 2};
  private static final int STAGES = 3;
  private static final int GROUPS = 4;
  private static final float SLOPE = 0.01f;

  private final List<Conv3d> convolutions = new ArrayList<>();
  private final List<GroupNorm> norms = new ArrayList<>();
  private final Linear projection;

  SliceTower(Setup setup, SliceTextConfig config) {
    super(setup);
    int in = SliceBatch.CHANNELS;
    int channels = config.width() / 2;
    for (int i = 0; i < STAGES; i++) {
      Conv3d conv = new Conv3d(setup, in, channels, Conv3d.Geometry.same(KERNEL, STRIDE), false);
      convolutions.add(register("conv" + i, conv));
      norms.add(register("norm" + i, new GroupNorm(setup, GROUPS, channels)));
      in = channels;
      channels *= 2;
    }
    int side = config.thumbnail() >> STAGES;
    projection = register("proj", new Linear(setup, side * side * in, config.width()));
  }

  @Override
  protected Tensor forward(Tensor x) {
    Tensor y = x;
    for (int i = 0; i < STAGES; i++) {
      y = norms.get(i).call(convolutions.get(i).call(y)).leakyRelu(SLOPE);
    }
    return projection.call(y.reshape(x.dim(0), y.size() / Math.max(1, x.dim(0))));
  }
}
