package io.med3dinsight.classification;

import io.med3dinsight.dataset.Draws;
import io.med3dinsight.nn.data.SampleKey;
import io.med3dinsight.nn.data.SampleSource;
import io.med3dinsight.volume.Channels;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Batches of changed images; they come in a new random order each time that all have been seen. */
final class ImageBatches implements SampleSource<ImageBatches.Batch> {
  /**
   * Images in host memory.
   *
   * @param images [N,D,H,W,C]
   * @param labels [N]
   */
  record Batch(float[] images, int[] labels) {}

  private final PreparedImages images;
  private final RandomChanges changes;
  private final int voxels;
  private final int batch;
  private final int batchesPerEpoch;

  ImageBatches(
      PreparedImages images, RandomChanges changes, int voxels, int batch, int batchesPerEpoch) {
    this.images = images;
    this.changes = changes;
    this.voxels = voxels;
    this.batch = batch;
    this.batchesPerEpoch = batchesPerEpoch;
  }

  @Override
  public Batch load(SampleKey key) {
    int channels = images.images().get(0).length;
    float[] one = new float[channels * voxels];
    float[] out = new float[batch * channels * voxels];
    int[] labels = new int[batch];
    for (int i = 0; i < batch; i++) {
      int image = image(key, i);
      Draws draws = new Draws(key.seed(), key.epoch(), (long) key.index() * batch + i);
      changes.draw(images.images().get(image), draws, one, 0);
      for (int c = 0; c < channels; c++) {
        Channels.interleave(one, c * voxels, voxels, out, i * channels * voxels, c, channels);
      }
      labels[i] = images.labels()[image];
    }
    return new Batch(out, labels);
  }

  private int image(SampleKey key, int i) {
    long number = ((long) key.epoch() * batchesPerEpoch + key.index()) * batch + i;
    return SampleKey.shuffled(key.seed(), number, images.size());
  }

  @Override
  public String describe(SampleKey key) {
    return IntStream.range(0, batch)
        .mapToObj(i -> images.ids().get(image(key, i)))
        .distinct()
        .collect(Collectors.joining(", "));
  }
}
