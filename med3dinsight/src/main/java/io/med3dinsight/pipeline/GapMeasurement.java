package io.med3dinsight.pipeline;

import io.med3dinsight.caption.Caption;
import io.med3dinsight.dataset.Case;
import io.med3dinsight.dataset.TrainingCase;
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

/**
 * Measures how far slices as seen from the volume, their images and their descriptions lie apart
 * before and after pretraining, on test cases, which it has not seen.
 */
final class GapMeasurement {
  /** Their embeddings are held, their images are not. */
  private static final int MOST_CASES = 20;

  private final PreparedData data;
  private final List<DescribedVolume> volumes;
  private Gap before;

  private GapMeasurement(PreparedData data, List<DescribedVolume> volumes) {
    this.data = data;
    this.volumes = volumes;
  }

  /** Embeds the described slices of up to 20 test cases; of none where nothing is aligned. */
  static GapMeasurement of(
      PreparedData data,
      PretrainSettings settings,
      Map<String, List<Caption>> captions,
      SliceTextEncoder encoder) {
    List<DescribedVolume> volumes =
        data.test().stream()
            .filter(c -> settings.aligns() && captions.containsKey(c.id()))
            .limit(MOST_CASES)
            .map(c -> embed(data, c, captions.get(c.id()), encoder))
            .toList();
    return new GapMeasurement(data, volumes);
  }

  private static DescribedVolume embed(
      PreparedData data, Case c, List<Caption> captions, SliceTextEncoder encoder) {
    SliceSource source = SliceSource.of(c, data.plan().preprocessing());
    List<Slice> slices = captions.stream().map(source::slice).toList();
    float[][] images = encoder.embedSlices(slices);
    float[][] texts = encoder.embedTexts(captions.stream().map(Caption::text).toList());
    List<EmbeddedSlice> embedded = new ArrayList<>();
    for (int i = 0; i < images.length; i++) {
      Caption caption = captions.get(i);
      embedded.add(new EmbeddedSlice(caption.plane(), caption.slice(), images[i], texts[i]));
    }
    return new DescribedVolume(
        c.id(),
        () -> TrainingCase.of(data.dataset().load(c), data.plan().preprocessing()).image(),
        data.extents().get(c.id()),
        embedded);
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
    SliceEmbeddings slices = SliceEmbeddings.of(stage.pretrained(), data.plan().patch(), volumes);
    return slices.seen().length == 0 ? null : Gap.of(slices);
  }
}
