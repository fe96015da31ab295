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
 * @param normalization for CT the foreground's clip and scale, otherwise image by image
 */
public record Fingerprint(Spacing spacing, PatchSize medianSize, Normalization normalization) {
  private static final int SAMPLES_PER_CASE = 10_000;

  /** How files become network inputs. */
  public Preprocessing preprocessing() {
    return new Preprocessing(spacing, normalization);
  }

  /**
   * Measures scans; each is needed only while it is visited.
   *
   * @param ct whether intensities are Hounsfield units
   * @throws DataException when there is no scan, or a CT dataset without any foreground
   */
  public static Fingerprint of(Iterable<LabelledScan> scans, boolean ct) {
    List<Grid> grids = new ArrayList<>();
    List<float[]> samples = new ArrayList<>();
    for (LabelledScan scan : scans) {
      grids.add(Orientation.of(scan.image().grid()).toRas(scan.image().grid()));
      if (ct) {
        samples.add(foreground(scan));
      }
    }
    requireAny(grids);
    return of(grids, ct ? Normalization.fitCt(joined(samples)) : Normalization.mri());
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
   * @param normalization what is known of the intensities
   * @throws DataException when there is none
   */
  public static Fingerprint of(List<Grid> grids, Normalization normalization) {
    requireAny(grids);
    double[] spacing = new double[3];
    for (int axis = 0; axis < 3; axis++) {
      int a = axis;
      spacing[axis] = median(grids.stream().mapToDouble(g -> g.spacing().along(a)).toArray());
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
        normalization);
  }

  private static float[] foreground(LabelledScan scan) {
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
          sample[seen / step] = scan.image().voxels()[i];
        }
        seen++;
      }
    }
    return sample;
  }

  private static float[] joined(List<float[]> parts) {
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

  private static double median(double[] values) {
    Arrays.sort(values);
    int middle = values.length / 2;
    return values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  }
}
