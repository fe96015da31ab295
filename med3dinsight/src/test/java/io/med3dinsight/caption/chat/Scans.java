package io.med3dinsight.caption.chat;

import io.med3dinsight.caption.Modality;
import io.med3dinsight.caption.chat.CaptionSettings.Picture;
import io.med3dinsight.caption.chat.CaptionSettings.Traffic;
import io.med3dinsight.slice.Plane;
import io.med3dinsight.slice.SliceRule;
import io.med3dinsight.volume.Affine;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.ReadOptions;
import io.med3dinsight.volume.Volume;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;

/** Small volumes, and settings to describe them. */
final class Scans {
  private Scans() {}

  /** A volume whose slices all differ. */
  static Path write(Path file) {
    Grid grid = Grid.of(6, 7, 8, Affine.scaling(1, 1, 2));
    float[] voxels = new float[grid.size()];
    for (int i = 0; i < voxels.length; i++) {
      voxels[i] = 100 + (i * 37 + file.getFileName().toString().hashCode() % 97) % 251;
    }
    Volume.of(grid, voxels).write(file);
    return file;
  }

  static List<CaptionSource> sources(Path folder) {
    return CaptionSource.list(folder, ReadOptions.none());
  }

  /** So many slices of each plane, two requests in flight, and two retries. */
  static CaptionSettings settings(String url, Path output, int perPlane) {
    return settings(url, output, perPlane, new Traffic(2, 0, Duration.ofSeconds(30), 2));
  }

  static CaptionSettings settings(String url, Path output, int perPlane, Traffic traffic) {
    Picture picture =
        new Picture(
            Modality.MRI_T1,
            SliceRule.even(perPlane, EnumSet.allOf(Plane.class)),
            null,
            0.5,
            99.5,
            32);
    return new CaptionSettings(
        ChatEndpoint.of(url, "m", null, false),
        RequestOptions.standard(),
        PromptTemplates.standard(),
        picture,
        traffic,
        new Prices(2, 10),
        3,
        false,
        output,
        CaptionSettings.cacheOf(output));
  }

  static CaptionSettings askingAgain(CaptionSettings s) {
    return new CaptionSettings(
        s.endpoint(),
        s.request(),
        s.prompts(),
        s.picture(),
        s.traffic(),
        s.prices(),
        s.mostRepeats(),
        true,
        s.output(),
        s.cache());
  }
}
