package io.med3dinsight.classification;

import io.med3dinsight.DataException;
import io.med3dinsight.volume.Normalization;
import java.util.Arrays;
import java.util.List;

/** Measures the intensities of training images, each channel by itself. */
final class ChannelScales {
  private static final int SAMPLES_PER_IMAGE = 10_000;

  /** Spread of the images' means or deviations, in normalised intensities, that means nothing. */
  private static final double ALIKE = 0.02;

  private final ImageSource source;
  private final List<float[][]> images;

  /**
   * @param images [channel][D, H, W] each, on the network's grid
   */
  ChannelScales(ImageSource source, List<float[][]> images) {
    this.source = source;
    this.images = images;
  }

  /**
   * How a channel is normalised. A scale for the whole data set is the window or, without one,
   * measured: from the least to the largest intensity with mean and deviation where the source says
   * that all images share a scale; otherwise nnU-Net's numbers, over all voxels since no structure
   * is marked ({@link Normalization#fitCt}).
   *
   * @param window null to measure
   * @throws DataException when the images have one intensity only
   */
  Normalization normalization(int channel, Normalization.Scheme scheme, double[] window) {
    return switch (scheme) {
      case NONE -> Normalization.none();
      case Z_SCORE_PER_IMAGE -> Normalization.mri();
      case FIXED -> {
        if (window != null) {
          yield Normalization.window(window[0], window[1]);
        }
        requireContrast(channel);
        yield source.sharesScale() ? whole(channel) : Normalization.fitCt(sample(channel));
      }
    };
  }

  private void requireContrast(int channel) {
    float first = images.get(0)[channel][0];
    for (float[][] image : images) {
      for (float v : image[channel]) {
        if (v != first) {
          return;
        }
      }
    }
    throw new DataException(
        source.name() + " has training images of one intensity, " + first + "; expected contrast.");
  }

  private Normalization whole(int channel) {
    double sum = 0;
    double squares = 0;
    long n = 0;
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (float[][] image : images) {
      for (float v : image[channel]) {
        sum += v;
        squares += (double) v * v;
        low = Math.min(low, v);
        high = Math.max(high, v);
      }
      n += image[channel].length;
    }
    double mean = sum / n;
    double deviation = Math.sqrt(Math.max(0, squares / n - mean * mean));
    return Normalization.ct(low, high, mean, deviation);
  }

  private float[] sample(int channel) {
    int voxels = images.get(0)[channel].length;
    int step = Math.max(1, voxels / SAMPLES_PER_IMAGE);
    int each = (voxels + step - 1) / step;
    float[] sample = new float[each * images.size()];
    int at = 0;
    for (float[][] image : images) {
      for (int i = 0; i < voxels; i += step) {
        sample[at++] = image[channel][i];
      }
    }
    return sample;
  }

  /** For each channel mean and deviation of the images' means, then of their deviations. */
  double[] statistics() {
    int channels = images.get(0).length;
    double[] all = new double[4 * channels];
    for (int c = 0; c < channels; c++) {
      System.arraycopy(statistics(c), 0, all, 4 * c, 4);
    }
    return all;
  }

  private double[] statistics(int channel) {
    double[] means = new double[images.size()];
    double[] deviations = new double[images.size()];
    for (int i = 0; i < means.length; i++) {
      double sum = 0;
      double squares = 0;
      for (float v : images.get(i)[channel]) {
        sum += v;
        squares += (double) v * v;
      }
      int n = images.get(i)[channel].length;
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
    double deviation = Math.sqrt(variance);
    // Where all are alike, as after a normalisation of each image, they say nothing, and random
    // changes of the intensities must not be blown up.
    return new double[] {mean, deviation < ALIKE ? 1 : deviation};
  }
}
