package io.med3dinsight.ablation;

import io.med3dinsight.transport.AlignmentKind;
import java.util.Locale;

/**
 * One pretraining, which all shares of labels begin with: it sees no label.
 *
 * @param alignment none for reconstruction only
 * @param captions noise in the descriptions
 * @param seed of the network, the batches and the noise
 */
record Pretraining(AlignmentKind alignment, CaptionNoise captions, long seed) {
  /** What tables call it, whatever the seed. */
  String method() {
    return alignment == AlignmentKind.NONE
        ? "reconstruction"
        : alignment.name().toLowerCase(Locale.ROOT) + ", " + captions.label();
  }

  /** Name of its folder. */
  String id() {
    return method().replace(", ", "-").replace(':', '-') + "-seed" + seed;
  }
}
