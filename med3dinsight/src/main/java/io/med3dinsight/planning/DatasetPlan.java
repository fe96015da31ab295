package io.med3dinsight.planning;

import io.med3dinsight.DataException;
import io.med3dinsight.dataset.DataFacts;
import io.med3dinsight.dataset.Fingerprint;
import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.network.FlatKernels;
import io.med3dinsight.network.NetworkConfig;
import io.med3dinsight.network.NetworkPlan;
import io.med3dinsight.network.NetworkSettings;
import io.med3dinsight.network.NetworkType;
import io.med3dinsight.network.TransformerSettings;
import io.med3dinsight.network.UNetConfig;
import io.med3dinsight.volume.Normalization;
import io.med3dinsight.volume.Spacing;
import java.util.Arrays;
import java.util.Locale;

/**
 * Choices for a data set and a memory, by nnU-Net's rules (Isensee et al. 2021, Nature Methods
 * 18:203, and its supplement) as far as they can be expressed here: the largest patch up to the
 * median case with which two fit in a step, then as many patches as fit and as five hundredths of
 * the data set's voxels allow. A UNet's strides and kernels follow; other architectures have their
 * published shape.
 *
 * @param network patch and shape
 * @param batch patches a step
 * @param stepBytes what {@link StepMemory} expects of a step
 * @param stepBudget bytes that a step may take
 * @param caseBytes bytes of the heap that prepared cases take
 */
public record DatasetPlan(
    PatchSize patch,
    NetworkConfig network,
    int batch,
    long stepBytes,
    long stepBudget,
    long caseBytes) {
  private static final int LEAST_BATCH = 2;
  private static final int MOST_BATCH = 8;
  private static final double DATA_SHARE = 0.05;
  private static final int MOST_VOXELS = 160 * 160 * 160;
  private static final int LEAST_VOXELS = 8 * 8 * 8;

  /** At 32 voxels along each axis the coarsest level of Swin UNETR is a single token. */
  private static final int LEAST_OF_TRANSFORMERS = 48 * 48 * 48;

  private static final int CONVOLUTIONS = 2;
  private static final int SUPERVISED = 3;

  /** From here on the first stage is as wide as nnU-Net's. */
  private static final long WIDE = 16L << 30;

  /** Share of the heap that the garbage collector can fill before it runs short. */
  private static final double USABLE = 0.8;

  /** Classes, code caches, patches that wait. */
  private static final long OVERHEAD = 200L << 20;

  /**
   * The plan.
   *
   * @param memory bytes of the Java heap (-Xmx) that training is to have
   * @throws DataException when not even the smallest patch fits
   */
  public static DatasetPlan of(
      NetworkType type, DataFacts facts, int channels, int classes, long memory) {
    long perVoxel = (long) Float.BYTES * channels + Integer.BYTES;
    long cases = Math.min(memory / 2, perVoxel * facts.voxels());
    long budget = (long) (USABLE * memory) - cases - OVERHEAD;
    Normalization[] any = new Normalization[channels];
    Arrays.fill(any, Normalization.none());
    Fingerprint data =
        new Fingerprint(facts.targetSpacing(), facts.medianSize(), Arrays.asList(any));
    int least = type == NetworkType.UNET ? LEAST_VOXELS : LEAST_OF_TRANSFORMERS;
    for (int most = MOST_VOXELS; most >= least; most -= Math.max(1, most / 32)) {
      NetworkPlan tried = network(type, widths(memory), most, data);
      if (bytes(tried.network(), tried.patch(), LEAST_BATCH, classes) <= budget) {
        int batch = batch(tried, classes, budget, facts.voxels());
        long step = bytes(tried.network(), tried.patch(), batch, classes);
        return new DatasetPlan(tried.patch(), tried.network(), batch, step, budget, cases);
      }
    }
    String name = type == NetworkType.UNET ? "No network" : "No published " + type.text();
    throw new DataException(
        String.format(
            Locale.ROOT,
            "%s can be trained on this data set in %.1f GiB of memory; give more (--memory)%s.",
            name,
            memory / 1073741824.0,
            type == NetworkType.UNET ? "" : " or plan a UNet"));
  }

  private static NetworkPlan network(NetworkType type, int[] widths, int most, Fingerprint data) {
    NetworkSettings settings = new NetworkSettings(widths, CONVOLUTIONS, true, null, most);
    NetworkPlan plan =
        NetworkPlan.of(settings.withTransformer(type, TransformerSettings.standard()), data);
    if (!(plan.network() instanceof UNetConfig cubic)) {
      return plan;
    }
    Spacing mm = data.spacing();
    int[][] kernels = FlatKernels.of(cubic.strides(), new double[] {mm.z(), mm.y(), mm.x()});
    return new NetworkPlan(plan.patch(), cubic.withKernels(kernels));
  }

  private static int[] widths(long memory) {
    return memory >= WIDE
        ? new int[] {32, 64, 128, 256, 320, 320}
        : new int[] {16, 32, 64, 128, 256, 320};
  }

  private static int batch(NetworkPlan plan, int classes, long budget, long voxels) {
    int batch = LEAST_BATCH;
    while (batch < MOST_BATCH
        && (batch + 1.0) * plan.patch().voxels() <= DATA_SHARE * voxels
        && bytes(plan.network(), plan.patch(), batch + 1, classes) <= budget) {
      batch++;
    }
    return batch;
  }

  private static long bytes(NetworkConfig network, PatchSize patch, int batch, int classes) {
    return StepMemory.bytes(network, patch, batch, classes, SUPERVISED);
  }
}
