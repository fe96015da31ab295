package io.med3dinsight.pretrain;

import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.pretrain.DescribedVolume.EmbeddedSlice;
import io.med3dinsight.psat.Psat.Query;
import io.med3dinsight.volume.Channels;
import java.util.ArrayList;
import java.util.List;

/**
 * The described slices of some volumes in the common space: as seen from the volume, from the slice
 * and from its description.
 *
 * @param seen from the middle crop of the volume, by the network [n][E]
 * @param images of the slices' pixels [n][E]
 * @param texts of their descriptions [n][E]
 * @param volumes number of each slice's volume [n]
 */
public record SliceEmbeddings(float[][] seen, float[][] images, float[][] texts, int[] volumes) {
  /**
   * Embeds every described slice that lies in the middle crop of its volume.
   *
   * @param patch extents of the crop
   */
  public static SliceEmbeddings of(
      PretrainNetwork network, PatchSize patch, List<DescribedVolume> volumes) {
    network.train(false);
    List<float[]> seen = new ArrayList<>();
    List<float[]> images = new ArrayList<>();
    List<float[]> texts = new ArrayList<>();
    List<Integer> numbers = new ArrayList<>();
    int[] p = {patch.depth(), patch.height(), patch.width()};
    for (int n = 0; n < volumes.size(); n++) {
      DescribedVolume v = volumes.get(n);
      int[] start = new int[3];
      for (int a = 0; a < 3; a++) {
        start[a] = Math.floorDiv(v.extents()[a] - p[a], 2);
      }
      List<Query> queries = new ArrayList<>();
      for (EmbeddedSlice s : v.slices()) {
        int at = s.index() - start[s.plane().axis()];
        int span = p[s.plane().axis()];
        if (at >= 0 && at < span) {
          queries.add(new Query(s.plane(), at / (double) Math.max(1, span - 1)));
          images.add(s.imageEmbedding());
          texts.add(s.textEmbedding());
          numbers.add(n);
        }
      }
      if (!queries.isEmpty()) {
        seen.addAll(embed(network, v, start, p, queries));
      }
    }
    return new SliceEmbeddings(
        seen.toArray(float[][]::new),
        images.toArray(float[][]::new),
        texts.toArray(float[][]::new),
        numbers.stream().mapToInt(i -> i).toArray());
  }

  private static List<float[]> embed(
      PretrainNetwork network, DescribedVolume v, int[] start, int[] p, List<Query> queries) {
    float[][] channels = v.source().get();
    int voxels = p[0] * p[1] * p[2];
    float[] crop = new float[channels.length * voxels];
    for (int c = 0; c < channels.length; c++) {
      float[] one = new float[voxels];
      CropBatches.cut(channels[c], v.extents(), start, p, one, 0);
      Channels.interleave(one, 0, voxels, crop, 0, c, channels.length);
    }
    float[] all;
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.of(network.device(), crop, 1, p[0], p[1], p[2], channels.length);
      Tensor[] features = network.volumes().encoder().features(x);
      all = network.psat().embed(features[features.length - 1], List.of(queries)).toFloats();
    }
    int width = all.length / queries.size();
    List<float[]> rows = new ArrayList<>();
    for (int i = 0; i < queries.size(); i++) {
      rows.add(java.util.Arrays.copyOfRange(all, i * width, (i + 1) * width));
    }
    return rows;
  }
}
