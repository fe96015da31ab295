package io.med3dinsight.gap;

import io.med3dinsight.pretrain.SliceEmbeddings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The gap between slices as seen from their volume, their images and their descriptions, at one
 * moment of a pretraining.
 */
public final class Gap {
  /** The three modalities, in the order of {@link #pca} and {@link #tsne}. */
  public static final List<String> MODALITIES = List.of("volume", "image", "text");

  /**
   * What {@link #measures} gives: distances of the centroids of volume and image, volume and text,
   * image and text; shares of slices of which a linear classifier tells volume from image and
   * volume from text.
   */
  public static final List<String> MEASURES =
      List.of(
          "image_distance",
          "text_distance",
          "image_text_distance",
          "image_separability",
          "text_separability");

  private static final double PERPLEXITY = 30;

  /** Exact t-SNE and pictures take no more than this. */
  private static final int MOST_SLICES = 200;

  private final double[][][] rows;
  private final int[] volumes;

  private Gap(double[][][] rows, int[] volumes) {
    this.rows = rows;
    this.volumes = volumes;
  }

  /** The gap of some slices, at least one. */
  public static Gap of(SliceEmbeddings e) {
    if (e.seen().length == 0) {
      throw new IllegalArgumentException("no slice, expected at least one");
    }
    return new Gap(
        new double[][][] {wide(e.seen()), wide(e.images()), wide(e.texts())}, e.volumes());
  }

  /** Number of slices. */
  public int slices() {
    return volumes.length;
  }

  /**
   * The {@link #MEASURES} by name. Separability is not a number for slices of one volume alone,
   * because it is cross-validated over volumes.
   */
  public Map<String, Double> measures() {
    boolean several = Arrays.stream(volumes).distinct().count() > 1;
    double[] values = {
      ModalityGap.centroidDistance(rows[0], rows[1]),
      ModalityGap.centroidDistance(rows[0], rows[2]),
      ModalityGap.centroidDistance(rows[1], rows[2]),
      several ? ModalityGap.separability(rows[0], rows[1], volumes) : Double.NaN,
      several ? ModalityGap.separability(rows[0], rows[2], volumes) : Double.NaN
    };
    Map<String, Double> named = new LinkedHashMap<>();
    for (int i = 0; i < values.length; i++) {
      named.put(MEASURES.get(i), values[i]);
    }
    return named;
  }

  /**
   * At most 200 slices, evenly chosen, along the first two principal axes of all three modalities
   * together, [modality][slice][2].
   */
  public double[][][] pca() {
    return parts(Pca.project(stacked(), 2));
  }

  /** The same slices on a map by exact t-SNE (perplexity 30), [modality][slice][2]. */
  public double[][][] tsne() {
    return parts(Tsne.map(stacked(), PERPLEXITY));
  }

  private static double[][] wide(float[][] rows) {
    double[][] out = new double[rows.length][];
    for (int i = 0; i < rows.length; i++) {
      out[i] = new double[rows[i].length];
      for (int k = 0; k < out[i].length; k++) {
        out[i][k] = rows[i][k];
      }
    }
    return out;
  }

  /** Evenly chosen slices of the three modalities below each other. */
  private double[][] stacked() {
    int n = slices();
    int kept = Math.min(n, MOST_SLICES);
    List<double[]> stacked = new ArrayList<>();
    for (double[][] modality : rows) {
      for (int i = 0; i < kept; i++) {
        stacked.add(modality[(int) ((long) i * n / kept)]);
      }
    }
    return stacked.toArray(double[][]::new);
  }

  private static double[][][] parts(double[][] points) {
    int n = points.length / 3;
    return new double[][][] {
      Arrays.copyOfRange(points, 0, n),
      Arrays.copyOfRange(points, n, 2 * n),
      Arrays.copyOfRange(points, 2 * n, 3 * n)
    };
  }
}
