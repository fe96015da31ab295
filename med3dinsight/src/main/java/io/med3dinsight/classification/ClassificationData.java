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
import java.util.Collections;
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
   * @throws DataException when there is no training image
   * @throws io.med3dinsight.UsageException when {@code input} does not fit the data's channels
   */
  public ClassificationPlan plan(
      NetworkSettings network, InputSettings input, ClassificationSettings settings) {
    if (source.entries(Split.TRAIN).isEmpty()) {
      throw new DataException(source.name() + " has no training image; expected at least one.");
    }
    List<Normalization.Scheme> schemes = input.schemes(source);
    NetworkSettings sized = sized(network);
    int[] extents = sized.patch();
    double[] mm = input.spacing() != null ? input.spacing() : covering(extents);
    Spacing voxel = new Spacing(mm[0], mm[1], mm[2]);
    PatchSize wanted = new PatchSize(extents[0], extents[1], extents[2]);
    List<Normalization> asStored = Collections.nCopies(source.channels(), Normalization.none());
    NetworkPlan shape = NetworkPlan.of(sized, new Fingerprint(voxel, wanted, asStored));
    List<float[][]> images = fitted(Split.TRAIN, voxel, shape.patch());
    ChannelScales scales = new ChannelScales(source, images);
    List<Normalization> normalizations = new ArrayList<>();
    for (int c = 0; c < schemes.size(); c++) {
      normalizations.add(scales.normalization(c, schemes.get(c), input.window()));
    }
    images.forEach(image -> InputImages.normalise(image, normalizations));
    double[] statistics = settings.inputStatistics() ? scales.statistics() : new double[0];
    return new ClassificationPlan(
        source.name(),
        input.modality(),
        source.classes(),
        voxel,
        shape.patch(),
        normalizations,
        settings.pooling(),
        statistics,
        shape.network());
  }

  /** The network with the input's extents, which are 32 along each axis where none are given. */
  public static NetworkSettings sized(NetworkSettings network) {
    int[] extents = network.patch();
    return extents == null ? network.withPatch(new int[] {EXTENT, EXTENT, EXTENT}) : network;
  }

  /** Voxel sizes x, y, z with which so many voxels D, H, W cover the median training image. */
  private double[] covering(int[] extents) {
    int n = source.entries(Split.TRAIN).size();
    double[][] mm = new double[3][n];
    source.read(
        Split.TRAIN,
        (i, channels) -> {
          Grid file = channels.get(0).grid();
          Grid g = Orientation.of(file).toRas(file);
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

  private List<float[][]> fitted(Split split, Spacing voxel, PatchSize size) {
    List<float[][]> images = new ArrayList<>();
    int n = source.entries(split).size();
    try (Progress.Task task = progress.start("read " + split.label(), n, "images")) {
      source.read(
          split,
          (i, channels) -> {
            images.add(InputImages.fit(channels, voxel, size));
            task.step();
          });
    }
    return images;
  }

  /**
   * The images of a split as the network sees them.
   *
   * @throws DataException when they have more or fewer channels than the plan
   */
  public PreparedImages prepared(Split split, ClassificationPlan plan) {
    if (source.channels() != plan.channels()) {
      throw new DataException(
          source.name()
              + " has images of "
              + source.channels()
              + (source.channels() == 1 ? " channel" : " channels")
              + ", but "
              + plan.wantedChannels());
    }
    List<ImageSource.Entry> entries = source.entries(split);
    List<float[][]> images = fitted(split, plan.spacing(), plan.input());
    images.forEach(image -> InputImages.normalise(image, plan.normalizations()));
    return new PreparedImages(
        entries.stream().map(ImageSource.Entry::id).toList(),
        entries.stream().mapToInt(ImageSource.Entry::label).toArray(),
        images);
  }
}
