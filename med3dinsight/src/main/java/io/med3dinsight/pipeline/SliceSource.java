package io.med3dinsight.pipeline;

import io.med3dinsight.caption.Caption;
import io.med3dinsight.dataset.Scan;
import io.med3dinsight.slice.IntensityScale;
import io.med3dinsight.slice.Slice;
import io.med3dinsight.slice.SliceChoice.Place;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.Normalization;
import io.med3dinsight.volume.Preprocessing;
import io.med3dinsight.volume.Spacing;
import io.med3dinsight.volume.Volume;

/**
 * Slices of the first channel of one case on the network's grid, with the intensities of the file.
 */
public final class SliceSource {
  private final Volume volume;
  private final IntensityScale scale;

  private SliceSource(Volume volume) {
    this.volume = volume;
    this.scale = IntensityScale.of(volume.voxels());
  }

  /**
   * Reads a scan.
   *
   * @param spacing of the network's voxels
   */
  public static SliceSource of(Scan scan, Spacing spacing) {
    return new SliceSource(new Preprocessing(spacing, Normalization.none()).image(scan.read()));
  }

  /** Extents D, H, W. */
  public int[] extents() {
    Grid g = volume.grid();
    return new int[] {g.depth(), g.height(), g.width()};
  }

  /** The slice at a place. */
  public Slice slice(Place place) {
    Grid g = volume.grid();
    double[] spacing = {g.spacing().z(), g.spacing().y(), g.spacing().x()};
    return Slice.of(volume.voxels(), extents(), spacing, place.plane(), place.index(), scale);
  }

  /** The slice that a caption describes. */
  public Slice slice(Caption caption) {
    return slice(new Place(caption.plane(), caption.slice()));
  }
}
