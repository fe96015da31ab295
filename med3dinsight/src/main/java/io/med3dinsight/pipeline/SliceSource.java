package io.med3dinsight.pipeline;

import io.med3dinsight.caption.Caption;
import io.med3dinsight.dataset.Case;
import io.med3dinsight.slice.IntensityScale;
import io.med3dinsight.slice.Slice;
import io.med3dinsight.slice.SliceChoice.Place;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.Normalization;
import io.med3dinsight.volume.Preprocessing;
import io.med3dinsight.volume.Volume;
import io.med3dinsight.volume.VolumeReader;

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

  /** Reads the first channel of a case, which is the one that is put into words. */
  public static SliceSource of(Case source, PreparedData data) {
    Preprocessing raw =
        new Preprocessing(data.plan().preprocessing().spacing(), Normalization.none());
    Volume first = VolumeReader.volume(source.image(), data.dataset().firstChannel(source));
    return new SliceSource(raw.image(first.requireFinite()));
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
