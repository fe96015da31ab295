package io.med3dinsight.pipeline;

import io.med3dinsight.dataset.Scan;
import io.med3dinsight.volume.Spacing;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Scans on the network's grid, of which slices are described and from which pretraining learns. */
public interface DescribedScans {
  /** Where they come from, for messages. */
  Path place();

  /** Scans to learn from. */
  List<Scan> learning();

  /** Scans whose slices are described, but that nothing learns from. */
  List<Scan> heldOut();

  /** Names of all scans of the place, those that are not used included. */
  Set<String> known();

  /** D, H, W on the network's grid of every scan that is used, by its name. */
  Map<String, int[]> extents();

  /** Sizes of the network's voxels. */
  Spacing spacing();

  /**
   * Normalised intensities [channel][D,H,W] of one of the scans to learn from.
   *
   * @param number its place among {@link #learning}
   */
  float[][] image(int number);

  /**
   * Normalised intensities [channel][D,H,W] of one of the scans that are held out, read each time.
   *
   * @param number its place among {@link #heldOut}
   */
  float[][] heldOutImage(int number);
}
