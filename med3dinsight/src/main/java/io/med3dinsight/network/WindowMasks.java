package io.med3dinsight.network;

import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;

/**
 * The masks of a stage's windows, with and without shift, kept from call to call as long as the
 * extents stay: what a stage's blocks share need not be computed by each of them.
 */
final class WindowMasks implements AutoCloseable {
  private final boolean partEnds;
  private final boolean hidePadding;
  private final Kept still = new Kept();
  private final Kept shifted = new Kept();

  /** See {@link Windows#mask}. */
  WindowMasks(boolean partEnds, boolean hidePadding) {
    this.partEnds = partEnds;
    this.hidePadding = hidePadding;
  }

  /** The mask [B,1,T,T] of these windows; null when there is nothing to hide. */
  synchronized Tensor of(Windows w, Device device) {
    Kept kept = w.shifted() ? shifted : still;
    if (!w.equals(kept.windows)) {
      kept.close();
      int[] values = w.mask(partEnds, hidePadding);
      if (values != null) {
        try (Scope s = Scope.open()) {
          kept.mask =
              kept.scope.adopt(Tensor.of(device, values, w.count(), 1, w.tokens(), w.tokens()));
        }
      }
      kept.windows = w;
    }
    return kept.mask;
  }

  @Override
  public synchronized void close() {
    still.close();
    shifted.close();
  }

  private static final class Kept {
    private Windows windows;
    private Tensor mask;
    private Scope scope = Scope.detached();

    void close() {
      scope.close();
      scope = Scope.detached();
      mask = null;
      windows = null;
    }
  }
}
