package io.med3dinsight.caption.chat;

import io.med3dinsight.caption.chat.PromptTemplates.Prompt;
import io.med3dinsight.image.GreyPng;
import io.med3dinsight.slice.IntensityScale;
import io.med3dinsight.slice.Slice;
import io.med3dinsight.slice.SliceChoice.Place;
import io.med3dinsight.slice.SlicePicture;
import io.med3dinsight.slice.Window;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.Volume;
import java.util.List;

/** Makes requests from a volume's slices: the one place where it is decided what leaves. */
final class SliceJobs {
  private final CaptionSettings settings;
  private final String id;
  private final Volume volume;
  private final int[] extents;
  private final double[] spacing;
  private final IntensityScale scale;
  private final Window window;

  /**
   * @param volume in RAS orientation, on its own grid
   */
  SliceJobs(CaptionSettings settings, String id, Volume volume) {
    this.settings = settings;
    this.id = id;
    this.volume = volume;
    Grid g = volume.grid();
    extents = new int[] {g.depth(), g.height(), g.width()};
    spacing = new double[] {g.spacing().z(), g.spacing().y(), g.spacing().x()};
    scale = IntensityScale.of(volume.voxels());
    CaptionSettings.Picture p = settings.picture();
    window =
        p.window() != null
            ? p.window()
            : Window.ofPercentiles(volume.voxels(), p.lowest(), p.highest());
  }

  List<Place> places() {
    CaptionSettings.Picture p = settings.picture();
    return p.slices().places(volume.voxels(), extents, scale, p.modality().isCt(), id);
  }

  /** The request for a slice; null when its picture is a single grey. */
  SliceJob job(Place place) {
    Slice slice = Slice.of(volume.voxels(), extents, spacing, place.plane(), place.index(), scale);
    SlicePicture picture = SlicePicture.of(slice, window, settings.picture().size());
    if (picture.isBlank()) {
      return null;
    }
    Prompt prompt = settings.prompts().prompt(settings.picture().modality(), place.plane());
    ChatRequest request =
        ChatRequest.of(
            settings.endpoint().model(), prompt, GreyPng.encode(picture), settings.request());
    return new SliceJob(
        id,
        place,
        extents[place.plane().axis()],
        request,
        Hashes.pixels(picture),
        Hashes.prompt(prompt, settings.request()));
  }
}
