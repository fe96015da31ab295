package io.med3dinsight.network;

import io.med3dinsight.dataset.Fingerprint;
import io.med3dinsight.dataset.PatchSize;
import java.util.Arrays;

/**
 * Patch size and strides that suit a dataset, by nnU-Net's rules (Isensee et al. 2021, supplement):
 * the patch covers the median case unless that is too large; an axis is halved from stage to stage
 * as long as it keeps four voxels and its voxels are less than twice as large as the finest.
 *
 * @param patch extents of the network's input, divisible by the strides' product
 * @param network the network's shape
 */
public record NetworkPlan(PatchSize patch, UNetConfig network) {
  private static final int SMALLEST = 4;

  /** The plan for a dataset; one input channel. */
  public static NetworkPlan of(NetworkSettings settings, Fingerprint data) {
    // Along D, H, W.
    double[] spacing = {data.spacing().z(), data.spacing().y(), data.spacing().x()};
    int[] size = settings.patch() != null ? settings.patch().clone() : fit(settings, data, spacing);
    int[][] strides = strides(settings.channels().length, size, spacing);
    UNetConfig network =
        new UNetConfig(
            1,
            Arrays.copyOf(settings.channels(), strides.length),
            strides,
            settings.convolutions(),
            settings.residual());
    int[] divisor = network.divisor();
    for (int a = 0; a < 3; a++) {
      size[a] = (size[a] + divisor[a] - 1) / divisor[a] * divisor[a];
    }
    return new NetworkPlan(new PatchSize(size[0], size[1], size[2]), network);
  }

  /** The median case, its longest axis in mm shortened until the patch is small enough. */
  private static int[] fit(NetworkSettings settings, Fingerprint data, double[] spacing) {
    PatchSize median = data.medianSize();
    int[] size = {median.depth(), median.height(), median.width()};
    while ((long) size[0] * size[1] * size[2] > settings.maxPatchVoxels()) {
      int longest = -1;
      for (int a = 0; a < 3; a++) {
        boolean longer = longest < 0 || size[a] * spacing[a] > size[longest] * spacing[longest];
        if (size[a] > SMALLEST && longer) {
          longest = a;
        }
      }
      size[longest] -= Math.max(1, size[longest] / 16);
    }
    return size;
  }

  private static int[][] strides(int stages, int[] patch, double[] spacing) {
    int[] extent = patch.clone();
    double[] mm = spacing.clone();
    int[][] strides = new int[stages][];
    strides[0] = new int[] {1, 1, 1};
    for (int s = 1; s < stages; s++) {
      double finest = Arrays.stream(mm).min().orElseThrow();
      int[] stride = {1, 1, 1};
      for (int a = 0; a < 3; a++) {
        if (extent[a] >= 2 * SMALLEST && mm[a] < 2 * finest) {
          stride[a] = 2;
        }
      }
      if (Arrays.stream(stride).allMatch(x -> x == 1)) {
        return Arrays.copyOf(strides, s);
      }
      for (int a = 0; a < 3; a++) {
        extent[a] = (extent[a] + stride[a] - 1) / stride[a];
        mm[a] *= stride[a];
      }
      strides[s] = stride;
    }
    return strides;
  }
}
