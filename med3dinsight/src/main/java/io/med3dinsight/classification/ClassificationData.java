package io.med3dinsight.classification;

import io.med3dinsight.DataException;
import io.med3dinsight.dataset.Fingerprint;
import io.med3dinsight.dataset.MedMnist.Split;
import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.network.NetworkPlan;
import io.med3dinsight.network.NetworkSettings;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.Normalization;
import io.med3dinsight.volume.Orientation;
import io.med3dinsight.volume.Spacing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Makes the plan that suits the training images, and brings images onto the network's grid. */
public final class ClassificationData {
  /** Extent of the input where the settings name none. */
  private static final int EXTENT = 32;

  private final ImageSource source;
  private final Progress progress;

  public ClassificationData(ImageSource source, Progress progress) {
    this.source = source;
    this.progress = progress;
  }

  /**
   * The plan.
   *
   * @param network its {@code patch} is the input's extents; 32 along each axis without
   * @param spacing x, y, z of the network's voxels in mm; null for such that the input covers the
   *     median training image
   * @param window intensities that become -1 and 1, such as a CT window; null for the mean and
   *     deviation of the data set or, where images have scales of their own, of each image
   * @throws DataException when there is no training image
   */
  public ClassificationPlan plan(
      NetworkSettings network, double[] spacing, double[] window, ClassificationSettings settings) {
    if (source.entries(Split.TRAIN).isEmpty()) {
      throw new DataException(source.name() + " has no training image; expected at least one.");
    }
    int[] extents = network.patch();
    if (extents == null) {
      extents = new int[] {EXTENT, EXTENT, EXTENT};
    }
    double[] mm = spacing != null ? spacing : covering(extents);
    Spacing voxel = new Spacing(mm[0], mm[1], mm[2]);
    PatchSize wanted = new PatchSize(extents[0], extents[1], extents[2]);
    NetworkSettings sized = network.withPatch(extents);
    NetworkPlan shape = NetworkPlan.of(sized, new Fingerprint(voxel, wanted, Normalization.none()));
    List<float[]> images = fitted(Split.TRAIN, voxel, shape.patch());
    Normalization normalization = normalization(window, images);
    images.forEach(normalization::apply);
    double[] statistics = settings.inputStatistics() ? statistics(images) : new double[0];
    return new ClassificationPlan(
        source.name(),
        source.classes(),
        voxel,
        shape.patch(),
        normalization,
        settings.pooling(),
        statistics,
        shape.network());
  }

  /** Voxel sizes x, y, z with which so many voxels D, H, W cover the median training image. */
  private double[] covering(int[] extents) {
    int n = source.entries(Split.TRAIN).size();
    double[][] mm = new double[3][n];
    source.read(
        Split.TRAIN,
        (i, image) -> {
          Grid g = Orientation.of(image.grid()).toRas(image.grid());
          for (int a = 0; a < 3; a++) {
            mm[a][i] = g.extent(a) * g.spacing().along(a);
          }
        });
    double[] voxel = new double[3];
    for (int a = 0; a < 3; a++) {
      Arrays.sort(mm[a]);
      voxel[a] = mm[a][n / 2] / extents[2 - a];
    }
    return voxel;
  }

  private List<float[]> fitted(Split split, Spacing voxel, PatchSize size) {
    List<float[]> images = new ArrayList<>();
    int n = source.entries(split).size();
    try (Progress.Task task = progress.start("read " + split.label(), n, "images")) {
      source.read(
          split,
          (i, image) -> {
            images.add(InputImages.fit(image, voxel, size));
            task.step();
          });
    }
    return images;
  }

  private Normalization normalization(double[] window, List<float[]> images) {
    if (window != null) {
      return Normalization.window(window[0], window[1]);
    }
    if (!source.sharesScale()) {
      return Normalization.mri();
    }
    double sum = 0;
    double squares = 0;
    long n = 0;
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (float[] image : images) {
      for (float v : image) {
        sum += v;
        squares += (double) v * v;
        low = Math.min(low, v);
        high = Math.max(high, v);
      }
      n += image.length;
    }
    double mean = sum / n;
    double deviation = Math.sqrt(Math.max(0, squares / n - mean * mean));
    if (!(low < high)) {
      throw new DataException(
          source.name() + " has training images of one intensity, " + low + "; expected contrast.");
    }
    return Normalization.ct(low, high, mean, deviation);
  }

  /** Mean and deviation of the images' means, then of their deviations. */
  private static double[] statistics(List<float[]> images) {
    double[] means = new double[images.size()];
    double[] deviations = new double[images.size()];
    for (int i = 0; i < means.length; i++) {
      double sum = 0;
      double squares = 0;
      for (float v : images.get(i)) {
        sum += v;
        squares += (double) v * v;
      }
      int n = images.get(i).length;
      means[i] = sum / n;
      deviations[i] = Math.sqrt(Math.max(0, squares / n - means[i] * means[i]));
    }
    double[] a = meanAndDeviation(means);
    double[] b = meanAndDeviation(deviations);
    return new double[] {a[0], a[1], b[0], b[1]};
  }

  private static double[] meanAndDeviation(double[] x) {
    double mean = Arrays.stream(x).average().orElse(0);
    double variance = Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElse(0);
    // Where all are alike, as after a normalisation of each image, they say nothing.
    return new double[] {mean, Math.max(Math.sqrt(variance), 1e-3)};
  }

  /** The images of a split as the network sees them. */
  public PreparedImages prepared(Split split, ClassificationPlan plan) {
    List<ImageSource.Entry> entries = source.entries(split);
    List<float[]> images = fitted(split, plan.spacing(), plan.input());
    images.forEach(plan.normalization()::apply);
    return new PreparedImages(
        entries.stream().map(ImageSource.Entry::id).toList(),
        entries.stream().mapToInt(ImageSource.Entry::label).toArray(),
        images);
  }
}
