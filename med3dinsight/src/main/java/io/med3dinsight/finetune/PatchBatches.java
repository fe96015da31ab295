package io.med3dinsight.finetune;

import io.med3dinsight.dataset.PatchSampler;
import io.med3dinsight.dataset.TrainingCase;
import io.med3dinsight.nn.data.SampleKey;
import io.med3dinsight.nn.data.SampleSource;
import io.med3dinsight.volume.Channels;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Batches of random patches with labels. Cases come in a new random order each time that all have
 * been seen.
 */
final class PatchBatches implements SampleSource<PatchBatches.Batch> {
  /**
   * Patches in host memory.
   *
   * @param image [N,D,H,W,C]
   * @param labels [N,D,H,W]
   */
  record Batch(float[] image, int[] labels) {}

  private final List<TrainingCase> cases;
  private final PatchSampler sampler;
  private final int batch;
  private final int batchesPerEpoch;

  PatchBatches(List<TrainingCase> cases, PatchSampler sampler, int batch, int batchesPerEpoch) {
    this.cases = cases;
    this.sampler = sampler;
    this.batch = batch;
    this.batchesPerEpoch = batchesPerEpoch;
  }

  @Override
  public Batch load(SampleKey key) {
    int voxels = sampler.size().voxels();
    float[] image = null;
    float[] patch = null;
    int[] labels = new int[batch * voxels];
    for (int i = 0; i < batch; i++) {
      long index = (long) key.index() * batch + i;
      TrainingCase source = caseOf(key, i);
      int channels = source.channels().length;
      if (image == null) {
        patch = new float[channels * voxels];
        image = new float[batch * channels * voxels];
      }
      sampler.draw(source, key.seed(), key.epoch(), index, patch, 0, labels, i * voxels);
      for (int c = 0; c < channels; c++) {
        Channels.interleave(patch, c * voxels, voxels, image, i * channels * voxels, c, channels);
      }
    }
    return new Batch(image, labels);
  }

  private TrainingCase caseOf(SampleKey key, int i) {
    long number = ((long) key.epoch() * batchesPerEpoch + key.index()) * batch + i;
    return cases.get(SampleKey.shuffled(key.seed(), number, cases.size()));
  }

  @Override
  public String describe(SampleKey key) {
    return IntStream.range(0, batch)
        .mapToObj(i -> caseOf(key, i).id())
        .distinct()
        .collect(Collectors.joining(", "));
  }
}
