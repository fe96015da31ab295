package io.med3dinsight.pipeline;

import io.med3dinsight.caption.Caption;
import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.dataset.Scan;
import io.med3dinsight.encoder2d.SliceTextEncoder;
import io.med3dinsight.gap.Gap;
import io.med3dinsight.gap.GapJson;
import io.med3dinsight.pretrain.DescribedVolume;
import io.med3dinsight.pretrain.DescribedVolume.EmbeddedSlice;
import io.med3dinsight.pretrain.PretrainSettings;
import io.med3dinsight.pretrain.PretrainStage;
import io.med3dinsight.pretrain.SliceEmbeddings;
import io.med3dinsight.slice.Slice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Measures how far slices as seen from the volume, their images and their descriptions lie apart
 * before and after pretraining, on test cases, which it has not seen.
 */
final class GapMeasurement {
  /** Their embeddings are held, their images are not. */
  private static final int MOST_CASES = 20;

  private final PatchSize patch;
  private final List<DescribedVolume> volumes;
  private Gap before;

  private GapMeasurement(PatchSize patch, List<DescribedVolume> volumes) {
    this.patch = patch;
    this.volumes = volumes;
  }

  /** Embeds the described slices of up to 20 test cases; of none where nothing is aligned. */
  static GapMeasurement of(
      DescribedScans scans,
      PatchSize patch,
      PretrainSettings settings,
      Map<String, List<Caption>> captions,
      SliceTextEncoder encoder) {
    List<Scan> heldOut = scans.heldOut();
    List<DescribedVolume> volumes =
        IntStream.range(0, heldOut.size())
            .filter(i -> settings.aligns() && captions.containsKey(heldOut.get(i).id()))
            .limit(MOST_CASES)
            .mapToObj(i -> embed(scans, i, captions.get(heldOut.get(i).id()), encoder))
            .toList();
    return new GapMeasurement(patch, volumes);
  }

  private static DescribedVolume embed(
      DescribedScans scans, int number, List<Caption> captions, SliceTextEncoder encoder) {
    Scan scan = scans.heldOut().get(number);
    SliceSource source = SliceSource.of(scan, scans.spacing());
    List<Slice> slices = captions.stream().map(source::slice).toList();
    float[][] images = encoder.embedSlices(slices);
    float[][] texts = encoder.embedTexts(captions.stream().map(Caption::text).toList());
    List<EmbeddedSlice> embedded = new ArrayList<>();
    for (int i = 0; i < images.length; i++) {
      Caption caption = captions.get(i);
      embedded.add(new EmbeddedSlice(caption.plane(), caption.slice(), images[i], texts[i]));
    }
    return new DescribedVolume(
        scan.id(), () -> scans.heldOutImage(number), scans.extents().get(scan.id()), embedded);
  }

  /** Measures a network that is yet to be pretrained. */
  void before(PretrainStage stage) {
    before = measure(stage);
  }

  /**
   * Measures the pretrained network and writes both into the run's folder; nothing where no test
   * case has a described slice in its middle, or nothing was aligned.
   */
  void after(PretrainStage stage, RunFolder folder) {
    Gap after = measure(stage);
    if (after != null) {
      GapJson.write(folder.root(), volumes.size(), before, after);
    }
  }

  private Gap measure(PretrainStage stage) {
    SliceEmbeddings slices = SliceEmbeddings.of(stage.pretrained(), patch, volumes);
    return slices.seen().length == 0 ? null : Gap.of(slices);
  }
}
