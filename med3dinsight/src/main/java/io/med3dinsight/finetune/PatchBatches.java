package io.med3dinsight.finetune;

import io.med3dinsight.dataset.PatchSampler;
import io.med3dinsight.dataset.TrainingCase;
import io.med3dinsight.nn.data.SampleKey;
import io.med3dinsight.nn.data.SampleSource;
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
   * @param image [N,D,H,W]
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
    float[] image = new float[batch * voxels];
    int[] labels = new int[batch * voxels];
    for (int i = 0; i < batch; i++) {
      long index = (long) key.index() * batch + i;
      sampler.draw(
          caseOf(key, i), key.seed(), key.epoch(), index, image, i * voxels, labels, i * voxels);
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
