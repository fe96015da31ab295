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
  private final CaptionSettings.Picture picture;
  private final String id;
  private final Volume volume;
  private final int[] extents;
  private final double[] spacing;
  private final IntensityScale scale;
  private final Window window;

  /**
   * @param volume in RAS orientation, on its own grid
   */
  SliceJobs(CaptionSettings settings, CaptionSource source, Volume volume) {
    this.settings = settings;
    this.id = source.id();
    this.volume = volume;
    picture = settings.picture().of(source.modality());
    Grid g = volume.grid();
    extents = new int[] {g.depth(), g.height(), g.width()};
    spacing = new double[] {g.spacing().z(), g.spacing().y(), g.spacing().x()};
    scale = IntensityScale.of(volume.voxels());
    window =
        picture.window() != null
            ? picture.window()
            : Window.ofPercentiles(volume.voxels(), picture.lowest(), picture.highest());
  }

  List<Place> places() {
    boolean ct = picture.modality().isCt();
    return picture.slices().places(volume.voxels(), extents, scale, ct, id);
  }

  /** The request for a slice; null when its picture is a single grey. */
  SliceJob job(Place place) {
    Slice slice = Slice.of(volume.voxels(), extents, spacing, place.plane(), place.index(), scale);
    SlicePicture drawn = SlicePicture.of(slice, window, picture.size());
    if (drawn.isBlank()) {
      return null;
    }
    Prompt prompt = settings.prompts().prompt(picture.modality(), place.plane());
    ChatRequest request =
        ChatRequest.of(
            settings.endpoint().model(), prompt, GreyPng.encode(drawn), settings.request());
    return new SliceJob(
        id,
        place,
        extents[place.plane().axis()],
        request,
        Hashes.pixels(drawn),
        Hashes.prompt(prompt, settings.request()));
  }
}
