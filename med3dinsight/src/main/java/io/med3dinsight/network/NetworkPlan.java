package io.med3dinsight.network;

import io.med3dinsight.UsageException;
import io.med3dinsight.dataset.Fingerprint;
import io.med3dinsight.dataset.PatchSize;
import java.util.Arrays;

/**
 * Patch size and network that suit a dataset. A UNet's strides follow from the data by nnU-Net's
 * rules (Isensee et al. 2021, supplement): the patch covers the median case unless that is too
 * large; an axis is halved from stage to stage as long as it keeps four voxels and its voxels are
 * less than twice as large as the finest of such axes. The other architectures take the patch as it
 * is, rounded up to whole tokens.
 *
 * @param patch extents of the network's input, divisible by the strides' product
 * @param network the network's shape
 */
public record NetworkPlan(PatchSize patch, NetworkConfig network) {
  private static final int SMALLEST = 4;
  private static final int LEAST_VOXELS = 512;

  /**
   * The plan for a dataset, with an input channel for each of its channels.
   *
   * @throws UsageException when the patch is too small for two stages
   */
  public static NetworkPlan of(NetworkSettings settings, Fingerprint data) {
    // Along D, H, W.
    double[] spacing = {data.spacing().z(), data.spacing().y(), data.spacing().x()};
    if (settings.patch() != null) {
      return of(settings, settings.patch().clone(), spacing, data.channels());
    }
    // Rounding up to whole strides must not carry the patch over the bound.
    int most = settings.maxPatchVoxels();
    NetworkPlan plan = of(settings, fit(most, data, spacing), spacing, data.channels());
    while (plan.patch.voxels() > settings.maxPatchVoxels() && most > LEAST_VOXELS) {
      most -= most / 16;
      plan = of(settings, fit(most, data, spacing), spacing, data.channels());
    }
    return plan;
  }

  /**
   * The plan where it follows from settings alone, so that it can be refused before a data set is
   * measured; null where patch or strides follow from the data.
   *
   * @param inputs channels of the volumes
   * @throws UsageException as {@link #of}
   */
  public static NetworkPlan known(NetworkSettings settings, int inputs) {
    boolean open = settings.type() == NetworkType.UNET && settings.strides() == null;
    return settings.patch() == null || open
        ? null
        : of(settings, settings.patch().clone(), new double[3], inputs);
  }

  private static NetworkPlan of(
      NetworkSettings settings, int[] size, double[] spacing, int inputs) {
    if (settings.type() != NetworkType.UNET) {
      return transformer(settings, size, inputs);
    }
    int[][] strides =
        settings.strides() != null
            ? settings.strides()
            : strides(settings.channels().length, size, spacing);
    requireAsMany("network.strides", settings.strides(), settings.channels());
    requireAsMany("network.kernels", settings.kernels(), settings.channels());
    if (strides.length < 2) {
      throw new UsageException(
          "The patch of "
              + size[0]
              + "x"
              + size[1]
              + "x"
              + size[2]
              + " voxels (D, H, W) cannot be halved even once: expected at least "
              + 2 * SMALLEST
              + " voxels along an axis; set network.patch to more than the "
              + (settings.patch() != null ? "given one." : "data's median size."));
    }
    UNetConfig network =
        new UNetConfig(
            inputs,
            Arrays.copyOf(settings.channels(), strides.length),
            strides,
            settings.kernels() == null
                ? UNetConfig.cubes(strides.length)
                : Arrays.copyOf(settings.kernels(), strides.length),
            settings.convolutions(),
            settings.residual());
    roundUp(size, network.divisor());
    return new NetworkPlan(new PatchSize(size[0], size[1], size[2]), network);
  }

  private static void requireAsMany(String key, int[][] stages, int[] channels) {
    if (stages != null && stages.length != channels.length) {
      throw new UsageException(
          key
              + " has "
              + stages.length
              + " stages and network.channels "
              + channels.length
              + ": expected equal numbers.");
    }
  }

  private static NetworkPlan transformer(NetworkSettings settings, int[] size, int inputs) {
    roundUp(size, settings.transformer().unit(settings.type()));
    return new NetworkPlan(
        new PatchSize(size[0], size[1], size[2]),
        settings.transformer().config(settings.type(), inputs, size));
  }

  private static void roundUp(int[] size, int[] unit) {
    for (int a = 0; a < 3; a++) {
      size[a] = (size[a] + unit[a] - 1) / unit[a] * unit[a];
    }
  }

  /** The median case, its longest axis in mm shortened until the patch is small enough. */
  private static int[] fit(int most, Fingerprint data, double[] spacing) {
    PatchSize median = data.medianSize();
    int[] size = {median.depth(), median.height(), median.width()};
    while ((long) size[0] * size[1] * size[2] > most) {
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
      // An axis that cannot be halved any more stays fine, and must not hold up the others.
      double finest = Double.POSITIVE_INFINITY;
      for (int a = 0; a < 3; a++) {
        finest = extent[a] >= 2 * SMALLEST ? Math.min(finest, mm[a]) : finest;
      }
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
