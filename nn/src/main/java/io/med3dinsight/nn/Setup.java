package io.med3dinsight.nn;

import io.med3dinsight.engine.tensor.Device;
import java.util.SplittableRandom;

/**
 * What a module needs to make its parameters: where they live and the generator they are drawn
 * from. Modules draw in the order of their construction, so that one seed gives one network.
 */
public record Setup(Device device, SplittableRandom random) {
  /** Parameters on {@code device}, drawn from a generator with this seed. */
  public static Setup of(Device device, long seed) {
    return new Setup(device, new SplittableRandom(seed));
  }
}
