package io.med3dinsight.pretrain;

import io.med3dinsight.dataset.Draws;
import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.nn.data.SampleKey;
import io.med3dinsight.nn.data.SampleSource;
import io.med3dinsight.pretrain.DescribedVolume.EmbeddedSlice;
import io.med3dinsight.psat.Psat.Query;
import io.med3dinsight.volume.Channels;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Batches of random crops with the described slices that lie in them. */
final class CropBatches implements SampleSource<CropBatches.Batch> {
  /**
   * Crops in host memory. N volumes, S slices of each, E width of the embeddings.
   *
   * @param image what is to be reconstructed [N,D,H,W,C]
   * @param masked what the encoder sees [N,D,H,W,C]
   * @param queries the slices asked for, S for each volume
   * @param images their image embeddings [N*S,E]
   * @param texts the embeddings of their descriptions [N*S,E]
   */
  record Batch(
      float[] image, float[] masked, List<List<Query>> queries, float[] images, float[] texts) {}

  private final List<DescribedVolume> volumes;
  private final PretrainSettings settings;
  private final PatchSize size;
  private final int[] patch;
  private final int width;

  CropBatches(List<DescribedVolume> volumes, PretrainSettings settings, PatchSize size) {
    this.volumes = volumes;
    this.settings = settings;
    this.size = size;
    this.patch = new int[] {size.depth(), size.height(), size.width()};
    this.width = volumes.get(0).slices().get(0).imageEmbedding().length;
  }

  int width() {
    return width;
  }

  @Override
  public Batch load(SampleKey key) {
    int n = settings.volumes();
    int pairs = n * settings.slices();
    float[] image = null;
    float[] masked = null;
    float[] images = new float[pairs * width];
    float[] texts = new float[pairs * width];
    List<List<Query>> queries = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      DescribedVolume volume = volumeOf(key, i);
      Draws draws = new Draws(key.seed(), key.epoch(), key.index(), i);
      int[] start = start(volume, draws);
      float[][] crops = crops(volume, start, draws);
      if (image == null) {
        image = new float[n * crops.length * size.voxels()];
        masked = new float[image.length];
      }
      put(crops, image, i);
      put(hidden(crops, draws.nextLong()), masked, i);
      List<EmbeddedSlice> chosen = choose(volume, start, draws);
      queries.add(chosen.stream().map(s -> query(s, start)).toList());
      for (int j = 0; j < chosen.size(); j++) {
        int at = (i * settings.slices() + j) * width;
        System.arraycopy(chosen.get(j).imageEmbedding(), 0, images, at, width);
        System.arraycopy(chosen.get(j).textEmbedding(), 0, texts, at, width);
      }
    }
    return new Batch(image, masked, queries, images, texts);
  }

  private DescribedVolume volumeOf(SampleKey key, int i) {
    long number =
        ((long) key.epoch() * settings.stepsPerEpoch() + key.index()) * settings.volumes() + i;
    return volumes.get(SampleKey.shuffled(key.seed(), number, volumes.size()));
  }

  /**
   * Corner of a crop that holds a slice drawn at random; a volume smaller than the crop lies in its
   * middle.
   */
  private int[] start(DescribedVolume volume, Draws draws) {
    EmbeddedSlice anchor = volume.slices().get(draws.nextInt(volume.slices().size()));
    int[] start = new int[3];
    for (int a = 0; a < 3; a++) {
      int room = volume.extents()[a] - patch[a];
      if (room <= 0) {
        // Rounded down, as patches of fine-tuning are placed.
        start[a] = room / 2;
        continue;
      }
      int low = 0;
      int high = room;
      if (anchor.plane().axis() == a) {
        low = Math.max(0, anchor.index() - patch[a] + 1);
        high = Math.min(room, anchor.index());
      }
      start[a] = low + draws.nextInt(high - low + 1);
    }
    return start;
  }

  /** A crop of every channel; its intensities change for each by itself. */
  private float[][] crops(DescribedVolume volume, int[] start, Draws draws) {
    float[][] channels = volume.source().get();
    float[][] crops = new float[channels.length][size.voxels()];
    for (int c = 0; c < crops.length; c++) {
      cut(channels[c], volume.extents(), start, patch, crops[c], 0);
      settings.augmentation().changeIntensities(crops[c], 0, size, draws);
    }
    return crops;
  }

  /** The crops with the same blocks hidden in all channels, since one would give away another. */
  private float[][] hidden(float[][] crops, long seed) {
    float[][] out = new float[crops.length][];
    for (int c = 0; c < out.length; c++) {
      SplittableRandom random = new SplittableRandom(seed);
      out[c] =
          BlockMask.apply(crops[c], patch, settings.maskShare(), settings.maskBlock(), 0f, random);
    }
    return out;
  }

  private void put(float[][] crops, float[] out, int number) {
    int at = number * crops.length * size.voxels();
    for (int c = 0; c < crops.length; c++) {
      Channels.interleave(crops[c], 0, size.voxels(), out, at, c, crops.length);
    }
  }

  /** Copies a crop of a volume of extents e; what lies outside of the volume stays as it is. */
  static void cut(float[] volume, int[] e, int[] start, int[] patch, float[] out, int at) {
    int from = Math.max(0, start[2]);
    int to = Math.min(e[2], start[2] + patch[2]);
    for (int d = 0; d < patch[0]; d++) {
      for (int h = 0; h < patch[1]; h++) {
        int z = start[0] + d;
        int y = start[1] + h;
        if (z >= 0 && z < e[0] && y >= 0 && y < e[1]) {
          int row = at + (d * patch[1] + h) * patch[2];
          System.arraycopy(
              volume, (z * e[1] + y) * e[2] + from, out, row + from - start[2], to - from);
        }
      }
    }
  }

  /** Slices that lie in the crop, all different where there are enough. */
  private List<EmbeddedSlice> choose(DescribedVolume volume, int[] start, Draws draws) {
    List<EmbeddedSlice> inside = new ArrayList<>();
    for (EmbeddedSlice s : volume.slices()) {
      int i = s.index() - start[s.plane().axis()];
      if (i >= 0 && i < patch[s.plane().axis()]) {
        inside.add(s);
      }
    }
    List<EmbeddedSlice> chosen = new ArrayList<>();
    List<EmbeddedSlice> left = new ArrayList<>();
    while (chosen.size() < settings.slices()) {
      if (left.isEmpty()) {
        left.addAll(inside);
      }
      chosen.add(left.remove(draws.nextInt(left.size())));
    }
    return chosen;
  }

  private Query query(EmbeddedSlice s, int[] start) {
    int axis = s.plane().axis();
    double span = Math.max(1, patch[axis] - 1);
    return new Query(s.plane(), (s.index() - start[axis]) / span);
  }

  @Override
  public String describe(SampleKey key) {
    return IntStream.range(0, settings.volumes())
        .mapToObj(i -> volumeOf(key, i).id())
        .distinct()
        .collect(Collectors.joining(", "));
  }
}
