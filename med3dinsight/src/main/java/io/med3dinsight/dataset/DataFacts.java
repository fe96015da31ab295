package io.med3dinsight.dataset;

import io.med3dinsight.DataException;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.Normalization;
import io.med3dinsight.volume.Orientation;
import io.med3dinsight.volume.Spacing;
import io.med3dinsight.volume.Volume;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What was measured over the training cases, and the voxel size and extents that follow from it.
 * Axes are x, y, z in RAS order.
 *
 * @param spacings voxel sizes in mm of each case
 * @param extents voxels of each case along the axes
 * @param cropped the same of the box of its voxels that are not 0 in every channel
 * @param foreground of each channel the 0.5th and 99.5th percentiles, mean and deviation of its
 *     intensities inside the labelled structures; no normalisation where there is no structure
 * @param millilitres mean volume of each class over the cases that have it, 0 where none has
 */
public record DataFacts(
    List<double[]> spacings,
    List<int[]> extents,
    List<int[]> cropped,
    List<Normalization> foreground,
    double[] millilitres) {
  /** nnU-Net calls an axis anisotropic from this ratio on, of voxel sizes and of extents. */
  private static final double ANISOTROPIC = 3;

  private static final double LOW_PERCENTILE = 10;

  /**
   * Measures scans; each is needed only while it is visited.
   *
   * @throws DataException when there is no scan
   */
  public static DataFacts of(Iterable<LabelledScan> scans, int channels, int classes) {
    List<double[]> spacings = new ArrayList<>();
    List<int[]> extents = new ArrayList<>();
    List<int[]> cropped = new ArrayList<>();
    List<List<float[]>> samples = new ArrayList<>();
    for (int c = 0; c < channels; c++) {
      samples.add(new ArrayList<>());
    }
    double[] sums = new double[classes];
    int[] cases = new int[classes];
    for (LabelledScan scan : scans) {
      Orientation orientation = Orientation.of(scan.image().grid());
      Grid g = orientation.toRas(scan.image().grid());
      spacings.add(new double[] {g.spacing().x(), g.spacing().y(), g.spacing().z()});
      extents.add(new int[] {g.width(), g.height(), g.depth()});
      cropped.add(nonZero(scan.channels().stream().map(orientation::toRas).toList()));
      for (int c = 0; c < channels; c++) {
        samples.get(c).add(Fingerprint.foreground(scan, c));
      }
      volumes(scan, sums, cases);
    }
    if (spacings.isEmpty()) {
      throw new DataException("there is no training case to measure; expected at least one.");
    }
    for (int k = 0; k < classes; k++) {
      sums[k] = cases[k] == 0 ? 0 : sums[k] / cases[k];
    }
    return new DataFacts(
        spacings, extents, cropped, samples.stream().map(DataFacts::fit).toList(), sums);
  }

  private static Normalization fit(List<float[]> samples) {
    boolean any = samples.stream().anyMatch(s -> s.length > 0);
    return any ? Normalization.fitCt(Fingerprint.joined(samples)) : Normalization.none();
  }

  private static void volumes(LabelledScan scan, double[] sums, int[] cases) {
    long[] counts = new long[sums.length];
    for (int label : scan.labels().labels()) {
      counts[label]++;
    }
    double voxel = Math.abs(scan.labels().grid().affine().determinant()) / 1000;
    for (int k = 0; k < counts.length; k++) {
      sums[k] += counts[k] * voxel;
      cases[k] += counts[k] > 0 ? 1 : 0;
    }
  }

  /** Extents of the box of what is not 0 in every channel; the whole image when all of it is. */
  private static int[] nonZero(List<Volume> channels) {
    Grid g = channels.get(0).grid();
    int[] low = {g.width(), g.height(), g.depth()};
    int[] high = {-1, -1, -1};
    for (Volume channel : channels) {
      float[] v = channel.voxels();
      for (int i = 0; i < v.length; i++) {
        if (v[i] != 0) {
          int[] at = {i % g.width(), i / g.width() % g.height(), i / g.width() / g.height()};
          for (int a = 0; a < 3; a++) {
            low[a] = Math.min(low[a], at[a]);
            high[a] = Math.max(high[a], at[a]);
          }
        }
      }
    }
    if (high[0] < 0) {
      return new int[] {g.width(), g.height(), g.depth()};
    }
    return new int[] {high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1};
  }

  /** Medians of the voxel sizes. */
  public Spacing medianSpacing() {
    return new Spacing(median(0), median(1), median(2));
  }

  private double median(int axis) {
    return Fingerprint.median(spacings.stream().mapToDouble(s -> s[axis]).toArray());
  }

  /**
   * The axis along which the data is anisotropic by nnU-Net's rule (its experiment planner): its
   * median voxel size is more than three times that of the others, and its median extent in voxels
   * less than a third of theirs; -1 for none.
   */
  public int anisotropicAxis() {
    double[] mm = {median(0), median(1), median(2)};
    int worst = mm[0] >= mm[1] && mm[0] >= mm[2] ? 0 : mm[1] >= mm[2] ? 1 : 2;
    int b = (worst + 1) % 3;
    int c = (worst + 2) % 3;
    boolean sizes = mm[worst] > ANISOTROPIC * Math.max(mm[b], mm[c]);
    double own = medianExtent(worst);
    boolean extent = own * ANISOTROPIC < Math.min(medianExtent(b), medianExtent(c));
    return sizes && extent ? worst : -1;
  }

  private double medianExtent(int axis) {
    return Fingerprint.median(cropped.stream().mapToDouble(e -> e[axis]).toArray());
  }

  /**
   * The voxel size to train at: the medians; along an anisotropic axis the 10th percentile of the
   * voxel sizes, but not finer than the other axes.
   */
  public Spacing targetSpacing() {
    double[] mm = {median(0), median(1), median(2)};
    int axis = anisotropicAxis();
    if (axis >= 0) {
      double[] sorted = spacings.stream().mapToDouble(s -> s[axis]).sorted().toArray();
      double at = LOW_PERCENTILE / 100 * (sorted.length - 1);
      int below = (int) at;
      int above = Math.min(below + 1, sorted.length - 1);
      double low = sorted[below] + (at - below) * (sorted[above] - sorted[below]);
      mm[axis] = Math.max(low, Math.max(mm[(axis + 1) % 3], mm[(axis + 2) % 3]));
    }
    return new Spacing(mm[0], mm[1], mm[2]);
  }

  /** Median extents of the cropped cases in voxels of the target size. */
  public PatchSize medianSize() {
    Spacing target = targetSpacing();
    int[] size = new int[3];
    for (int a = 0; a < 3; a++) {
      double[] voxels = new double[cropped.size()];
      for (int i = 0; i < voxels.length; i++) {
        voxels[i] = cropped.get(i)[a] * spacings.get(i)[a] / target.along(a);
      }
      size[a] = (int) Math.max(1, Math.round(Fingerprint.median(voxels)));
    }
    return new PatchSize(size[2], size[1], size[0]);
  }

  /** Voxels of all cases together at the target size. */
  public long voxels() {
    Spacing t = targetSpacing();
    double sum = 0;
    for (int i = 0; i < extents.size(); i++) {
      double product = 1;
      for (int a = 0; a < 3; a++) {
        product *= Math.max(1, Math.rint(extents.get(i)[a] * spacings.get(i)[a] / t.along(a)));
      }
      sum += product;
    }
    return (long) sum;
  }

  /** Least and largest voxel size along an axis. */
  public double[] range(int axis) {
    double[] sorted = spacings.stream().mapToDouble(s -> s[axis]).toArray();
    Arrays.sort(sorted);
    return new double[] {sorted[0], sorted[sorted.length - 1]};
  }
}
