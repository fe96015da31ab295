package io.med3dinsight.dataset;

import io.med3dinsight.DataException;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.Normalization;
import io.med3dinsight.volume.Orientation;
import io.med3dinsight.volume.Preprocessing;
import io.med3dinsight.volume.Spacing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What the training cases have in common: the medians of voxel sizes and of extents at these sizes,
 * and the intensities to normalise by.
 *
 * @param spacing median voxel sizes in mm, in RAS order
 * @param medianSize median extents in voxels of that size
 * @param normalizations of each channel; for CT the foreground's clip and scale, otherwise image by
 *     image
 */
public record Fingerprint(
    Spacing spacing, PatchSize medianSize, List<Normalization> normalizations) {
  private static final int SAMPLES_PER_CASE = 10_000;

  public Fingerprint {
    normalizations = List.copyOf(normalizations);
  }

  /** Of scans of one channel. */
  public Fingerprint(Spacing spacing, PatchSize medianSize, Normalization normalization) {
    this(spacing, medianSize, List.of(normalization));
  }

  /** Number of channels. */
  public int channels() {
    return normalizations.size();
  }

  /** How files become network inputs. */
  public Preprocessing preprocessing() {
    return new Preprocessing(spacing, normalizations);
  }

  /**
   * Measures scans; each is needed only while it is visited.
   *
   * @param schemes how each channel's intensities are normalised
   * @param target voxel sizes in mm, in RAS order; null for the median
   * @throws DataException when there is no scan, or no foreground to measure a fixed scale in
   */
  public static Fingerprint of(
      Iterable<LabelledScan> scans, List<Normalization.Scheme> schemes, Spacing target) {
    List<Grid> grids = new ArrayList<>();
    List<List<float[]>> samples = new ArrayList<>();
    schemes.forEach(s -> samples.add(new ArrayList<>()));
    for (LabelledScan scan : scans) {
      grids.add(Orientation.of(scan.image().grid()).toRas(scan.image().grid()));
      for (int c = 0; c < schemes.size(); c++) {
        if (schemes.get(c) == Normalization.Scheme.FIXED) {
          samples.get(c).add(foreground(scan, c));
        }
      }
    }
    requireAny(grids);
    return of(grids, normalizations(schemes, samples), target);
  }

  private static void requireAny(List<Grid> grids) {
    if (grids.isEmpty()) {
      throw new DataException("there is no training case to measure; expected at least one.");
    }
  }

  /**
   * The medians of grids.
   *
   * @param grids of the scans, in RAS order
   * @param normalizations what is known of the intensities of each channel
   * @param target voxel sizes in mm, in RAS order; null for the median
   * @throws DataException when there is none
   */
  public static Fingerprint of(
      List<Grid> grids, List<Normalization> normalizations, Spacing target) {
    requireAny(grids);
    double[] spacing = new double[3];
    for (int axis = 0; axis < 3; axis++) {
      int a = axis;
      spacing[axis] =
          target != null
              ? target.along(axis)
              : median(grids.stream().mapToDouble(g -> g.spacing().along(a)).toArray());
    }
    int[] size = new int[3];
    for (int axis = 0; axis < 3; axis++) {
      int a = axis;
      double[] extents =
          grids.stream()
              .mapToDouble(g -> g.extent(a) * g.spacing().along(a) / spacing[a])
              .toArray();
      size[axis] = (int) Math.max(1, Math.round(median(extents)));
    }
    return new Fingerprint(
        new Spacing(spacing[0], spacing[1], spacing[2]),
        new PatchSize(size[2], size[1], size[0]),
        normalizations);
  }

  private static List<Normalization> normalizations(
      List<Normalization.Scheme> schemes, List<List<float[]>> samples) {
    List<Normalization> out = new ArrayList<>();
    for (int c = 0; c < schemes.size(); c++) {
      out.add(
          switch (schemes.get(c)) {
            case FIXED -> Normalization.fitCt(joined(samples.get(c)));
            case Z_SCORE_PER_IMAGE -> Normalization.mri();
            case NONE -> Normalization.none();
          });
    }
    return out;
  }

  static float[] foreground(LabelledScan scan, int channel) {
    float[] voxels = scan.channels().get(channel).voxels();
    int[] labels = scan.labels().labels();
    int total = 0;
    for (int label : labels) {
      total += label > 0 ? 1 : 0;
    }
    int step = Math.max(1, total / SAMPLES_PER_CASE);
    float[] sample = new float[(total + step - 1) / step];
    int seen = 0;
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] > 0) {
        if (seen % step == 0) {
          sample[seen / step] = voxels[i];
        }
        seen++;
      }
    }
    return sample;
  }

  static float[] joined(List<float[]> parts) {
    float[] all = new float[parts.stream().mapToInt(p -> p.length).sum()];
    int at = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    if (at == 0) {
      throw new DataException(
          "no training case has a labelled voxel; expected foreground in at least one.");
    }
    return all;
  }

  static double median(double[] values) {
    Arrays.sort(values);
    int middle = values.length / 2;
    return values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  }
}
